import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { serviceLinkedRoleArn } from './names.ts';

/** A key that rotates yearly. The roles' policies say who may use it. */
export const rotatingKey = (scope: Construct, id: string, description: string): Key =>
  new Key(scope, id, { description, enableKeyRotation: true });

/** A topic that is encrypted with the key and accepts HTTPS only. */
export const encryptedTopic = (scope: Construct, id: string, displayName: string, key: IKey): Topic =>
  new Topic(scope, id, { displayName, masterKey: key, enforceSSL: true });

/** What SNS does with the key when somebody publishes. */
export const PUBLISH_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'] as const;

/**
 * Lets Image Builder publish to topics that are encrypted with the key. Its service-linked role may not exist yet in a fresh
 * account, and KMS rejects a key policy that names a missing principal; so a condition names the role (D-010).
 */
export function allowImageBuilderToPublish(key: Key): void {
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'ImageBuilderPublishes',
      effect: Effect.ALLOW,
      principals: [new AnyPrincipal()],
      actions: [...PUBLISH_KEY_ACTIONS],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'aws:PrincipalArn': serviceLinkedRoleArn(
            Stack.of(key),
            'imagebuilder',
            'AWSServiceRoleForImageBuilder',
          ),
        },
      },
    }),
  );
}

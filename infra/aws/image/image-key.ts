import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, type IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { rotatingKey } from '../encrypted-topic.ts';
import { DISTRIBUTION_ROLE, serviceLinkedRoleArn } from '../names.ts';
import { rolesOf } from '../service-principal.ts';

/** What copying and launching encrypted images does with keys (EC2 Auto Scaling user guide, "Required KMS key policy"). */
export const IMAGE_KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
] as const;

/** Grants are only made for AWS's own services, which start instances with them. */
export const FOR_AWS_RESOURCES = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };

/** ARN of the role by which Image Builder brings images into an account. */
const distributionRoleArn = (stack: Stack, account: string): string =>
  stack.formatArn({ service: 'iam', region: '', account, resource: 'role', resourceName: DISTRIBUTION_ROLE });

function allowUse(
  key: Key,
  sid: string,
  principal: IPrincipal,
  conditions: Record<string, unknown> = {},
): void {
  const statement = (suffix: string, actions: readonly string[], more: Record<string, unknown>) =>
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: `${sid}${suffix}`,
        principals: [principal],
        actions: [...actions],
        resources: ['*'],
        conditions: { ...conditions, ...more },
      }),
    );
  statement('', IMAGE_KEY_ACTIONS, {});
  statement('Grants', ['kms:CreateGrant'], FOR_AWS_RESOURCES);
}

/**
 * A key that images are encrypted with. The service-linked roles that build, copy and launch them may use it; they may not
 * exist yet, so a condition names them (D-010, D-059).
 * @param accounts other accounts that images are copied into
 */
export function imageKey(
  scope: Construct,
  id: string,
  { description, accounts = [] }: { description: string; accounts?: readonly string[] },
): Key {
  const key = rotatingKey(scope, id, description);
  const stack = Stack.of(scope);
  allowUse(key, 'ServicesUse', new AnyPrincipal(), {
    ArnLike: {
      'aws:PrincipalArn': [
        serviceLinkedRoleArn(stack, 'autoscaling', 'AWSServiceRoleForAutoScaling'),
        serviceLinkedRoleArn(stack, 'imagebuilder', 'AWSServiceRoleForImageBuilder'),
      ],
    },
  });
  for (const account of accounts)
    allowUse(key, `Copy${account}`, rolesOf(account, [distributionRoleArn(stack, account)]));
  return key;
}

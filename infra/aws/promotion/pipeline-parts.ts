import { PhysicalName, Stack } from 'aws-cdk-lib';
import type { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { SOURCE_ACTION, SOURCE_NAMESPACE } from '../names.ts';
import { allow } from '../permissions.ts';
import { forPipeline } from '../service-principal.ts';
import type { Source } from '../source/source.ts';

/** Name of the artifact that holds the revision's files. */
export const SOURCE_ARTIFACT = 'Source';

/** The first stage of every pipeline. */
export const sourceStage = ({ action }: Pick<Source, 'action'>): CfnPipeline.StageDeclarationProperty => ({
  name: 'Source',
  actions: [
    {
      name: SOURCE_ACTION,
      actionTypeId: { category: 'Source', owner: 'AWS', provider: action.provider, version: '1' },
      configuration: action.configuration,
      namespace: SOURCE_NAMESPACE,
      outputArtifacts: [{ name: SOURCE_ARTIFACT }],
      runOrder: 1,
    },
  ],
});

/** Where a pipeline keeps artifacts. */
export const artifactStoreOf = (
  { bucketName }: Bucket,
  keyArn: string,
): CfnPipeline.ArtifactStoreProperty => ({
  type: 'S3',
  location: bucketName,
  encryptionKey: { type: 'KMS', id: keyArn },
});

/** An action that invokes a function with parameters: the first of its stage. */
export const functionAction = (
  name: string,
  { functionName }: IFunction,
  parameters: object,
): CfnPipeline.ActionDeclarationProperty => ({
  name,
  actionTypeId: { category: 'Invoke', owner: 'AWS', provider: 'Lambda', version: '1' },
  configuration: { FunctionName: functionName, UserParameters: JSON.stringify(parameters) },
  runOrder: 1,
});

interface PipelineRoleProps {
  readonly description: string;
  readonly pipelineArn: string;
  readonly source: Pick<Source, 'action' | 'read'>;
  readonly artifacts: Bucket;
  readonly key: IKey;
  /** Where artifacts go that are deployed in another region. @default none are */
  readonly regional?: { readonly bucket: Bucket; readonly keyArn: string };
  /** Functions that its actions invoke. */
  readonly functions: readonly IFunction[];
}

/**
 * A pipeline's service role: reads the source, keeps artifacts, invokes functions, with what CodePipeline documents as the least
 * that it needs of a bucket and to invoke (T62).
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
 */
export function createPipelineRole(scope: Construct, id: string, props: PipelineRoleProps): Role {
  const { description, source, artifacts, key, regional, functions } = props;
  const role = new Role(scope, id, {
    description,
    // Only if an action's role in another account must trust it by name.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
    assumedBy: forPipeline(Stack.of(scope), props.pipelineArn),
  });
  for (const { actions, resources } of source.read) allow(role, actions, resources);
  const buckets = [artifacts, ...(regional ? [regional.bucket] : [])];
  allow(
    role,
    ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetBucketVersioning'],
    buckets.map(({ bucketArn }) => bucketArn),
  );
  const objects = buckets.map((bucket) => bucket.arnForObjects('*'));
  allow(
    role,
    [
      's3:GetObject',
      's3:GetObjectVersion',
      's3:PutObject',
      // A connection's action says who owns what it writes.
      ...(source.action.provider === 'CodeStarSourceConnection' ? ['s3:PutObjectAcl'] : []),
    ],
    objects,
  );
  acknowledgeWildcards(
    role,
    "Artifacts of this application's pipelines: CodePipeline names each by its run.",
    ...objects,
  );
  allow(
    role,
    ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
    [key.keyArn, ...(regional ? [regional.keyArn] : [])],
  );
  allow(
    role,
    ['lambda:InvokeFunction'],
    functions.map(({ functionArn }) => functionArn),
  );
  allow(role, ['lambda:ListFunctions'], ['*']);
  acknowledgeWildcards(role, 'AWS authorizes lambda:ListFunctions on no particular resource.', '*');
  return role;
}

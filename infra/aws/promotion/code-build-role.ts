import { Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { BuildConfig } from '../../config.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { allow } from '../permissions.ts';
import { forResource } from '../service-principal.ts';

/** Where logs of CodeBuild lie in the application's bucket. */
export const CODEBUILD_LOG_PREFIX = 'codebuild-logs';

interface CodeBuildRoleProps {
  readonly description: string;
  readonly project: { readonly name: string; readonly arn: string };
  readonly config: BuildConfig;
  readonly vpc: IVpc;
  /** Set if it runs in the VPC. */
  readonly securityGroup?: ISecurityGroup;
  readonly bucket: Bucket;
  readonly key: IKey;
  readonly logGroup: ILogGroup;
  /** Where its cache lies in the bucket. */
  readonly cachePrefix: string;
}

/** Repository of an image in ECR; undefined for an image of another registry. */
const ecrRepository = (image: string) => {
  const [, account, region, resourceName] =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(image) ?? [];
  return account !== undefined && region !== undefined && resourceName !== undefined
    ? { account, region, resourceName }
    : undefined;
};

/** A project's service role: writes its logs and reports, keeps its cache, reads its variables, image and network, and nothing else. */
export function createCodeBuildRole(scope: Construct, props: CodeBuildRoleProps): Role {
  const { project, config, bucket, key, logGroup, cachePrefix } = props;
  const stack = Stack.of(scope);
  const role = new Role(scope, 'Role', {
    description: props.description,
    assumedBy: forResource('codebuild.amazonaws.com', stack, project.arn),
  });
  allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  allow(role, ['s3:GetBucketAcl', 's3:GetBucketLocation'], [bucket.bucketArn]);
  const logs = bucket.arnForObjects(`${CODEBUILD_LOG_PREFIX}/*`);
  allow(role, ['s3:PutObject'], [logs]);
  acknowledgeWildcards(role, 'CodeBuild names each log by its build.', logs);
  if (config.cache) {
    const cache = bucket.arnForObjects(`${cachePrefix}/*`);
    allow(role, ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], [cache]);
    acknowledgeWildcards(role, 'The cache of this project alone: CodeBuild names what it keeps.', cache);
  }
  allow(role, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);
  const reports = stack.formatArn({
    service: 'codebuild',
    resource: 'report-group',
    resourceName: `${project.name}-*`,
  });
  allow(
    role,
    [
      'codebuild:BatchPutCodeCoverages',
      'codebuild:BatchPutTestCases',
      'codebuild:CreateReport',
      'codebuild:CreateReportGroup',
      'codebuild:UpdateReport',
    ],
    [reports],
  );
  acknowledgeWildcards(
    role,
    'The buildspec names its report groups, which CodeBuild prefixes with the project.',
    reports,
  );
  allowVariables(role, config);
  const repository = ecrRepository(config.image ?? '');
  if (repository) {
    allow(
      role,
      ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      [stack.formatArn({ service: 'ecr', resource: 'repository', ...repository })],
    );
    allow(role, ['ecr:GetAuthorizationToken'], ['*']);
    acknowledgeWildcards(role, 'AWS authorizes ecr:GetAuthorizationToken on no particular resource.', '*');
  }
  allowNetwork(role, props);
  return role;
}

/** Lets it read the parameters and secrets that its variables name. */
function allowVariables(role: Role, { environment }: BuildConfig): void {
  const stack = Stack.of(role);
  const values = Object.values(environment);
  const parameters = values.flatMap((value) =>
    typeof value !== 'string' && 'parameter' in value ? [value.parameter.replace(/^\//, '')] : [],
  );
  if (parameters.length > 0)
    allow(
      role,
      ['ssm:GetParameters'],
      parameters.map((resourceName) =>
        stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName }),
      ),
    );
  const secrets = values.flatMap((value) =>
    typeof value !== 'string' && 'secret' in value ? [value.secret] : [],
  );
  if (secrets.length > 0) allow(role, ['secretsmanager:GetSecretValue'], [...new Set(secrets)]);
}

/** Lets CodeBuild put it into the VPC. */
function allowNetwork(role: Role, { vpc, securityGroup }: CodeBuildRoleProps): void {
  if (securityGroup === undefined) return;
  const stack = Stack.of(role);
  const ec2 = (resource: string, resourceName = '*') =>
    stack.formatArn({ service: 'ec2', resource, resourceName });
  const subnets = vpc.privateSubnets.map(({ subnetId }) => ec2('subnet', subnetId));
  const interfaces = ec2('network-interface');
  allow(
    role,
    [
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
    ['*'],
  );
  acknowledgeWildcards(role, "EC2's Describe actions have no resource.", '*');
  allow(
    role,
    ['ec2:CreateNetworkInterface'],
    [interfaces, ec2('security-group', securityGroup.securityGroupId), ...subnets],
  );
  allow(role, ['ec2:DeleteNetworkInterface'], [interfaces]);
  acknowledgeWildcards(role, 'Interfaces have no name before CodeBuild makes them.', interfaces);
  allow(role, ['ec2:CreateNetworkInterfacePermission'], [interfaces], {
    StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' },
    ArnEquals: { 'ec2:Subnet': subnets },
  });
}

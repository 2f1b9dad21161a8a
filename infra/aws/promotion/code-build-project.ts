import { Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { InstanceType, type ISecurityGroup, type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { BuildConfig } from '../../config.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { type CodeBuildPurpose, codeBuildProjectName } from '../names.ts';
import { allow, awaitPermissions } from '../permissions.ts';
import type { Grant } from '../source/source.ts';
import { CODEBUILD_LOG_PREFIX, createCodeBuildRole } from './code-build-role.ts';

/** What runs in CodeBuild for an application. */
export interface CodeBuildProjectProps {
  readonly application: string;
  readonly config: BuildConfig;
  /** It runs on the processor architecture that this has. */
  readonly instanceType: string;
  readonly vpc: IVpc;
  readonly artifacts: Bucket;
  readonly key: IKey;
}

interface Work {
  /** What it is for: part of its name, and of where its cache lies. */
  readonly purpose: CodeBuildPurpose;
  /** For people: `Tests of orders`. */
  readonly description: string;
  readonly source: Omit<CfnProject.SourceProperty, 'buildSpec'>;
  readonly output: CfnProject.ArtifactsProperty;
  /** What it needs to read its source and to write its output. */
  readonly grants: readonly (Grant & { readonly wildcard?: string })[];
}

/** Build environments by architecture: Amazon Linux 2023, kept up to date by CodeBuild. */
const images = {
  x86_64: { type: 'LINUX_CONTAINER', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
  arm64: { type: 'ARM_CONTAINER', image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0' },
} as const;

/** Where the cache lies in the application's bucket. */
export const cachePrefix = (purpose: Work['purpose']): string => `${purpose}-cache`;

/** CodeBuild takes its own images by itself, and every other one with the project's role. */
const imageOf = (own: string | undefined, standard: string) => {
  if (own === undefined) return { image: standard };
  return own.startsWith('aws/codebuild/')
    ? { image: own }
    : { image: own, imagePullCredentialsType: 'SERVICE_ROLE' };
};

const variableOf = ([name, value]: [string, BuildConfig['environment'][string]]) => {
  if (typeof value === 'string') return { name, type: 'PLAINTEXT', value };
  return 'parameter' in value
    ? { name, type: 'PARAMETER_STORE', value: value.parameter }
    : {
        name,
        type: 'SECRETS_MANAGER',
        value: value.key === undefined ? value.secret : `${value.secret}:${value.key}`,
      };
};

/** A project of CodeBuild that runs a buildspec of the application. */
export class CodeBuildProject extends Construct {
  readonly name: string;
  readonly arn: string;
  /** Of builds that run in the VPC. */
  readonly securityGroup: ISecurityGroup | undefined;
  private readonly role: Role;

  constructor(scope: Construct, id: string, props: CodeBuildProjectProps & Work) {
    super(scope, id);
    const { application, purpose, description, config, vpc, artifacts, key, source, output } = props;
    this.name = codeBuildProjectName(application, purpose);
    this.arn = Stack.of(this).formatArn({
      service: 'codebuild',
      resource: 'project',
      resourceName: this.name,
    });
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS });
    const securityGroup = config.vpc
      ? new SecurityGroup(this, 'SecurityGroup', { vpc, description })
      : undefined;
    this.securityGroup = securityGroup;
    this.role = createCodeBuildRole(this, {
      description,
      project: { name: this.name, arn: this.arn },
      config,
      vpc,
      ...(securityGroup && { securityGroup }),
      bucket: artifacts,
      key,
      logGroup,
      cachePrefix: cachePrefix(purpose),
    });
    for (const { actions, resources, wildcard } of props.grants) {
      allow(this.role, actions, resources);
      if (wildcard !== undefined) acknowledgeWildcards(this.role, wildcard, ...resources);
    }
    const { type, image } = images[new InstanceType(props.instanceType).architecture];
    const project = new CfnProject(this, 'Project', {
      name: this.name,
      description,
      serviceRole: this.role.roleArn,
      source: { ...source, buildSpec: config.buildspec },
      artifacts: output,
      environment: {
        type,
        ...imageOf(config.image, image),
        computeType: `BUILD_GENERAL1_${config.computeType.toUpperCase()}`,
        environmentVariables: Object.entries(config.environment).map(variableOf),
      },
      cache: config.cache
        ? { type: 'S3', location: `${artifacts.bucketName}/${cachePrefix(purpose)}` }
        : { type: 'NO_CACHE' },
      encryptionKey: key.keyArn,
      logsConfig: {
        cloudWatchLogs: { status: 'ENABLED', groupName: logGroup.logGroupName },
        s3Logs: { status: 'ENABLED', location: `${artifacts.bucketName}/${CODEBUILD_LOG_PREFIX}/${purpose}` },
      },
      timeoutInMinutes: config.timeoutMinutes,
      queuedTimeoutInMinutes: 60,
      ...(securityGroup && {
        vpcConfig: {
          vpcId: vpc.vpcId,
          subnets: vpc.privateSubnets.map(({ subnetId }) => subnetId),
          securityGroupIds: [securityGroup.securityGroupId],
        },
      }),
    });
    // In a VPC, CodeBuild checks its role's permissions.
    awaitPermissions(project, this.role);
  }
}

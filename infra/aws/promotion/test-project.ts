import { Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import type { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { InstanceType, type ISecurityGroup, type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { LOAD_TEST_STAGE, QAT_URL_VARIABLE } from '../../../tasks/payloads.ts';
import type { TestConfig } from '../../config.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { loadTestProjectName, testProjectName } from '../names.ts';
import { allow, awaitPermissions } from '../permissions.ts';
import { forResource } from '../service-principal.ts';
import { SOURCE_ARTIFACT } from './pipeline-parts.ts';

interface TestProjectProps {
  readonly application: string;
  readonly test: TestConfig;
  /** Tests what runs on QAT, after the deployment. @default the commit, before it */
  readonly isLoadTest?: boolean;
  /** Tests run on the processor architecture that QAT has. */
  readonly instanceType: string;
  readonly vpc: IVpc;
  readonly artifacts: Bucket;
  readonly key: IKey;
}

/** Build environments by architecture: Amazon Linux 2023, kept up to date by CodeBuild. */
const images = {
  x86_64: { type: 'LINUX_CONTAINER', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
  arm64: { type: 'ARM_CONTAINER', image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0' },
} as const;

/** Where the cache lies in the application's bucket. */
export const CACHE_PREFIX = 'test-cache';

/** Runs the application's own tests, as its buildspec says. */
export class TestProject extends Construct {
  readonly name: string;
  readonly arn: string;
  /** Of builds that run in the VPC. */
  readonly securityGroup: ISecurityGroup | undefined;
  private readonly isLoadTest: boolean;

  constructor(scope: Construct, id: string, props: TestProjectProps) {
    super(scope, id);
    const { application, test, instanceType, vpc, artifacts, key, isLoadTest = false } = props;
    this.isLoadTest = isLoadTest;
    this.name = (isLoadTest ? loadTestProjectName : testProjectName)(application);
    this.arn = Stack.of(this).formatArn({
      service: 'codebuild',
      resource: 'project',
      resourceName: this.name,
    });
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS });
    const securityGroup = test.vpc
      ? new SecurityGroup(this, 'SecurityGroup', { vpc, description: `Tests of ${application}` })
      : undefined;
    this.securityGroup = securityGroup;
    const role = this.createRole(props, logGroup, securityGroup);
    const project = new CfnProject(this, 'Project', {
      name: this.name,
      description: isLoadTest
        ? `Tests of ${application} under load, after a commit is deployed to QAT`
        : `Tests of ${application}, before a commit is deployed to QAT`,
      serviceRole: role.roleArn,
      source: { type: 'CODEPIPELINE', buildSpec: test.buildspec },
      artifacts: { type: 'CODEPIPELINE' },
      environment: {
        ...images[new InstanceType(instanceType).architecture],
        computeType: `BUILD_GENERAL1_${test.computeType.toUpperCase()}`,
        environmentVariables: Object.entries(test.environment).map(([name, value]) =>
          typeof value === 'string'
            ? { name, type: 'PLAINTEXT', value }
            : { name, type: 'PARAMETER_STORE', value: value.parameter },
        ),
      },
      cache: test.cache
        ? { type: 'S3', location: `${artifacts.bucketName}/${CACHE_PREFIX}${isLoadTest ? '/load' : ''}` }
        : { type: 'NO_CACHE' },
      encryptionKey: key.keyArn,
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logGroup.logGroupName } },
      timeoutInMinutes: test.timeoutMinutes,
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
    awaitPermissions(project, role);
  }

  /** The pipeline's stage. */
  get stage(): CfnPipeline.StageDeclarationProperty {
    return {
      name: this.isLoadTest ? LOAD_TEST_STAGE : 'Test',
      actions: [
        {
          name: this.isLoadTest ? LOAD_TEST_STAGE : 'Test',
          actionTypeId: { category: 'Test', owner: 'AWS', provider: 'CodeBuild', version: '1' },
          configuration: {
            ProjectName: this.name,
            ...(this.isLoadTest && {
              EnvironmentVariables: JSON.stringify([
                { name: QAT_URL_VARIABLE, value: `#{variables.${QAT_URL_VARIABLE}}`, type: 'PLAINTEXT' },
              ]),
            }),
          },
          inputArtifacts: [{ name: SOURCE_ARTIFACT }],
          runOrder: 1,
        },
      ],
    };
  }

  private createRole(
    { application, test, vpc, artifacts, key }: TestProjectProps,
    logGroup: LogGroup,
    securityGroup: ISecurityGroup | undefined,
  ): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      description: `Tests of ${application}`,
      assumedBy: forResource('codebuild.amazonaws.com', stack, this.arn),
    });
    allow(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    const objects = artifacts.arnForObjects('*');
    allow(role, ['s3:GetObject', 's3:GetObjectVersion'], [objects]);
    acknowledgeWildcards(
      role,
      'Revisions of this application alone: CodePipeline names each by its run.',
      objects,
    );
    if (test.cache) {
      const cache = artifacts.arnForObjects(`${CACHE_PREFIX}/*`);
      allow(role, ['s3:PutObject'], [cache]);
      acknowledgeWildcards(
        role,
        "The cache of this application's tests: CodeBuild names what it keeps.",
        cache,
      );
    }
    allow(role, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);
    const reports = stack.formatArn({
      service: 'codebuild',
      resource: 'report-group',
      resourceName: `${this.name}-*`,
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
    const parameters = Object.values(test.environment).flatMap((value) =>
      typeof value === 'string' ? [] : [value.parameter.replace(/^\//, '')],
    );
    if (parameters.length > 0)
      allow(
        role,
        ['ssm:GetParameters'],
        parameters.map((resourceName) =>
          stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName }),
        ),
      );
    if (test.vpc) {
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
        [interfaces, ec2('security-group', securityGroup?.securityGroupId), ...subnets],
      );
      allow(role, ['ec2:DeleteNetworkInterface'], [interfaces]);
      acknowledgeWildcards(role, 'Interfaces have no name before CodeBuild makes them.', interfaces);
      allow(role, ['ec2:CreateNetworkInterfacePermission'], [interfaces], {
        StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' },
        ArnEquals: { 'ec2:Subnet': subnets },
      });
    }
    return role;
  }
}

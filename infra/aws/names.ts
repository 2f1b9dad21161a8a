import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../../tasks/payloads.ts';
import { soakFunctionName } from '../../tasks/soak/soak-request.ts';

/**
 * The physical names that are fixed, and the ARNs built from them. Functions that a machine or pipeline invokes, and
 * that in turn act on it, would otherwise depend on it in a circle; a pipeline cannot refer to itself at all.
 */

/** The state machine that promotes an application's commits. */
export const stateMachineName = (application: string): string => `lockstep-${application}`;

/** The CodePipeline that deploys an application to an environment. */
export const pipelineName = (application: string, environment: Environment): string =>
  `lockstep-${application}-${environment}`;

/** The CodePipeline that hears pushes through a connection, and deploys nothing. */
export const pushPipelineName = (application: string): string => `lockstep-${application}-push`;

/** The CodeBuild project that builds an application's commits, or runs its tests; its reports are named after it. */
export const codeBuildProjectName = (application: string, purpose: CodeBuildPurpose): string =>
  `lockstep-${application}-${purpose}`;
/** What an application has CodeBuild projects for. */
export type CodeBuildPurpose = 'build' | 'test' | 'load-test';

/** The SSM parameter that holds the AMI of an environment's next instances. */
export const imageParameterName = (application: string, environment: Environment): string =>
  `/lockstep/${application}/${environment}/image`;

/** The SSM parameter that holds who is to get an application's mail. */
export const mailAddressesParameterName = (application: string): string =>
  `/lockstep/${application}/mail-addresses`;

/** CodeDeploy's deployment group within the application's CodeDeploy application of that environment. */
export const deploymentGroupName = (environment: Environment): string => environment;

/**
 * What an environment elsewhere is called, where the application's stack must know it without asking: no reference of
 * CloudFormation reaches into another account or region.
 */
export const environmentName = (application: string, environment: Environment): string =>
  `lockstep-${application}-${environment}`;

/** The SSM parameter that holds the ARN of Prod's target group, whose end AWS makes up. */
export const targetGroupParameterName = (application: string): string =>
  `/lockstep/${application}/prod/target-group`;

/** The key that images are encrypted with in another account or region. */
export const IMAGE_KEY_ALIAS = 'alias/lockstep-images';

/** The key of an application's revisions in another region. */
export const artifactKeyAlias = (application: string): string => `alias/lockstep-${application}-artifacts`;

/** The role that Image Builder demands of an account that it brings images into (its user guide, "cross-account-dist"). */
export const DISTRIBUTION_ROLE = 'EC2ImageBuilderDistributionCrossAccountRole';

/** The account's trail: the policies of its bucket and key name it before it is made. */
export const TRAIL_NAME = 'lockstep';

/** The bus that changes of promotions are events on: people write rules for it by this name. */
export const EVENT_BUS_NAME = 'lockstep';

/** Name of the source action in both pipelines, and the namespace of its output variables. */
export const SOURCE_ACTION = 'Source';
export const SOURCE_NAMESPACE = 'SourceVariables';

/** Parameter of an application's stack: where people reach what runs on QAT, or `none`. */
export const QAT_URL_PARAMETER = 'QatUrl';

/** Parameter of a stack whose application's repository is read at GitHub: where its REST API is. */
export const SOURCE_API_URL_PARAMETER = 'SourceApiUrl';

/** Tag by which CodeDeploy finds QAT's instance; its value is `<application>-qat`. */
export const ENVIRONMENT_TAG = 'lockstep:environment';

export const stateMachineArn = (stack: Stack, application: string): string =>
  stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: stateMachineName(application),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

/** The function that the approvals site asks about an application's soak. */
export const soakFunctionArn = (stack: Stack, application: string): string =>
  stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: soakFunctionName(application),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

/** Every execution of the state machine. */
export const executionArns = (stack: Stack, application: string): string =>
  stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachineName(application)}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

export const pipelineArn = (stack: Stack, application: string, environment: Environment): string =>
  stack.formatArn({ service: 'codepipeline', resource: pipelineName(application, environment) });

/** The pipelines that deploy an application to QAT and to Prod. */
export const pipelineArns = (stack: Stack, application: string): readonly [string, string] => [
  pipelineArn(stack, application, 'qat'),
  pipelineArn(stack, application, 'prod'),
];

/** A role by which a service of AWS acts in an account; it may not exist yet. */
export const serviceLinkedRoleArn = (stack: Stack, service: string, name: string): string =>
  stack.formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: `aws-service-role/${service}.amazonaws.com/${name}`,
  });

export const imageParameterArn = (stack: Stack, application: string, environment: Environment): string =>
  stack.formatArn({
    service: 'ssm',
    resource: 'parameter',
    // The name begins with the separator.
    resourceName: imageParameterName(application, environment).slice(1),
  });

export const targetGroupParameterArn = (stack: Stack, application: string): string =>
  stack.formatArn({
    service: 'ssm',
    resource: 'parameter',
    // The name begins with the separator.
    resourceName: targetGroupParameterName(application).slice(1),
  });

/** A parameter that AWS publishes: it belongs to no account. */
export const publicParameterArn = (stack: Stack, name: string): string =>
  stack.formatArn({ service: 'ssm', account: '', resource: 'parameter', resourceName: name.slice(1) });

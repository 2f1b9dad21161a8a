import type { PolicyDocument, PolicyStatement } from '../host.ts';

const allow = (
  Action: readonly string[],
  Resource: string | readonly string[] = '*',
  Condition?: PolicyStatement['Condition'],
): PolicyStatement => ({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });

const writeLogs = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const xray = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:GetSamplingStatisticSummaries',
];

/** The statements of AWS's own policies, by name. Source: AWS managed policy reference guide. */
const statements: Readonly<Record<string, readonly PolicyStatement[]>> = {
  AWSLambdaBasicExecutionRole: [allow(writeLogs)],
  AWSLambdaVPCAccessExecutionRole: [
    allow([
      ...writeLogs,
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ]),
  ],
  AWSCodeDeployRole: [
    allow([
      'autoscaling:CompleteLifecycleAction',
      'autoscaling:DeleteLifecycleHook',
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeLifecycleHooks',
      'autoscaling:PutLifecycleHook',
      'autoscaling:RecordLifecycleActionHeartbeat',
      'autoscaling:CreateAutoScalingGroup',
      'autoscaling:CreateOrUpdateTags',
      'autoscaling:UpdateAutoScalingGroup',
      'autoscaling:EnableMetricsCollection',
      'autoscaling:DescribePolicies',
      'autoscaling:DescribeScheduledActions',
      'autoscaling:DescribeNotificationConfigurations',
      'autoscaling:SuspendProcesses',
      'autoscaling:ResumeProcesses',
      'autoscaling:AttachLoadBalancers',
      'autoscaling:AttachLoadBalancerTargetGroups',
      'autoscaling:PutScalingPolicy',
      'autoscaling:PutScheduledUpdateGroupAction',
      'autoscaling:PutNotificationConfiguration',
      'autoscaling:PutWarmPool',
      'autoscaling:DescribeScalingActivities',
      'autoscaling:DeleteAutoScalingGroup',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ec2:TerminateInstances',
      'tag:GetResources',
      'sns:Publish',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:PutMetricAlarm',
      'elasticloadbalancing:DescribeLoadBalancers',
      'elasticloadbalancing:DescribeLoadBalancerAttributes',
      'elasticloadbalancing:DescribeInstanceHealth',
      'elasticloadbalancing:RegisterInstancesWithLoadBalancer',
      'elasticloadbalancing:DeregisterInstancesFromLoadBalancer',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetGroupAttributes',
      'elasticloadbalancing:DescribeTargetHealth',
      'elasticloadbalancing:RegisterTargets',
      'elasticloadbalancing:DeregisterTargets',
    ]),
  ],
  AmazonSSMManagedInstanceCore: [
    allow([
      'ssm:DescribeAssociation',
      'ssm:GetDeployablePatchSnapshotForInstance',
      'ssm:GetDocument',
      'ssm:DescribeDocument',
      'ssm:GetManifest',
      'ssm:GetParameter',
      'ssm:GetParameters',
      'ssm:ListAssociations',
      'ssm:ListInstanceAssociations',
      'ssm:PutInventory',
      'ssm:PutComplianceItems',
      'ssm:PutConfigurePackageResult',
      'ssm:UpdateAssociationStatus',
      'ssm:UpdateInstanceAssociationStatus',
      'ssm:UpdateInstanceInformation',
    ]),
    allow([
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ]),
    allow([
      'ec2messages:AcknowledgeMessage',
      'ec2messages:DeleteMessage',
      'ec2messages:FailMessage',
      'ec2messages:GetEndpoint',
      'ec2messages:GetMessages',
      'ec2messages:SendReply',
    ]),
  ],
  EC2InstanceProfileForImageBuilder: [
    allow(['imagebuilder:GetComponent']),
    allow(['kms:Decrypt'], '*', {
      'ForAnyValue:StringEquals': {
        'kms:EncryptionContextKeys': 'aws:imagebuilder:arn',
        'aws:CalledVia': ['imagebuilder.amazonaws.com'],
      },
    }),
    allow(['s3:GetObject'], 'arn:aws:s3:::ec2imagebuilder*'),
    allow(writeLogs, 'arn:aws:logs:*:*:log-group:/aws/imagebuilder/*'),
  ],
  AWSXRayDaemonWriteAccess: [allow(xray)],
  CloudWatchAgentServerPolicy: [
    allow([
      'cloudwatch:PutMetricData',
      'ec2:DescribeVolumes',
      'ec2:DescribeTags',
      'logs:PutLogEvents',
      'logs:PutRetentionPolicy',
      'logs:DescribeLogStreams',
      'logs:DescribeLogGroups',
      'logs:CreateLogStream',
      'logs:CreateLogGroup',
      ...xray,
    ]),
    allow(['ssm:GetParameter'], 'arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*'),
  ],
};

const documents = new Map<string, PolicyDocument>(
  Object.entries(statements).map(([name, Statement]) => [name, { Version: '2012-10-17', Statement }]),
);

/** An AWS managed policy whose document the emulator does not hold. */
class UnknownManagedPolicyError extends Error {
  override readonly name = 'UnknownManagedPolicyError';
}

/** Whether an ARN names a policy that AWS owns (`arn:aws:iam::aws:policy/…`). */
export const isAwsManaged = (arn: string): boolean => arn.includes(':iam::aws:policy/');

/**
 * The document of an AWS managed policy.
 * @throws UnknownManagedPolicyError for one that is not held here
 */
export const awsManagedPolicy = (arn: string): PolicyDocument => {
  const document = documents.get(arn.slice(arn.lastIndexOf('/') + 1));
  if (isAwsManaged(arn) && document) return document;
  throw new UnknownManagedPolicyError(
    `The emulator has no document for the managed policy ${arn}. It knows ${[...documents.keys()].join(', ')}. ` +
      'Add its statements there, or grant what is needed by a policy of the stack.',
  );
};

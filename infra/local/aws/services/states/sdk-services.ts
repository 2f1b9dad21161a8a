/** How a service is called from an `aws-sdk` task. */
interface SdkService {
  /** The host's name of the service (its signing name). */
  readonly host: string;
  /** The service in error names: that of the SDK for Java. */
  readonly java: string;
  /** The SDK client's module: shapes of operations, names of errors. */
  readonly load: () => Promise<object>;
  /** Whether input and output go through as they are. */
  readonly isVerbatim?: boolean;
}

/** By the name in the resource's ARN. */
const SDK_SERVICES: Readonly<Record<string, SdkService>> = {
  autoscaling: {
    host: 'autoscaling',
    java: 'AutoScaling',
    load: () => import('@aws-sdk/client-auto-scaling'),
  },
  cloudwatchlogs: {
    host: 'logs',
    java: 'CloudWatchLogs',
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
  },
  codecommit: { host: 'codecommit', java: 'CodeCommit', load: () => import('@aws-sdk/client-codecommit') },
  codedeploy: { host: 'codedeploy', java: 'CodeDeploy', load: () => import('@aws-sdk/client-codedeploy') },
  codepipeline: {
    host: 'codepipeline',
    java: 'CodePipeline',
    load: () => import('@aws-sdk/client-codepipeline'),
  },
  dynamodb: {
    host: 'dynamodb',
    java: 'DynamoDb',
    load: () => import('@aws-sdk/client-dynamodb'),
    isVerbatim: true,
  },
  ec2: { host: 'ec2', java: 'Ec2', load: () => import('@aws-sdk/client-ec2') },
  elasticloadbalancingv2: {
    host: 'elasticloadbalancing',
    java: 'ElasticLoadBalancingV2',
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  },
  eventbridge: { host: 'events', java: 'EventBridge', load: () => import('@aws-sdk/client-eventbridge') },
  iam: { host: 'iam', java: 'Iam', load: () => import('@aws-sdk/client-iam') },
  imagebuilder: {
    host: 'imagebuilder',
    java: 'Imagebuilder',
    load: () => import('@aws-sdk/client-imagebuilder'),
  },
  kms: { host: 'kms', java: 'Kms', load: () => import('@aws-sdk/client-kms') },
  lambda: { host: 'lambda', java: 'Lambda', load: () => import('@aws-sdk/client-lambda') },
  s3: { host: 's3', java: 'S3', load: () => import('@aws-sdk/client-s3') },
  sfn: { host: 'states', java: 'Sfn', load: () => import('@aws-sdk/client-sfn') },
  sns: { host: 'sns', java: 'Sns', load: () => import('@aws-sdk/client-sns') },
  ssm: { host: 'ssm', java: 'Ssm', load: () => import('@aws-sdk/client-ssm') },
  sts: { host: 'sts', java: 'Sts', load: () => import('@aws-sdk/client-sts') },
};

/** Whether tasks can call a service, by its name in the resource's ARN. */
export const isSdkService = (name: string): boolean => Object.hasOwn(SDK_SERVICES, name);

/** The service of that name. */
export const sdkService = (name: string): SdkService => {
  const service = isSdkService(name) ? SDK_SERVICES[name] : undefined;
  if (!service) throw new Error(`The emulator has no aws-sdk service '${name}'.`);
  return service;
};

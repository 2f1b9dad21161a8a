import type { WireForm } from './error-replies.ts';
import type { Structure } from './shapes.ts';
import { sqsInputs } from './sqs-inputs.ts';

/** How a service speaks on the wire. */
export interface ServiceProtocol {
  readonly form: WireForm;
  /** The SDK client whose model reads and writes; without one only services of `wire: 'json'` can be served. */
  readonly client?: () => Promise<Readonly<Record<string, unknown>>>;
  /** What operations take, by their names, for a service of `wire: 'json'` that does not check it by itself. */
  readonly inputs?: Readonly<Record<string, Structure>>;
  readonly xmlNamespace?: string;
  /** Stands before the names of the service's errors in `__type`. */
  readonly errorNamespace?: string;
}

/** The services whose protocol the endpoint knows, by signing name. Namespaces as the SDK's clients give them. */
export const protocols: Readonly<Record<string, ServiceProtocol>> = {
  autoscaling: {
    form: 'query',
    client: () => import('@aws-sdk/client-auto-scaling'),
    xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  },
  cloudformation: {
    form: 'query',
    client: () => import('@aws-sdk/client-cloudformation'),
    xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  },
  cloudtrail: { form: 'json', client: () => import('@aws-sdk/client-cloudtrail') },
  codebuild: { form: 'json', client: () => import('@aws-sdk/client-codebuild') },
  codecommit: { form: 'json', client: () => import('@aws-sdk/client-codecommit') },
  codedeploy: { form: 'json', client: () => import('@aws-sdk/client-codedeploy') },
  codepipeline: { form: 'json', client: () => import('@aws-sdk/client-codepipeline') },
  'cognito-idp': { form: 'json', client: () => import('@aws-sdk/client-cognito-identity-provider') },
  dynamodb: {
    form: 'json',
    client: () => import('@aws-sdk/client-dynamodb'),
    errorNamespace: 'com.amazonaws.dynamodb.v20120810#',
  },
  ec2: {
    form: 'ec2',
    client: () => import('@aws-sdk/client-ec2'),
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
  },
  elasticloadbalancing: {
    form: 'query',
    client: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
    xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  },
  events: { form: 'json', client: () => import('@aws-sdk/client-eventbridge') },
  iam: {
    form: 'query',
    client: () => import('@aws-sdk/client-iam'),
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  },
  imagebuilder: { form: 'rest-json', client: () => import('@aws-sdk/client-imagebuilder') },
  inspector2: { form: 'rest-json', client: () => import('@aws-sdk/client-inspector2') },
  kms: { form: 'json', client: () => import('@aws-sdk/client-kms') },
  lambda: { form: 'rest-json', client: () => import('@aws-sdk/client-lambda') },
  logs: { form: 'json', client: () => import('@aws-sdk/client-cloudwatch-logs') },
  // CloudWatch.
  monitoring: { form: 'json', client: () => import('@aws-sdk/client-cloudwatch') },
  s3: {
    form: 'rest-xml',
    client: () => import('@aws-sdk/client-s3'),
    xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  },
  secretsmanager: { form: 'json', client: () => import('@aws-sdk/client-secrets-manager') },
  servicequotas: { form: 'json', client: () => import('@aws-sdk/client-service-quotas') },
  sns: {
    form: 'query',
    client: () => import('@aws-sdk/client-sns'),
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
  },
  // Dead letters are all that queues are for here, and the emulator's package has no client of SQS.
  sqs: { form: 'json', inputs: sqsInputs },
  ssm: { form: 'json', client: () => import('@aws-sdk/client-ssm') },
  states: {
    form: 'json',
    client: () => import('@aws-sdk/client-sfn'),
    errorNamespace: 'com.amazonaws.swf.service.v2.model#',
  },
  sts: {
    form: 'query',
    client: () => import('@aws-sdk/client-sts'),
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  },
};

import { readProperties } from '../../assembly/properties.ts';
import type {
  Host,
  PolicyDocument,
  ResourceContext,
  ResourceProperties,
  ResourceProvider,
} from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { queueArn, queueUrl, tablesOf } from './queues.ts';

/** CloudFormation's defaults: four days, and half a minute. */
const DEFAULT_RETENTION_S = 345_600;
const DEFAULT_VISIBILITY_S = 30;

/** The CloudFormation types of SQS. */
export const createSqsResources = (host: Host): Record<string, ResourceProvider> => ({
  'AWS::SQS::Queue': queueProvider(host),
  'AWS::SQS::QueuePolicy': policyProvider(host),
});

const queueProvider = (host: Host): ResourceProvider => {
  const { queues, messages, policies } = tablesOf(host);
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::SQS::Queue', context, properties);
    read.only(
      'QueueName',
      'MessageRetentionPeriod',
      'VisibilityTimeout',
      'RedrivePolicy',
      // No difference locally: encryption at rest, and who may name the queue as a place for dead letters.
      'KmsMasterKeyId',
      'KmsDataKeyReusePeriodSeconds',
      'RedriveAllowPolicy',
      'SqsManagedSseEnabled',
      'Tags',
    );
    const name = read.optionalString('QueueName') ?? context.generatedName(80);
    const redrive = read.optionalAt('RedrivePolicy');
    const arn = arnOf(host, 'sqs', name);
    const url = queueUrl(host, name);
    queues.put(arn, {
      arn,
      name,
      url,
      retentionMs: (read.optionalNumber('MessageRetentionPeriod') ?? DEFAULT_RETENTION_S) * 1000,
      visibilityMs: (read.optionalNumber('VisibilityTimeout') ?? DEFAULT_VISIBILITY_S) * 1000,
      ...(redrive && {
        redrive: {
          deadLetterArn: redrive.string('deadLetterTargetArn'),
          mostReceives: redrive.number('maxReceiveCount'),
        },
      }),
    });
    return { physicalId: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
  };
  return {
    create: put,
    // Another name is another queue, and the old one is deleted afterwards (CloudFormation replaces it).
    update: put,
    delete: ({ physicalId }) => {
      const arn = queueArn(host, physicalId);
      for (const message of messages.values()) if (message.queueArn === arn) messages.delete(message.id);
      policies.delete(arn);
      queues.delete(arn);
    },
  };
};

const policyProvider = (host: Host): ResourceProvider => {
  const { policies } = tablesOf(host);
  const urlsOf = ({ Queues }: ResourceProperties) => (Array.isArray(Queues) ? Queues.map(String) : []);
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties('AWS::SQS::QueuePolicy', context, properties);
    read.only('PolicyDocument', 'Queues');
    const document = read.object('PolicyDocument') as unknown as PolicyDocument;
    for (const url of read.strings('Queues')) policies.put(queueArn(host, url), document);
    return { physicalId: context.generatedName(128), attributes: { Id: context.generatedName(128) } };
  };
  const remove = (properties: ResourceProperties) => {
    for (const url of urlsOf(properties)) policies.delete(queueArn(host, url));
  };
  return {
    create: put,
    update: (properties, context, before) => {
      remove(before.properties);
      return put(properties, context);
    },
    delete: (_state, _context, properties) => remove(properties),
  };
};

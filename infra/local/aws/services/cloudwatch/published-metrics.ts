import type { MetricId } from '../shared/metrics.ts';

/**
 * What services of the emulator publish, as AWS's do: by namespace and name, each with the sets of dimensions.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 * @see https://docs.aws.amazon.com/codebuild/latest/userguide/monitoring-metrics.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const published: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'AWS/ApplicationELB': {
    RequestCount: ['LoadBalancer', 'LoadBalancer TargetGroup'],
    HTTPCode_ELB_5XX_Count: ['LoadBalancer'],
    HTTPCode_ELB_502_Count: ['LoadBalancer'],
    HTTPCode_ELB_503_Count: ['LoadBalancer'],
    HTTPCode_ELB_504_Count: ['LoadBalancer'],
    HTTPCode_Target_2XX_Count: ['LoadBalancer', 'LoadBalancer TargetGroup'],
    HTTPCode_Target_3XX_Count: ['LoadBalancer', 'LoadBalancer TargetGroup'],
    HTTPCode_Target_4XX_Count: ['LoadBalancer', 'LoadBalancer TargetGroup'],
    HTTPCode_Target_5XX_Count: ['LoadBalancer', 'LoadBalancer TargetGroup'],
    TargetResponseTime: ['LoadBalancer', 'LoadBalancer TargetGroup'],
    HealthyHostCount: ['LoadBalancer TargetGroup'],
    UnHealthyHostCount: ['LoadBalancer TargetGroup'],
  },
  'AWS/CodeBuild': { FailedBuilds: ['ProjectName'], SucceededBuilds: ['ProjectName'] },
  'AWS/ApiGateway': { '5xx': ['ApiId'] },
  'AWS/Lambda': {
    Invocations: ['FunctionName'],
    Errors: ['FunctionName'],
    Duration: ['FunctionName'],
  },
  // Mail goes to an outbox, which never fails.
  'AWS/SNS': { NumberOfNotificationsFailed: ['TopicName'] },
  'AWS/SQS': { ApproximateNumberOfMessagesVisible: ['QueueName'] },
};

/** Whether an alarm about the metric may get data: anybody publishes to namespaces that are not AWS's own. */
export const isPublished = ({ namespace, name, dimensions }: MetricId): boolean =>
  !namespace.startsWith('AWS/') ||
  (published[namespace]?.[name]?.includes(Object.keys(dimensions).sort().join(' ')) ?? false);

import type { Host } from '../../host.ts';
import { metricsOf } from '../shared/metrics.ts';

/** The part of the embedded metric format that says what is measured. */
interface Directive {
  readonly Namespace?: string;
  readonly Dimensions?: readonly (readonly string[])[];
  readonly Metrics?: readonly { readonly Name?: string }[];
}

const parse = (message: string): Readonly<Record<string, unknown>> | undefined => {
  if (!message.startsWith('{') || !message.includes('"_aws"')) return undefined;
  try {
    return JSON.parse(message) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

/**
 * Publishes the metrics that a log line carries, for each of its sets of dimensions.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const publishEmbeddedMetrics = (host: Host, message: string): void => {
  const line = parse(message);
  const directives = (line?._aws as { CloudWatchMetrics?: readonly Directive[] } | undefined)
    ?.CloudWatchMetrics;
  if (!line || !Array.isArray(directives)) return;
  for (const { Namespace = '', Dimensions = [[]], Metrics = [] } of directives as readonly Directive[])
    for (const { Name = '' } of Metrics) {
      const given = line[Name];
      const values = (Array.isArray(given) ? given : [given]).filter((value) => typeof value === 'number');
      for (const set of Dimensions) {
        const dimensions = Object.fromEntries(set.map((name) => [name, String(line[name])]));
        for (const value of values)
          metricsOf(host).add({ namespace: Namespace, name: Name, dimensions }, value);
      }
    }
};

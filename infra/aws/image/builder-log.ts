import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A log group of Image Builder, which would make it without an end (its user guide, "Monitor Image Builder logs with Amazon
 * CloudWatch Logs").
 * @param name the image's name, or `pipeline/` and the image pipeline's
 */
export const builderLog = (scope: Construct, id: string, name: string): LogGroup =>
  new LogGroup(scope, id, {
    logGroupName: `/aws/imagebuilder/${name}`,
    retention: RetentionDays.THREE_MONTHS,
    // Its name is fixed: one that a failed creation left behind would let the next one fail.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });

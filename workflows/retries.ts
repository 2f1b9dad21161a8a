import { Duration } from 'aws-cdk-lib';
import type { RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { ENVIRONMENT_RESTORING, PUSH_NOT_CONFIRMED } from '../tasks/payloads.ts';

/**
 * The Lambda service, not the function, was at fault: nothing or the same thing was started, and every function is safe
 * to repeat. Waits 2, 4, 8, 16, 32, 64 s: 126 s in all. A job's own failure is never retried here: a person looks
 * at it and redrives. A denied invocation comes as `Lambda.AWSLambdaException`, like every error that Lambda's API does not
 * model: only its cause shows that, which a retrier cannot read, so it fails its state after these 126 s.
 */
export const lambdaServiceRetry: RetryProps = {
  errors: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.TooManyRequestsException',
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 6,
};

/**
 * restore-prod restores Prod after a promotion that failed there, at the latest some 15 minutes after its end if its deployment
 * may have started unnoticed; a state that is redriven meanwhile waits for that. Waits 2, 4, 8, 16, 32, then nineteen times 60 s: 1202 s in all.
 */
export const environmentRestoringRetry: RetryProps = {
  errors: [ENVIRONMENT_RESTORING],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  maxAttempts: 24,
};

/**
 * CloudTrail shows a call within minutes, typically five; images and QAT's deployment take longer, so this rarely waits. Waits 5, 10, 20,
 * 40, then nineteen times 60 s: 1215 s in all.
 */
export const pushNotConfirmedRetry: RetryProps = {
  errors: [PUSH_NOT_CONFIRMED],
  interval: Duration.seconds(5),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  maxAttempts: 23,
};

/**
 * The cause of a failure on its way through Step Functions, which carries text alone. Lockstep writes JSON, so that programs
 * read fields instead of sentences.
 */
import { isObject, parsedJson } from './json.ts';
import { beginningOf, endOf } from './truncate-text.ts';

/** What failed, where the error's name does not say it. */
export type FailureCode =
  /** The service did not take the call that starts the job. */
  | 'StartFailed'
  /** The job no longer exists. */
  | 'JobMissing'
  /** The CodeDeploy agent of an instance did not report (T32). */
  | 'AgentSilent'
  /** A script of the revision failed. */
  | 'ScriptFailed'
  /** CodeDeploy's agent cannot use the revision's AppSpec file, or a file that it names is missing. The commit is at fault. */
  | 'AppSpecInvalid'
  /** A script of the revision that is live failed where it loses its traffic (T70). The commit is not at fault. */
  | 'LiveHookFailed'
  /** An alarm stopped the deployment. */
  | 'AlarmActive'
  /** The guard blocked the run. */
  | 'GuardBlocked'
  /** The build did not begin: its environment lacks something. The commit is not at fault. */
  | 'BuildNotStarted'
  /** The commit cannot be built: a command failed, or its buildspec is wrong. The commit is at fault. */
  | 'CommitNotBuilt'
  /** The tests did not begin: their environment lacks something. The commit is not at fault. */
  | 'TestsNotStarted'
  /** The tests of the commit failed. */
  | 'TestsFailed'
  /** The load test of QAT failed. */
  | 'LoadTestFailed'
  /** An operator stopped the promotion. */
  | 'StoppedByOperator';

/** Why something failed. */
export interface FailureCause {
  /** For people. */
  readonly cause: string;
  readonly code?: FailureCode;
  /** With the errors `Superseded` and `Stale`: the newer promotion. */
  readonly supersededBy?: { readonly promotionId: string; readonly commitId: string };
  /** With the error `Stopped`: who stopped the promotion, a name or an ARN, and why. */
  readonly stopped?: { readonly by: string; readonly reason: string };
}

/** Longest cause that SendTaskFailure takes, in characters (its API reference). */
export const MAX_CAUSE_LENGTH = 32_768;

const GAP = '\n[…]\n';

/** Shortens a message. What failed stands first and the log's end last: the middle goes. */
export function fitCause(cause: string, max: number): string {
  if (cause.length <= max) return cause;
  const head = Math.floor((max - GAP.length) / 2);
  return beginningOf(cause, head) + GAP + endOf(cause, max - GAP.length - head);
}

/** A cause as Step Functions carries it: JSON within the length that it takes. `readCause` reads it. */
export function causeText({ cause, code, supersededBy, stopped }: FailureCause): string {
  const by = supersededBy && { promotionId: supersededBy.promotionId, commitId: supersededBy.commitId };
  for (let message = cause; ; ) {
    const text = JSON.stringify({ code, message, supersededBy: by, stopped });
    if (text.length <= MAX_CAUSE_LENGTH) return text;
    // Escapes make JSON longer than the message, by up to six times. Each pass is shorter than the one before.
    message = fitCause(message, Math.floor((message.length * MAX_CAUSE_LENGTH) / text.length));
  }
}

/**
 * Reads a cause: JSON of `causeText`; JSON of Lambda about an error that a function threw, whose message may be such JSON;
 * or the plain text of AWS.
 */
export function readCause(text: string): FailureCause {
  const value = parsedJson(text);
  const { errorMessage, message, code, supersededBy, stopped } = isObject(value) ? value : {};
  // Lambda's guide, "Error handling": `{"errorType": …, "errorMessage": …, "trace": […]}`.
  if (typeof errorMessage === 'string') return readCause(errorMessage);
  if (typeof message !== 'string') return { cause: text };
  return {
    cause: message,
    ...(code !== undefined && { code: code as FailureCode }),
    ...(supersededBy !== undefined && {
      supersededBy: supersededBy as NonNullable<FailureCause['supersededBy']>,
    }),
    ...(stopped !== undefined && { stopped: stopped as NonNullable<FailureCause['stopped']> }),
  };
}

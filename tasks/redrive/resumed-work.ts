import { decidersText, isDecided, progressText } from '../approvals/decisions.ts';
import { takenOver } from '../approvals/request-approval.ts';
import { needsAttempt } from '../jobs/job-attempts.ts';
import type { Approval, Job } from '../ledger/items.ts';
import type { JobKind, StartJobRequest } from '../payloads.ts';
import { roleTitles, utcTime } from '../words.ts';
import type { ResumePoint } from './resume-point.ts';

/** What the redrive does with what earlier attempts of the state have started. */
export interface ResumedWork {
  /**
   * `starts`: another job, request or call is made. `starts-once`: the start that was tried before is tried again, with the
   * same idempotency token. `attaches`: what runs is waited for. `reuses`: what has ended well counts.
   */
  readonly kind: 'starts' | 'starts-once' | 'attaches' | 'reuses';
  readonly sentence: string;
}

const nouns: Readonly<Record<JobKind, string>> = {
  'code-build': 'build',
  'image-build': 'image build',
  'instance-refresh': 'instance refresh',
  'pipeline-run': 'pipeline run',
};

/** A redrive gets a token that no attempt before it had. */
const NEW_TOKEN = 'the token of the redrive';

/** What `start-job` would do with the state's latest job, by its own decision. */
function resumedJob(latest: Job | undefined): ResumedWork {
  if (latest === undefined)
    return { kind: 'starts', sentence: 'This state has not started a job yet. The redrive starts one.' };
  const { promotionId, state, kind, parameters, attempt, status, imageChoice } = latest;
  const stateAttempt = latest.stateAttempt + 1;
  const request = { promotionId, state, kind, parameters, taskToken: NEW_TOKEN, stateAttempt };
  const noun = nouns[kind];
  if (needsAttempt(latest, request as unknown as StartJobRequest))
    return {
      kind: 'starts',
      sentence: `The ${noun} failed. The redrive starts another (attempt ${attempt + 1}).`,
    };
  if (status === 'SUCCEEDED' && imageChoice?.choice === 'reuse')
    return {
      kind: 'reuses',
      sentence: `No image was built: the one of ${utcTime(imageChoice.builtAt)} was equal. The redrive uses it as well.`,
    };
  if (status === 'SUCCEEDED')
    return {
      kind: 'reuses',
      sentence: `The ${noun} succeeded. The redrive uses its result and starts no other.`,
    };
  if (status === 'RUNNING')
    return {
      kind: 'attaches',
      sentence: `The ${noun} was running at the last check. The redrive waits for it, or uses its result, and starts no other.`,
    };
  return {
    kind: 'starts-once',
    sentence: `It is not known whether the ${noun} was started. The redrive starts it with the same idempotency token, so not twice.`,
  };
}

/** What `request-approval` would do with the role's latest request, by its own decision. */
function resumedApproval(
  latest: Approval | undefined,
  now: Date,
  configurationVersion: string | undefined,
): ResumedWork {
  if (latest === undefined)
    return { kind: 'starts', sentence: 'Nobody has been asked yet. The redrive mails a request.' };
  const role = roleTitles[latest.role];
  const { promotionId, state, candidate } = latest;
  const request = {
    promotionId,
    state,
    candidate,
    role: latest.role,
    taskToken: NEW_TOKEN,
    stateAttempt: latest.stateAttempt + 1,
    redrives: 0,
    expiresInSeconds: 0,
  };
  const same = takenOver(latest, request, now);
  if (same !== undefined && isDecided(same))
    return {
      kind: 'reuses',
      sentence: `${role} has decided (${decidersText(same)}). The decision counts; the redrive sends no other request.`,
    };
  if (same === undefined) {
    const ending =
      latest.status === 'WITHDRAWN' ? 'was withdrawn' : `expired at ${utcTime(latest.expiresAt)}`;
    return {
      kind: 'starts',
      sentence: `${role}'s request ${ending}. The redrive mails another request.`,
    };
  }
  const progress = progressText(latest);
  const isOld =
    configurationVersion !== undefined && configurationVersion !== latest.review.configurationVersion;
  return {
    kind: 'attaches',
    sentence: isOld
      ? `${role}'s request is open, but the configuration has changed. ${role} gets another request within five minutes.`
      : `${role}'s request is open${progress === '' ? '' : ` (${progress})`}. Its link stays valid, its time to decide starts again, and no other mail is sent.`,
  };
}

/** What the redrive does with what earlier attempts of the state have started. */
export function resumedWorkOf(
  point: ResumePoint,
  jobs: readonly Job[],
  approvals: readonly Approval[],
  now: Date,
  configurationVersion: string | undefined,
): ResumedWork {
  if (point.work === 'job')
    return resumedJob(
      jobs
        .filter(({ state }) => state === point.state)
        .toSorted((a, b) => a.attempt - b.attempt)
        .at(-1),
    );
  if (point.work === 'approval')
    return resumedApproval(
      approvals.findLast(({ state }) => state === point.state),
      now,
      configurationVersion,
    );
  if (point.work === 'lock')
    return { kind: 'starts', sentence: 'The promotion asks for the lock again. Nothing else is started.' };
  return {
    kind: 'starts',
    sentence: `${point.state} runs again, which is safe. Nothing else is started.`,
  };
}

import { takenOver } from '../approvals/request-approval.ts';
import { needsAttempt } from '../jobs/job-attempts.ts';
import type { Approval, Job } from '../ledger/items.ts';
import type { JobKind, StartJobRequest } from '../payloads.ts';
import { roleTitles, utcTime } from '../words.ts';
import type { ResumePoint } from './resume-point.ts';

/** What becomes of what the state's earlier tries have started. */
export interface ResumedWork {
  /**
   * `starts`: another job, request or call is made. `starts-once`: the start that was tried before is tried again, with the
   * same idempotency token. `attaches`: what runs is waited for. `reuses`: what has ended well counts.
   */
  readonly kind: 'starts' | 'starts-once' | 'attaches' | 'reuses';
  readonly sentence: string;
}

const nouns: Readonly<Record<JobKind, string>> = {
  'image-build': 'image build',
  'instance-refresh': 'instance refresh',
  'pipeline-run': 'pipeline run',
};

/** A redrive gets a token that no try before it had. */
const NEW_TOKEN = 'the token of the redrive';

/** What `start-job` would do with the state's latest job, by its own decision. */
export function resumedJob(latest: Job | undefined): ResumedWork {
  if (latest === undefined)
    return { kind: 'starts', sentence: 'No job of this state is recorded: one is started.' };
  const { promotionId, state, kind, parameters, attempt, status } = latest;
  const stateAttempt = latest.stateAttempt + 1;
  const request = { promotionId, state, kind, parameters, taskToken: NEW_TOKEN, stateAttempt };
  const noun = nouns[kind];
  if (needsAttempt(latest, request as unknown as StartJobRequest))
    return { kind: 'starts', sentence: `The ${noun} failed: another is started (attempt ${attempt + 1}).` };
  if (status === 'SUCCEEDED')
    return { kind: 'reuses', sentence: `The ${noun} has ended well: it counts, and none is started.` };
  if (status === 'RUNNING')
    return {
      kind: 'attaches',
      sentence: `The ${noun} was running when it was last looked at: it is waited for, or its end counts; none is started.`,
    };
  return {
    kind: 'starts-once',
    sentence: `Whether the ${noun} was started is not known: it is started with the same idempotency token, so not twice.`,
  };
}

/** What `request-approval` would do with the role's latest request, by its own decision. */
export function resumedApproval(
  latest: Approval | undefined,
  now: Date,
  configurationVersion: string | undefined,
): ResumedWork {
  if (latest === undefined)
    return { kind: 'starts', sentence: 'Nobody has been asked yet: the role is asked, by mail.' };
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
  if (same?.decision !== undefined)
    return {
      kind: 'reuses',
      sentence: `${role} has decided (${same.decidedBy?.name ?? 'unknown'}): it counts, and nobody is asked again.`,
    };
  if (same === undefined) {
    const ending =
      latest.status === 'WITHDRAWN' ? 'was withdrawn' : `expired at ${utcTime(latest.expiresAt)}`;
    return {
      kind: 'starts',
      sentence: `${role}'s request ${ending}: ${role} is asked anew, with another mail.`,
    };
  }
  const isOld =
    configurationVersion !== undefined && configurationVersion !== latest.review.configurationVersion;
  return {
    kind: 'attaches',
    sentence: isOld
      ? `${role}'s request is open, but the configuration has changed: ${role} is asked anew within five minutes.`
      : `${role}'s request is open: its link stays, its time is renewed, and no other mail is sent.`,
  };
}

/** What becomes of what the state's earlier tries have started. */
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
    return { kind: 'starts', sentence: 'The promotion asks for the lock again; nothing else is started.' };
  return {
    kind: 'starts',
    sentence: `${point.state} is done again; nothing else is started, and doing it twice does no harm.`,
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import type { PipelineExecution } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { DAY_MS } from '../durations.ts';
import { errorText } from '../error-text.ts';
import type { GuardedPipelines } from '../guard/guard-pipeline.ts';
import { isObject, parsedJson } from '../json.ts';
import type { PromotionInput, PushParameters } from '../payloads.ts';
import type { Source, SourceCommit, SourcePush } from '../source/source.ts';
import { findOnBranch } from './find-on-branch.ts';
import { type PromotedBranch, promotionIdOf } from './promotion-from.ts';
import { type BeginPromotionDependencies, beginPromotion } from './start-promotion.ts';

/** What starting a promotion from the push pipeline needs. */
interface PushedRunDependencies extends BeginPromotionDependencies {
  readonly pipelines: GuardedPipelines;
  readonly promoted: PromotedBranch;
  /** The repository, if it can be read; otherwise nobody knows who pushed. */
  readonly source?: ReadableSource;
  /** In ms. @default a timer */
  readonly wait?: (ms: number) => Promise<void>;
}

type ReadableSource = Pick<Required<Source>, 'head' | 'commits' | 'pushes'>;

/** The repository's provider does not confirm the push that a run is about. */
class PushNotRecordedError extends Error {
  override readonly name = 'PushNotRecorded';
}

/** How far back a run's push is looked for, in ms: a run waits in its pipeline's queue behind those of earlier pushes. */
const RECENT_MS = DAY_MS;
/** Waits between looks for it, in ms. */
const LOOK_AGAIN_AFTER_MS = [0, 2_000, 5_000, 10_000, 20_000];

/** Whether a Lambda event is a job of CodePipeline. */
const isPipelineJob = (event: unknown): event is CodePipelineEvent =>
  isObject(event) && 'CodePipeline.job' in event;

/** @throws TypeError that names what is wrong */
const readParameters = (text: string): PushParameters => {
  const { pipelineName, pipelineExecutionId } = JSON.parse(text) as Partial<PushParameters>;
  if (typeof pipelineName !== 'string' || typeof pipelineExecutionId !== 'string')
    throw new TypeError(`The action's user parameters lack pipelineName or pipelineExecutionId: ${text}`);
  return { pipelineName, pipelineExecutionId };
};

/** A connection gives its commit as JSON: `{"ProviderType":"GitHub","CommitMessage":"…"}`. */
const messageIn = (summary: string | undefined): string => {
  const value = parsedJson(summary);
  if (!isObject(value)) return summary ?? '';
  return typeof value.CommitMessage === 'string' ? value.CommitMessage : '';
};

/** What a run of the push pipeline asks for. */
interface PushedCommit {
  readonly commitId: string;
  /** The run's id. */
  readonly eventId: string;
  readonly message: string;
}

/**
 * The commit whose promotion a run of the push pipeline asks for: only one that a push through the connection started. The run
 * that the pipeline's creation starts (T20), and one by hand, ask for none.
 */
export function commitOfRun(run: PipelineExecution | undefined): PushedCommit | undefined {
  const { revisionId = '', revisionSummary } = run?.artifactRevisions?.[0] ?? {};
  const eventId = run?.pipelineExecutionId ?? '';
  if (run?.trigger?.triggerType !== 'WebhookV2' || eventId === '' || !/^[0-9a-f]{40}$/.test(revisionId))
    return undefined;
  return { commitId: revisionId, eventId, message: messageIn(revisionSummary) };
}

/** The pusher, the time of the push and the commit, as the repository's provider has them. */
async function confirmed(
  source: ReadableSource,
  { branch, repositoryName }: PromotedBranch,
  commitId: string,
  since: Date,
  wait: (ms: number) => Promise<void>,
): Promise<Pick<PromotionInput, 'pushedBy' | 'pushedAt'> & { readonly commit: SourceCommit }> {
  let push: SourcePush | undefined;
  for (const ms of LOOK_AGAIN_AFTER_MS) {
    if (ms > 0) await wait(ms);
    [push] = (await source.pushes(since))
      .filter((one) => one.commitId === commitId)
      .sort((one, other) => Date.parse(other.pushedAt) - Date.parse(one.pushedAt));
    if (push !== undefined) break;
  }
  if (push === undefined)
    throw new PushNotRecordedError(
      `The provider of ${repositoryName} has not recorded that ${commitId} was pushed to ${branch}. Push again; an empty commit will do.`,
    );
  const found = await findOnBranch(source, commitId, push.pushedAt);
  if (!found.isFound)
    throw new PushNotRecordedError(
      `Commit ${commitId} is no longer on ${branch} of ${repositoryName}, which is at ${found.head}. Push what is to be promoted.`,
    );
  const { commit, pushedAt } = found;
  return { pushedBy: push.pushedBy, ...(pushedAt !== undefined && { pushedAt }), commit };
}

/** The push pipeline's action: starts the promotion of the run's commit. It always reports a result, or the action would hang. */
export function startPushedRun(dependencies: PushedRunDependencies) {
  const begin = async (pushed: PushedCommit): Promise<string> => {
    const { source, promoted, now, wait = pause } = dependencies;
    const { application, branch, repositoryName } = promoted;
    const { commitId, eventId, message } = pushed;
    const promotionId = promotionIdOf(application, commitId, eventId);
    const { commit, ...push } = source
      ? await confirmed(source, promoted, commitId, new Date(now().getTime() - RECENT_MS), wait)
      : { pushedBy: repositoryName, commit: { message } };
    const input: PromotionInput = { application, commitId, branch, eventId, ...push };
    await beginPromotion(dependencies)({ promotionId, input }, commit);
    return promotionId;
  };
  return async function startPushedRun(event: CodePipelineEvent): Promise<{ readonly promotionId?: string }> {
    const { pipelines } = dependencies;
    const { id, data } = event['CodePipeline.job'];
    try {
      const { UserParameters } = data.actionConfiguration.configuration;
      const { pipelineName, pipelineExecutionId } = readParameters(UserParameters);
      const pushed = commitOfRun(await pipelines.run(pipelineName, pipelineExecutionId));
      const promotionId = pushed && (await begin(pushed));
      await pipelines.allow(id);
      return promotionId === undefined ? {} : { promotionId };
    } catch (error) {
      const reason = errorText(error);
      await pipelines.deny(id, `The promotion could not be started: ${reason}`);
      return {};
    }
  };
}

/** The events that a queue hands over; undefined for anything else. */
const queuedEvents = (event: unknown): readonly unknown[] | undefined => {
  const records: readonly unknown[] = isObject(event) && Array.isArray(event.Records) ? event.Records : [];
  const bodies = records.map((record) =>
    isObject(record) && record.eventSource === 'aws:sqs' ? parsedJson(record.body) : undefined,
  );
  return bodies.length > 0 ? bodies : undefined;
};

/** What wakes start-promotion: an event of the repository, the push pipeline's job, or either of them once more from the retry queue. */
export function onPush<Result>(handlers: {
  readonly event: (event: unknown) => Promise<Result>;
  readonly job: (event: CodePipelineEvent) => Promise<Result>;
}) {
  const one = (event: unknown): Promise<Result> =>
    isPipelineJob(event) ? handlers.job(event) : handlers.event(event);
  return async function onPush(event: unknown): Promise<readonly Result[] | Result> {
    const queued = queuedEvents(event);
    if (queued === undefined) return one(event);
    const results: Result[] = [];
    for (const each of queued) results.push(await one(each));
    return results;
  };
}

import type { PipelineExecution } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { errorText } from '../error-text.ts';
import type { GuardedPipelines } from '../guard/guard-pipeline.ts';
import { isObject, parsedJson } from '../json.ts';
import type { PushParameters } from '../payloads.ts';
import { type PromotedBranch, promotionIdOf, type RequestedPromotion } from './promotion-from.ts';
import { type BeginPromotionDependencies, beginPromotion } from './start-promotion.ts';

/** What starting a promotion from the push pipeline needs. */
interface PushedRunDependencies extends BeginPromotionDependencies {
  readonly pipelines: GuardedPipelines;
  readonly promoted: PromotedBranch;
}

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

/**
 * The promotion that a run of the push pipeline asks for: only one that a push through the connection started. The run
 * that the pipeline's creation starts (T20), and one by hand, ask for none.
 */
export function promotionOfRun(
  run: PipelineExecution | undefined,
  { application, branch, repositoryName }: PromotedBranch,
): (RequestedPromotion & { readonly message: string }) | undefined {
  const { revisionId = '', revisionSummary } = run?.artifactRevisions?.[0] ?? {};
  const eventId = run?.pipelineExecutionId ?? '';
  if (run?.trigger?.triggerType !== 'WebhookV2' || eventId === '' || !/^[0-9a-f]{40}$/.test(revisionId))
    return undefined;
  return {
    promotionId: promotionIdOf(application, revisionId, eventId),
    input: { application, commitId: revisionId, branch, pushedBy: repositoryName, eventId },
    message: messageIn(revisionSummary),
  };
}

/** The push pipeline's action: starts the promotion of the run's commit. It always reports a result, or the action would hang. */
export function startPushedRun(dependencies: PushedRunDependencies) {
  return async function startPushedRun(event: CodePipelineEvent): Promise<{ readonly promotionId?: string }> {
    const { pipelines, promoted } = dependencies;
    const { id, data } = event['CodePipeline.job'];
    try {
      const { UserParameters } = data.actionConfiguration.configuration;
      const { pipelineName, pipelineExecutionId } = readParameters(UserParameters);
      const requested = promotionOfRun(await pipelines.run(pipelineName, pipelineExecutionId), promoted);
      if (requested !== undefined)
        await beginPromotion(dependencies)(requested, { message: requested.message });
      await pipelines.allow(id);
      return requested === undefined ? {} : { promotionId: requested.promotionId };
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

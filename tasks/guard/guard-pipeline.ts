import type { PipelineExecution } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { errorText } from '../error-text.ts';
import { pipelineRunId } from '../jobs/external-ids.ts';
import { type Ledger, LedgerConflictError } from '../ledger/ledger.ts';
import { type RecallSources, recallCause } from '../marks/recall.ts';
import type { GuardParameters } from '../payloads.ts';
import type { ProvenanceProblem } from '../provenance/check-provenance.ts';
import { mayDeploy } from './may-deploy.ts';

/** CodePipeline, as far as the guard needs it. */
export interface GuardedPipelines {
  readonly run: (pipelineName: string, pipelineExecutionId: string) => Promise<PipelineExecution | undefined>;
  readonly allow: (jobId: string) => Promise<void>;
  readonly deny: (jobId: string, message: string) => Promise<void>;
}

/** What the guard needs. */
interface GuardDependencies extends RecallSources {
  readonly pipelines: GuardedPipelines;
  readonly ledger: Pick<Ledger, 'approvals' | 'lock' | 'replaceJob'> & RecallSources['ledger'];
  readonly starterRoleArn: string;
  readonly provenanceProblem: ProvenanceProblem;
  readonly now: () => Date;
}

const names = ['environment', 'pipelineName', 'promotionId', 'pipelineExecutionId'] as const;
/** What the run deploys: a commit, or what one was built into. */
const revisionNames = (value: Readonly<Record<string, unknown>>) =>
  value.builtKey === undefined && value.builtVersion === undefined
    ? (['commitId'] as const)
    : (['builtKey', 'builtVersion'] as const);

/** The action's user parameters. @throws TypeError that names what is wrong */
function readGuardParameters(text: string): GuardParameters {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new TypeError(`The guard action's user parameters are not JSON: ${text}`);
  }
  const missing = [...names, ...revisionNames(value ?? {})].filter(
    (name) => typeof value?.[name] !== 'string' || value[name] === '',
  );
  if (missing.length > 0)
    throw new TypeError(`The guard action's user parameters lack ${missing.join(', ')}: ${text}`);
  if (value.environment !== 'qat' && value.environment !== 'prod')
    throw new TypeError(`The guard action's environment is "${value.environment}"; give "qat" or "prod"`);
  return value as unknown as GuardParameters;
}

/** The guard action of a pipeline: lets a run deploy, or fails it. It always reports a result, or the action would hang (T20). */
export function guardPipeline({
  pipelines,
  ledger,
  starterRoleArn,
  provenanceProblem,
  readEvidence,
  now,
}: GuardDependencies) {
  const recallSources: RecallSources = { ledger, ...(readEvidence && { readEvidence }) };
  return async function guardPipeline(event: CodePipelineEvent): Promise<void> {
    const { id, data } = event['CodePipeline.job'];
    const reasonAgainst = async (): Promise<string | undefined> => {
      const parameters = readGuardParameters(data.actionConfiguration.configuration.UserParameters);
      const { pipelineName, pipelineExecutionId, promotionId, environment } = parameters;
      for (;;) {
        const [run, promotion, jobs, approvals] = await Promise.all([
          pipelines.run(pipelineName, pipelineExecutionId),
          ledger.promotion(promotionId),
          ledger.jobs(promotionId),
          ledger.approvals(promotionId),
        ]);
        const lock = promotion && (await ledger.lock(promotion.application, environment));
        const recalled = promotion && (await recallCause(recallSources, promotion));
        const release = promotion?.goBack && (await ledger.promotion(promotion.goBack.to));
        const ruling = mayDeploy({
          parameters,
          run,
          promotion,
          release,
          jobs,
          approvals,
          recalled,
          lock,
          starterRoleArn,
        });
        const imageId = promotion?.images[environment];
        const reason =
          ruling.kind === 'no'
            ? ruling.reason
            : imageId === undefined
              ? `The promotion ${promotionId} has recorded no image for this run.`
              : await provenanceProblem(promotionId, imageId);
        const { job } = ruling;
        if (job?.status !== 'STARTING') return reason;
        // Its start may have been interrupted before it recorded the run. The run must not deploy unknown to the job; and if it is denied,
        // the job must record the failure, or a redrive would go on with the run.
        const externalId = pipelineRunId(pipelineName, pipelineExecutionId);
        const runningSince = now().toISOString();
        try {
          await ledger.replaceJob(job, { ...job, status: 'RUNNING', externalId, runningSince });
          return reason;
        } catch (error) {
          if (!(error instanceof LedgerConflictError)) throw error;
        }
      }
    };
    const reason = await reasonAgainst().catch(
      (error: unknown) => `The guard could not decide: ${errorText(error)}`,
    );
    await (reason === undefined ? pipelines.allow(id) : pipelines.deny(id, reason));
  };
}

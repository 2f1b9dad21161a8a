import { AwsError, type Host } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { stableUuid } from '../shared/ids.ts';
import type { Declaration } from './declaration.ts';

/** A pipeline, as the store keeps it under its name. */
export interface Pipeline {
  readonly arn: string;
  readonly declaration: Declaration;
  /** The CloudFormation resource that made it, `<stack>/<logical id>`. */
  readonly owner: string;
  /** In ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type ExecutionStatus = 'InProgress' | 'Stopping' | 'Stopped' | 'Succeeded' | 'Failed' | 'Cancelled';
export type StageStatus = 'NotStarted' | 'InProgress' | 'Stopped' | 'Succeeded' | 'Failed';

/** One run of a pipeline, by its id; the table's order is the queue's. */
export interface Execution {
  readonly id: string;
  readonly pipelineName: string;
  /** The definition with which it began; later changes are for later runs. */
  readonly declaration: Declaration;
  readonly status: ExecutionStatus;
  readonly statusSummary?: string;
  readonly trigger: {
    readonly triggerType: 'CreatePipeline' | 'StartPipelineExecution' | 'WebhookV2';
    readonly triggerDetail: string;
  };
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: readonly SourceOverride[];
  readonly clientRequestToken?: string;
  /** Whether it has left the queue. */
  readonly hasBegun: boolean;
  readonly stageIndex: number;
  readonly stages: readonly StageStatus[];
  /** How often each action was retried, by `stage/action`. */
  readonly retries: Readonly<Record<string, number>>;
  readonly abandons?: boolean;
  /** In ms. */
  readonly startedAt: number;
  readonly updatedAt: number;
}

export interface SourceOverride {
  readonly actionName: string;
  readonly revisionType: string;
  readonly revisionValue: string;
}

/** One run of one action, by its id. */
export interface ActionExecution {
  readonly id: string;
  readonly executionId: string;
  readonly pipelineName: string;
  readonly stageName: string;
  readonly actionName: string;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Abandoned';
  readonly configuration: Readonly<Record<string, string>>;
  /** In ms. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly inputArtifacts: readonly Artifact[];
  readonly outputArtifacts: readonly Artifact[];
  readonly outputVariables: Readonly<Record<string, string>>;
  readonly revision?: Revision;
  readonly externalExecutionId?: string;
  readonly externalExecutionUrl?: string;
  readonly summary?: string;
  readonly error?: ActionError;
  /** How far it has come, so that a later process goes on from there. */
  readonly progress: Progress;
}

export interface Artifact {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag?: string;
  readonly versionId?: string;
}

interface Revision {
  readonly artifact: string;
  readonly id: string;
  readonly summary: string;
  readonly url?: string;
  /** In ms. */
  readonly createdAt?: number;
}

export interface ActionError {
  readonly code: string;
  readonly message: string;
}

/** What an action has done that must not be done again. */
interface Progress {
  /** The source's commit, fixed once it is known. */
  readonly commitId?: string;
  /** The function was asked, and has not answered that it goes on. */
  readonly isInvoked?: boolean;
  /** What the function wants back when it is asked again. */
  readonly continuationToken?: string;
  readonly job?: JobResult;
  /** A deployment was asked for: it may exist though its id was not written down. */
  readonly mayHaveDeployed?: boolean;
}

/** What a function said of its job. */
export type JobResult =
  | {
      readonly isSuccess: true;
      readonly outputVariables: Readonly<Record<string, string>>;
      readonly summary?: string;
      readonly externalExecutionId?: string;
    }
  | {
      readonly isSuccess: false;
      readonly error: ActionError;
      readonly externalExecutionId?: string;
    };

/** The tables of CodePipeline. */
export const tablesOf = ({ store }: Host) => ({
  pipelines: store.table<Pipeline>('codepipeline.pipelines'),
  executions: store.table<Execution>('codepipeline.executions'),
  actions: store.table<ActionExecution>('codepipeline.actions'),
});

/** A pipeline's ARN. */
export const pipelineArn = (host: Host, name: string): string => arnOf(host, 'codepipeline', name);

/** The id of an action's latest run in an execution: the same for the same attempt, so that none is started twice. */
export const actionExecutionId = (
  { id, retries }: Pick<Execution, 'id' | 'retries'>,
  stageName: string,
  actionName: string,
): string =>
  stableUuid('codepipeline', id, stageName, actionName, retries[`${stageName}/${actionName}`] ?? 0);

/** @throws AwsError `PipelineNotFoundException` */
export const findPipeline = (host: Host, name = ''): Pipeline => {
  const pipeline = tablesOf(host).pipelines.get(name);
  if (!pipeline)
    throw new AwsError(
      'PipelineNotFoundException',
      `Account '${host.accountId}' does not have a pipeline with name '${name}'`,
    );
  return pipeline;
};

/** @throws AwsError `PipelineNotFoundException`, `PipelineExecutionNotFoundException` */
export const findExecution = (host: Host, pipelineName = '', id = ''): Execution => {
  findPipeline(host, pipelineName);
  const execution = tablesOf(host).executions.get(id);
  if (execution?.pipelineName !== pipelineName)
    throw new AwsError(
      'PipelineExecutionNotFoundException',
      `The pipeline ${pipelineName} has no execution with the ID ${id}.`,
    );
  return execution;
};

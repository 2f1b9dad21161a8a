import type * as sdk from '@aws-sdk/client-codepipeline';
import type { Host } from '../../host.ts';
import type { ActionDeclaration, Declaration } from './declaration.ts';
import {
  type ActionExecution,
  type Artifact,
  actionExecutionId,
  type Execution,
  type Pipeline,
  type StageStatus,
  tablesOf,
} from './records.ts';

/** A definition as the API gives it. */
export const describeDeclaration = (declaration: Declaration): sdk.PipelineDeclaration => ({
  name: declaration.name,
  roleArn: declaration.roleArn,
  artifactStore: {
    type: 'S3',
    location: declaration.artifactStore.bucket,
    ...(declaration.artifactStore.kmsKeyId !== undefined && {
      encryptionKey: { id: declaration.artifactStore.kmsKeyId, type: 'KMS' },
    }),
  },
  stages: declaration.stages.map((stage) => ({
    name: stage.name,
    actions: stage.actions.map((action) => ({
      name: action.name,
      actionTypeId: { ...action.type },
      runOrder: action.runOrder,
      configuration: { ...action.configuration },
      inputArtifacts: action.inputArtifacts.map((name) => ({ name })),
      outputArtifacts: action.outputArtifacts.map((name) => ({ name })),
      ...(action.roleArn !== undefined && { roleArn: action.roleArn }),
      ...(action.namespace !== undefined && { namespace: action.namespace }),
      ...(action.timeoutMinutes !== undefined && { timeoutInMinutes: action.timeoutMinutes }),
    })),
  })),
  version: declaration.version,
  executionMode: 'QUEUED',
  pipelineType: 'V2',
  variables: declaration.variables.map((variable) => ({ ...variable })),
});

/** The runs of all actions of an execution, the latest attempt of each. */
const latestActions = (host: Host, execution: Execution): ActionExecution[] => {
  const { actions } = tablesOf(host);
  return execution.declaration.stages.flatMap((stage) =>
    stage.actions.flatMap(
      (action) => actions.get(actionExecutionId(execution, stage.name, action.name)) ?? [],
    ),
  );
};

/** An execution as GetPipelineExecution gives it. */
export const describeExecution = (host: Host, execution: Execution): sdk.PipelineExecution => ({
  pipelineName: execution.pipelineName,
  pipelineVersion: execution.declaration.version,
  pipelineExecutionId: execution.id,
  status: execution.status,
  ...(execution.statusSummary !== undefined && { statusSummary: execution.statusSummary }),
  artifactRevisions: latestActions(host, execution).flatMap(({ revision }) =>
    revision
      ? [
          {
            name: revision.artifact,
            revisionId: revision.id,
            revisionSummary: revision.summary,
            ...(revision.createdAt !== undefined && { created: new Date(revision.createdAt) }),
            ...(revision.url !== undefined && { revisionUrl: revision.url }),
          },
        ]
      : [],
  ),
  variables: Object.entries(execution.variables).map(([name, resolvedValue]) => ({ name, resolvedValue })),
  trigger: { ...execution.trigger },
  executionMode: 'QUEUED',
  executionType: 'STANDARD',
});

/** An execution in lists. */
export const summarizeExecution = (host: Host, execution: Execution): sdk.PipelineExecutionSummary => ({
  pipelineExecutionId: execution.id,
  status: execution.status,
  ...(execution.statusSummary !== undefined && { statusSummary: execution.statusSummary }),
  startTime: new Date(execution.startedAt),
  lastUpdateTime: new Date(execution.updatedAt),
  sourceRevisions: latestActions(host, execution).flatMap(({ actionName, revision }) =>
    revision
      ? [
          {
            actionName,
            revisionId: revision.id,
            revisionSummary: revision.summary,
            ...(revision.url !== undefined && { revisionUrl: revision.url }),
          },
        ]
      : [],
  ),
  trigger: { ...execution.trigger },
  executionMode: 'QUEUED',
  executionType: 'STANDARD',
});

const describeArtifact = ({ name, bucket, key }: Artifact): sdk.ArtifactDetail => ({
  name,
  s3location: { bucket, key },
});

/** An action's run as ListActionExecutions gives it (T25). */
export const describeAction = (
  host: Host,
  execution: Execution,
  action: ActionExecution,
): sdk.ActionExecutionDetail => {
  const declared = declarationOf(execution, action);
  return {
    pipelineExecutionId: execution.id,
    actionExecutionId: action.id,
    pipelineVersion: execution.declaration.version,
    stageName: action.stageName,
    actionName: action.actionName,
    startTime: new Date(action.startedAt),
    lastUpdateTime: new Date(action.updatedAt),
    status: action.status,
    input: {
      ...(declared && { actionTypeId: { ...declared.type }, configuration: { ...declared.configuration } }),
      resolvedConfiguration: { ...action.configuration },
      ...(declared?.roleArn !== undefined && { roleArn: declared.roleArn }),
      region: host.region,
      inputArtifacts: action.inputArtifacts.map(describeArtifact),
      ...(declared?.namespace !== undefined && { namespace: declared.namespace }),
    },
    output: {
      outputArtifacts: action.outputArtifacts.map(describeArtifact),
      executionResult: {
        ...(action.externalExecutionId !== undefined && { externalExecutionId: action.externalExecutionId }),
        ...(action.externalExecutionUrl !== undefined && {
          externalExecutionUrl: action.externalExecutionUrl,
        }),
        ...(action.summary !== undefined && { externalExecutionSummary: action.summary }),
        ...(action.error && { errorDetails: { ...action.error } }),
      },
      outputVariables: { ...action.outputVariables },
    },
  };
};

const declarationOf = (
  { declaration }: Execution,
  { stageName, actionName }: ActionExecution,
): ActionDeclaration | undefined =>
  declaration.stages.find(({ name }) => name === stageName)?.actions.find(({ name }) => name === actionName);

/** Where a pipeline stands: its latest execution in each stage. */
export const describeState = (host: Host, pipeline: Pipeline): sdk.GetPipelineStateOutput => {
  const { executions, actions } = tablesOf(host);
  const own = executions.values().filter((one) => one.pipelineName === pipeline.declaration.name);
  return {
    pipelineName: pipeline.declaration.name,
    pipelineVersion: pipeline.declaration.version,
    stageStates: pipeline.declaration.stages.map((stage, index) => {
      const latest = own.findLast((one) => (one.stages[index] ?? 'NotStarted') !== 'NotStarted');
      const waiting = index === 0 ? own.filter((one) => one.status === 'InProgress' && !one.hasBegun) : [];
      return {
        stageName: stage.name,
        inboundTransitionState: { enabled: true },
        ...(waiting.length > 0 && {
          inboundExecutions: waiting.map(({ id }) => ({
            pipelineExecutionId: id,
            status: 'InProgress' as const,
          })),
        }),
        actionStates: stage.actions.map(({ name }) => {
          const run = latest && actions.get(actionExecutionId(latest, stage.name, name));
          return { actionName: name, ...(run && { latestExecution: describeActionState(run) }) };
        }),
        ...(latest && {
          latestExecution: {
            pipelineExecutionId: latest.id,
            status: stageStatus(latest, latest.stages[index]),
          },
        }),
      };
    }),
    created: new Date(pipeline.createdAt),
    updated: new Date(pipeline.updatedAt),
  };
};

const stageStatus = (execution: Execution, status: StageStatus = 'NotStarted') => {
  if (status === 'NotStarted') return 'InProgress';
  return status === 'InProgress' && execution.status === 'Stopping' ? 'Stopping' : status;
};

const describeActionState = (run: ActionExecution): sdk.ActionExecution => ({
  actionExecutionId: run.id,
  status: run.status,
  lastStatusChange: new Date(run.updatedAt),
  ...(run.summary !== undefined && { summary: run.summary }),
  ...(run.externalExecutionId !== undefined && { externalExecutionId: run.externalExecutionId }),
  ...(run.externalExecutionUrl !== undefined && { externalExecutionUrl: run.externalExecutionUrl }),
  ...(run.error && { errorDetails: { ...run.error } }),
});

import { randomUUID } from 'node:crypto';
import type { StartPipelineExecutionInput, StartPipelineExecutionOutput } from '@aws-sdk/client-codepipeline';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { callerArn } from '../../iam/principals.ts';
import { stableUuid } from '../shared/ids.ts';
import type { ConnectedPush } from './connection-source.ts';
import type { Declaration } from './declaration.ts';
import type { Queue } from './execution-queue.ts';
import { type Execution, findPipeline, pipelineArn, type SourceOverride, tablesOf } from './records.ts';

/** What every new execution has in common. */
export const newExecution = (
  declaration: Declaration,
  now: number,
): Omit<Execution, 'id' | 'trigger' | 'variables' | 'overrides'> => ({
  pipelineName: declaration.name,
  declaration,
  status: 'InProgress',
  hasBegun: false,
  stageIndex: 0,
  stages: declaration.stages.map(() => 'NotStarted'),
  retries: {},
  startedAt: now,
  updatedAt: now,
});

/** StartPipelineExecution (T21). */
export const createStart = (
  host: Host,
  queue: Queue,
): Operation<StartPipelineExecutionInput, StartPipelineExecutionOutput> => {
  const { executions } = tablesOf(host);
  return {
    requires: ({ name = '' }) => ({
      action: 'codepipeline:StartPipelineExecution',
      resource: pipelineArn(host, name),
    }),
    run: (input, { principal }) => {
      const { declaration } = findPipeline(host, input.name);
      const { clientRequestToken } = input;
      if (clientRequestToken !== undefined && !/^[a-zA-Z0-9-]{1,128}$/.test(clientRequestToken))
        throw invalid(
          `clientRequestToken must be 1 to 128 letters, digits and hyphens; received ${clientRequestToken}`,
        );
      const known = executions
        .values()
        .find(
          (one) =>
            one.pipelineName === declaration.name &&
            one.clientRequestToken !== undefined &&
            one.clientRequestToken === clientRequestToken,
        );
      if (known) return { pipelineExecutionId: known.id };
      const execution: Execution = {
        ...newExecution(declaration, host.clock.now()),
        id: randomUUID(),
        trigger: { triggerType: 'StartPipelineExecution', triggerDetail: callerArn(principal, host) },
        variables: readVariables(declaration, input),
        overrides: readOverrides(declaration, input),
        ...(clientRequestToken !== undefined && { clientRequestToken }),
      };
      executions.put(execution.id, execution);
      host.clock.at(host.clock.now(), () => queue.pump(declaration.name));
      return { pipelineExecutionId: execution.id };
    },
  };
};

/**
 * A push through a connection starts the pipelines whose trigger it meets, with its commit. It starts each once, however often it is
 * told, and none that was made later.
 */
export const createPushTrigger = (host: Host, queue: Queue) => {
  const { pipelines, executions } = tablesOf(host);
  return ({ id: pushId, repository, branch, commitId, at }: ConnectedPush): void => {
    for (const { arn, owner, createdAt, declaration } of pipelines.values()) {
      const trigger = declaration.triggers?.find(({ branches }) => branches.includes(branch));
      const source = declaration.stages[0]?.actions.find(({ name }) => name === trigger?.sourceActionName);
      if (source?.configuration.FullRepositoryId !== repository || at < createdAt) continue;
      const id = stableUuid('codepipeline', arn, owner, createdAt, pushId);
      if (executions.has(id)) continue;
      executions.put(id, {
        ...newExecution(declaration, host.clock.now()),
        id,
        trigger: { triggerType: 'WebhookV2', triggerDetail: source.configuration.ConnectionArn ?? '' },
        variables: readVariables(declaration, {}),
        overrides: [{ actionName: source.name, revisionType: 'COMMIT_ID', revisionValue: commitId }],
      });
      host.clock.at(host.clock.now(), () => queue.pump(declaration.name));
    }
  };
};

const invalid = (message: string) => new AwsError('ValidationException', `${message}.`);

const readVariables = (
  declaration: Declaration,
  { variables = [] }: Pick<StartPipelineExecutionInput, 'variables'>,
): Record<string, string> => {
  const given = new Map(variables.map(({ name = '', value = '' }) => [name, value]));
  for (const [name, value] of given) {
    if (!declaration.variables.some((variable) => variable.name === name))
      throw invalid(`The pipeline ${declaration.name} does not declare the variable ${name}`);
    if (value.length < 1 || value.length > 1000)
      throw invalid(
        `The value of the variable ${name} must have 1 to 1000 characters; received ${value.length}`,
      );
  }
  return Object.fromEntries(
    declaration.variables.map(({ name, defaultValue }) => {
      const value = given.get(name) ?? defaultValue;
      if (value === undefined) throw invalid(`The variable ${name} has no default, so a value is required`);
      return [name, value];
    }),
  );
};

/** Revision types that each kind of source takes. */
const revisionTypes: Readonly<Record<string, readonly string[]>> = {
  CodeCommit: ['COMMIT_ID'],
  CodeStarSourceConnection: ['COMMIT_ID'],
  S3: ['S3_OBJECT_VERSION_ID', 'S3_OBJECT_KEY'],
};

const readOverrides = (
  declaration: Declaration,
  { sourceRevisions = [] }: StartPipelineExecutionInput,
): SourceOverride[] =>
  sourceRevisions.map(({ actionName = '', revisionType = '', revisionValue = '' }) => {
    const source = declaration.stages[0]?.actions.find(({ name }) => name === actionName);
    if (!source) throw invalid(`The pipeline ${declaration.name} has no source action named ${actionName}`);
    const types = revisionTypes[source.type.provider] ?? [];
    if (!types.includes(revisionType))
      throw invalid(
        `The source ${actionName} takes revisions of type ${types.join(', ')}; received ${revisionType}`,
      );
    if (revisionType === 'S3_OBJECT_KEY' && source.configuration.AllowOverrideForS3ObjectKey !== 'true')
      throw invalid(`The source ${actionName} does not allow another S3 object key`);
    if (revisionType === 'COMMIT_ID' && !/^[0-9a-f]{40}$/.test(revisionValue))
      throw invalid(
        `The revision of ${actionName} must be a commit id of 40 hexadecimal digits; received ${revisionValue}`,
      );
    return { actionName, revisionType, revisionValue };
  });

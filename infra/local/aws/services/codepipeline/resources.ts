import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import {
  AwsError,
  type Host,
  type ResourceContext,
  type ResourceProperties,
  type ResourceProvider,
} from '../../host.ts';
import { callerArn } from '../../iam/principals.ts';
import { stableUuid } from '../shared/ids.ts';
import {
  type ActionDeclaration,
  type ActionType,
  type Declaration,
  findProblems,
  type StageDeclaration,
  type TriggerDeclaration,
} from './declaration.ts';
import type { Queue } from './execution-queue.ts';
import { type Pipeline, pipelineArn, tablesOf } from './records.ts';
import { newExecution } from './start-execution.ts';

const TYPE = 'AWS::CodePipeline::Pipeline';

/** The CloudFormation types of CodePipeline. */
export const createCodePipelineResources = (host: Host, queue: Queue): Record<string, ResourceProvider> => {
  const { pipelines, executions } = tablesOf(host);

  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const read = readProperties(TYPE, context, properties);
    const declaration = readDeclaration(read, context);
    const owner = `${context.stackName}/${context.logicalId}`;
    const known = pipelines.get(declaration.name);
    if (known && known.owner !== owner)
      throw new AwsError(
        'PipelineNameInUseException',
        `A pipeline with the name '${declaration.name}' already exists in account '${host.accountId}'`,
      );
    const isChanged =
      JSON.stringify({ ...known?.declaration, version: 0 }) !==
      JSON.stringify({ ...declaration, version: 0 });
    const version = (known?.declaration.version ?? 0) + (isChanged ? 1 : 0);
    const now = host.clock.now();
    const pipeline: Pipeline = {
      arn: pipelineArn(host, declaration.name),
      declaration: { ...declaration, version },
      owner,
      createdAt: known?.createdAt ?? now,
      updatedAt: isChanged ? now : (known?.updatedAt ?? now),
    };
    if (isChanged) pipelines.put(declaration.name, pipeline);
    startFirst(pipeline);
    return { physicalId: declaration.name, attributes: { Version: String(version) } };
  };

  /** A new pipeline starts itself (T20); its id is stable, so that a crash in between starts it once. */
  const startFirst = ({ arn, owner, createdAt, declaration }: Pipeline) => {
    const id = stableUuid('codepipeline', arn, owner, createdAt);
    if (executions.has(id)) return;
    const session = {
      kind: 'role',
      roleArn: 'role/cloudformation',
      sessionName: 'AWSCloudFormation',
    } as const;
    const variables = Object.fromEntries(
      declaration.variables.map(({ name, defaultValue = '' }) => [name, defaultValue]),
    );
    executions.put(id, {
      ...newExecution(declaration, host.clock.now()),
      id,
      trigger: { triggerType: 'CreatePipeline', triggerDetail: callerArn(session, host) },
      variables,
      overrides: [],
    });
    host.clock.at(host.clock.now(), () => queue.pump(declaration.name));
  };

  return {
    [TYPE]: {
      create: put,
      update: put,
      delete: ({ physicalId }) => {
        for (const execution of executions.values())
          if (execution.pipelineName === physicalId && ['InProgress', 'Stopping'].includes(execution.status))
            executions.put(execution.id, { ...execution, status: 'Cancelled' });
        pipelines.delete(physicalId);
      },
    },
  };
};

/** @throws PropertyError for what CodePipeline rejects, and for what the emulator does not have */
const readDeclaration = (read: PropertyReader, context: ResourceContext): Declaration => {
  read.only(
    'Name',
    'RoleArn',
    'ArtifactStore',
    'Stages',
    'PipelineType',
    'ExecutionMode',
    'Variables',
    'Triggers',
    'RestartExecutionOnUpdate',
    'Tags',
  );
  if (read.string('PipelineType') !== 'V2') throw read.error('PipelineType', 'must be V2');
  if (read.string('ExecutionMode') !== 'QUEUED')
    throw read.error('ExecutionMode', 'must be QUEUED: others lose or mix executions (T23)');
  if (read.optionalBoolean('RestartExecutionOnUpdate'))
    throw read.error('RestartExecutionOnUpdate', 'must be false: an update must not deploy');
  const triggers = read.each('Triggers').map(readTrigger);
  const store = read.at('ArtifactStore');
  store.only('Type', 'Location', 'EncryptionKey');
  const kmsKeyId = store.optionalAt('EncryptionKey')?.string('Id');
  const declaration: Declaration = {
    name: read.optionalString('Name') ?? context.generatedName(100),
    roleArn: read.string('RoleArn'),
    version: 0,
    artifactStore: { bucket: store.string('Location'), ...(kmsKeyId !== undefined && { kmsKeyId }) },
    stages: read.each('Stages').map(readStage),
    ...(triggers.length > 0 && { triggers }),
    variables: read.each('Variables').map((variable) => {
      variable.only('Name', 'DefaultValue', 'Description');
      const defaultValue = variable.optionalString('DefaultValue');
      const description = variable.optionalString('Description');
      return {
        name: variable.string('Name'),
        ...(defaultValue !== undefined && { defaultValue }),
        ...(description !== undefined && { description }),
      };
    }),
  };
  const [problem] = findProblems(declaration);
  if (problem) throw read.error('Stages', `is not usable: ${problem}`);
  return declaration;
};

const readTrigger = (read: PropertyReader): TriggerDeclaration => {
  read.only('ProviderType', 'GitConfiguration');
  if (read.string('ProviderType') !== 'CodeStarSourceConnection')
    throw read.error('ProviderType', 'must be CodeStarSourceConnection');
  const git = read.at('GitConfiguration');
  git.only('SourceActionName', 'Push');
  return {
    sourceActionName: git.string('SourceActionName'),
    branches: git.each('Push').flatMap((push) => {
      push.only('Branches');
      const branches = push.at('Branches');
      branches.only('Includes');
      return branches.strings('Includes');
    }),
  };
};

const readStage = (read: PropertyReader): StageDeclaration => {
  read.only('Name', 'Actions', 'Blockers');
  return { name: read.string('Name'), actions: read.each('Actions').map(readAction) };
};

const readAction = (read: PropertyReader): ActionDeclaration => {
  read.only(
    'Name',
    'ActionTypeId',
    'Configuration',
    'InputArtifacts',
    'OutputArtifacts',
    'Namespace',
    'Region',
    'RoleArn',
    'RunOrder',
    'TimeoutInMinutes',
  );
  const type = read.at('ActionTypeId');
  const namesOf = (property: string) => read.each(property).map((artifact) => artifact.string('Name'));
  const roleArn = read.optionalString('RoleArn');
  const namespace = read.optionalString('Namespace');
  const timeoutMinutes = read.optionalNumber('TimeoutInMinutes');
  return {
    name: read.string('Name'),
    type: {
      category: type.string('Category') as ActionType['category'],
      owner: type.string('Owner') as ActionType['owner'],
      provider: type.string('Provider'),
      version: type.string('Version'),
    },
    runOrder: read.optionalNumber('RunOrder') ?? 1,
    configuration: read.stringMap('Configuration'),
    inputArtifacts: namesOf('InputArtifacts'),
    outputArtifacts: namesOf('OutputArtifacts'),
    ...(roleArn !== undefined && { roleArn }),
    ...(namespace !== undefined && { namespace }),
    ...(timeoutMinutes !== undefined && { timeoutMinutes }),
  };
};

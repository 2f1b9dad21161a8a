import type { Host } from '../../host.ts';
import type { Table } from '../../store.ts';
import type { ConnectedProvider } from '../shared/connected-provider.ts';
import { createRunner } from './action-runner.ts';
import {
  type ActionDeclaration,
  byRunOrder,
  resolveConfiguration,
  type StageDeclaration,
} from './declaration.ts';
import {
  type ActionExecution,
  actionExecutionId,
  type Execution,
  type ExecutionStatus,
  type StageStatus,
  tablesOf,
} from './records.ts';
import { createAnnouncements } from './state-change-events.ts';

/** Moves executions through their stages, one at a time per pipeline (QUEUED). Everything is in the store before it is done. */
export interface Queue {
  /** Does what can be done now for a pipeline; called whenever something has changed. */
  readonly pump: (pipelineName: string) => void;
  /** Changes an action's record and wakes what waits for it; nothing happens once it has ended. */
  readonly updateAction: (id: string, changes: Partial<ActionExecution>) => void;
  readonly announce: ReturnType<typeof createAnnouncements>;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Opens the queue over the store. */
export const createQueue = (host: Host, connected: ConnectedProvider): Queue => {
  const { pipelines, executions, actions } = tablesOf(host);
  const announce = createAnnouncements(host);
  const runner = createRunner(
    host,
    connected,
    actions,
    executions,
    (action) => {
      const execution = executions.get(action.executionId);
      if (execution)
        announce.action(execution, action, action.status === 'Succeeded' ? 'SUCCEEDED' : 'FAILED');
    },
    (name) => pump(name),
  );
  let stopped = false;

  const save = (execution: Execution, changes: Partial<Execution>): Execution => {
    const next = { ...execution, ...changes, updatedAt: host.clock.now() };
    executions.put(execution.id, next);
    return next;
  };

  const pump = (pipelineName: string) => {
    const own = executions.values().filter((one) => one.pipelineName === pipelineName && isOpen(one));
    const begun = own.filter((one) => one.hasBegun);
    const next = begun.length > 0 ? begun : own.slice(0, 1);
    for (const execution of next) {
      let current: Execution | undefined = execution;
      while (current && !stopped && isOpen(current)) current = step(current);
    }
    // An execution that has ended lets the next one in.
    const isFree = next.length > 0 && next.every(({ id }) => !isOpen(executions.get(id)));
    if (isFree && !stopped) pump(pipelineName);
  };

  /** One move of an execution; `undefined` when it has to wait. */
  const step = (execution: Execution): Execution | undefined => {
    if (!execution.hasBegun) {
      announce.pipeline(execution, 'STARTED');
      return save(execution, { hasBegun: true });
    }
    const stage = execution.declaration.stages[execution.stageIndex];
    if (!stage) return end(execution, 'Succeeded', 'SUCCEEDED');
    const records = recordsOf(execution, stage);
    const isBusy = records.some((record) => record?.status === 'InProgress');
    if (execution.status === 'Stopping' && (execution.abandons || !isBusy))
      return stopNow(execution, stage, records);
    if (execution.stages[execution.stageIndex] !== 'InProgress') {
      announce.stage(execution, stage.name, 'STARTED');
      return save(execution, { stages: withStage(execution, 'InProgress') });
    }
    for (const group of byRunOrder(stage)) {
      const runs = group.map((action) => actions.get(actionExecutionId(execution, stage.name, action.name)));
      if (runs.some((run) => run === undefined)) {
        if (execution.status === 'Stopping') return undefined;
        for (const action of group) begin(execution, stage, action);
        return undefined;
      }
      for (const run of runs) if (run?.status === 'InProgress') runner.launch(run);
      if (runs.some((run) => run?.status === 'InProgress')) return undefined;
      if (runs.some((run) => run?.status !== 'Succeeded')) {
        announce.stage(execution, stage.name, 'FAILED');
        return end(execution, 'Failed', 'FAILED', { stages: withStage(execution, 'Failed') });
      }
    }
    announce.stage(execution, stage.name, 'SUCCEEDED');
    return save(execution, {
      stages: withStage(execution, 'Succeeded'),
      stageIndex: execution.stageIndex + 1,
    });
  };

  const begin = (execution: Execution, stage: StageDeclaration, action: ActionDeclaration) => {
    const id = actionExecutionId(execution, stage.name, action.name);
    const now = host.clock.now();
    const base = {
      id,
      executionId: execution.id,
      pipelineName: execution.pipelineName,
      stageName: stage.name,
      actionName: action.name,
      startedAt: now,
      updatedAt: now,
      outputArtifacts: [],
      outputVariables: {},
      progress: {},
    };
    if (actions.has(id)) return;
    const earlier = endedWell(execution, actions);
    const inputArtifacts = action.inputArtifacts.flatMap(
      (name) =>
        earlier.flatMap((one) => one.outputArtifacts).find((artifact) => artifact.name === name) ?? [],
    );
    let record: ActionExecution;
    try {
      const configuration = resolveConfiguration(action.configuration, variablesOf(execution, earlier));
      record = { ...base, status: 'InProgress', configuration, inputArtifacts };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      record = {
        ...base,
        status: 'Failed',
        configuration: action.configuration,
        inputArtifacts,
        error: { code: 'ConfigurationError', message },
      };
    }
    announce.action(execution, record, 'STARTED');
    actions.put(id, record);
    if (record.status === 'InProgress') runner.launch(record);
    else {
      announce.action(execution, record, 'FAILED');
      host.clock.at(now, () => pump(execution.pipelineName));
    }
  };

  const variablesOf =
    (execution: Execution, earlier: readonly ActionExecution[]) => (namespace: string, name: string) => {
      if (namespace === 'variables') return execution.variables[name];
      if (namespace === 'codepipeline') return name === 'PipelineExecutionId' ? execution.id : undefined;
      return earlier.find((one) => declarationOf(execution, one)?.namespace === namespace)?.outputVariables[
        name
      ];
    };

  const recordsOf = (execution: Execution, stage: StageDeclaration) =>
    stage.actions.map((action) => actions.get(actionExecutionId(execution, stage.name, action.name)));

  const end = (
    execution: Execution,
    status: ExecutionStatus,
    state: string,
    changes: Partial<Execution> = {},
  ): Execution => {
    announce.pipeline(execution, state);
    return save(execution, { ...changes, status });
  };

  const stopNow = (
    execution: Execution,
    stage: StageDeclaration,
    records: readonly (ActionExecution | undefined)[],
  ): Execution => {
    for (const record of records)
      if (record?.status === 'InProgress') {
        announce.action(execution, record, 'ABANDONED');
        runner.update(record.id, { status: 'Abandoned' });
      }
    announce.stage(execution, stage.name, 'STOPPED');
    return end(execution, 'Stopped', 'STOPPED', { stages: withStage(execution, 'Stopped') });
  };

  return {
    pump,
    updateAction: runner.update,
    announce,
    start: () => {
      for (const name of pipelines.keys()) pump(name);
    },
    stop: () => {
      stopped = true;
      runner.stop();
    },
  };
};

const isOpen = (execution: Execution | undefined) =>
  execution?.status === 'InProgress' || execution?.status === 'Stopping';

const withStage = ({ stages, stageIndex }: Execution, status: StageStatus): StageStatus[] =>
  stages.map((old, index) => (index === stageIndex ? status : old));

const endedWell = (execution: Execution, actions: Table<ActionExecution>): ActionExecution[] =>
  execution.declaration.stages.flatMap((stage) =>
    stage.actions.flatMap((action) => {
      const record = actions.get(actionExecutionId(execution, stage.name, action.name));
      return record?.status === 'Succeeded' ? [record] : [];
    }),
  );

const declarationOf = ({ declaration }: Execution, { stageName, actionName }: ActionExecution) =>
  declaration.stages
    .find((stage) => stage.name === stageName)
    ?.actions.find((action) => action.name === actionName);

import type { Host, Principal } from '../../host.ts';
import type { Table } from '../../store.ts';
import type { ConnectedProvider } from '../shared/connected-provider.ts';
import { errorDetails } from './action-errors.ts';
import type { ActionContext, Outcome, RunAction } from './actions.ts';
import { runConnectionSource } from './connection-source.ts';
import type { ActionDeclaration } from './declaration.ts';
import { runCodeDeploy } from './deploy-action.ts';
import { runLambdaInvoke } from './invoke-action.ts';
import { type ActionExecution, type Execution, pipelineArn } from './records.ts';
import { runCodeCommitSource, runS3Source } from './source-actions.ts';
import { runCodeBuild } from './test-action.ts';

/** Runs actions; those that were under way when the process died go on from their record. */
interface Runner {
  /** Runs an action unless this process runs it already. */
  readonly launch: (action: ActionExecution) => void;
  /** Changes the record of an action under way, and wakes what waits for it. */
  readonly update: (id: string, changes: Partial<ActionExecution>) => void;
  readonly stop: () => void;
}

const actionsOf = (connected: ConnectedProvider): Readonly<Record<string, RunAction>> => ({
  CodeCommit: runCodeCommitSource,
  CodeStarSourceConnection: runConnectionSource(connected),
  S3: runS3Source,
  CodeBuild: runCodeBuild,
  Lambda: runLambdaInvoke,
  CodeDeploy: runCodeDeploy,
});

const CODEPIPELINE = 'codepipeline.amazonaws.com';

/**
 * Creates the runner.
 * @param connected what connections lead to
 * @param ended tells of an action's end, before it is written
 * @param pump goes on with a pipeline
 */
export const createRunner = (
  host: Host,
  connected: ConnectedProvider,
  actions: Table<ActionExecution>,
  executions: Table<Execution>,
  ended: (action: ActionExecution) => void,
  pump: (pipelineName: string) => void,
): Runner => {
  const byProvider = actionsOf(connected);
  const running = new Set<string>();
  const wakers = new Map<string, Set<() => void>>();
  let stopped = false;

  const update = (id: string, changes: Partial<ActionExecution>) => {
    const record = actions.get(id);
    if (stopped || record?.status !== 'InProgress') return;
    actions.put(id, { ...record, ...changes, updatedAt: host.clock.now() });
    for (const wake of wakers.get(id) ?? []) wake();
  };

  const finish = (id: string, outcome: Outcome) => {
    const record = actions.get(id);
    if (stopped || record?.status !== 'InProgress') return;
    const status = outcome.error ? ('Failed' as const) : ('Succeeded' as const);
    ended({ ...record, ...outcome, status });
    update(id, { ...outcome, status });
  };

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      host.clock.at(host.clock.now() + ms, resolve);
    });

  const changedBy = (id: string, at: number) =>
    new Promise<void>((resolve) => {
      const waiting = wakers.get(id) ?? new Set();
      wakers.set(id, waiting);
      const wake = () => {
        waiting.delete(wake);
        cancel();
        resolve();
      };
      const cancel = host.clock.at(at, wake);
      waiting.add(wake);
    });

  const run = async (id: string, execution: Execution, action: ActionDeclaration) => {
    const record = () => {
      const found = actions.get(id);
      if (!found) throw new Error(`The action execution ${id} is gone.`);
      return found;
    };
    const context: ActionContext = {
      host,
      execution,
      action,
      record,
      update: (changes) => update(id, changes),
      isLive: () => !stopped && actions.get(id)?.status === 'InProgress',
      principal: () => principalFor(host, execution, action),
      wait,
      changedBy: (at) => changedBy(id, at),
    };
    try {
      finish(id, (await byProvider[action.type.provider]?.(context)) ?? {});
    } catch (error) {
      finish(id, { error: errorDetails(error) });
    }
  };

  return {
    launch: ({ id, executionId, stageName, actionName }) => {
      const execution = executions.get(executionId);
      const action = execution?.declaration.stages
        .find((stage) => stage.name === stageName)
        ?.actions.find(({ name }) => name === actionName);
      if (!execution || !action || running.has(id)) return;
      running.add(id);
      void run(id, execution, action).finally(() => {
        running.delete(id);
        if (!stopped) pump(execution.pipelineName);
      });
    },
    update,
    stop: () => {
      stopped = true;
    },
  };
};

const principalFor = async (
  host: Host,
  { declaration, id }: Execution,
  { roleArn }: ActionDeclaration,
): Promise<Principal> => {
  const pipelineRole = host.assumeRole(
    declaration.roleArn,
    CODEPIPELINE,
    pipelineArn(host, declaration.name),
  );
  if (roleArn === undefined || roleArn === declaration.roleArn) return pipelineRole;
  // The pipeline's role takes on the action's: it needs the permission, and the action's role must trust it.
  const RoleSessionName = id.slice(0, 64);
  await host.call(pipelineRole, 'sts', 'AssumeRole', { RoleArn: roleArn, RoleSessionName });
  return { kind: 'role', roleArn, sessionName: RoleSessionName };
};

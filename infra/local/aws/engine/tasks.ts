import type { TaskState } from './definition.ts';
import type { Branch, OpenTask } from './execution.ts';
import { scopeOf } from './expression-scope.ts';
import { closeTask, fail } from './fail-state.ts';
import { WHOLE } from './history-event.ts';
import { exceedsBytes } from './json.ts';
import { MAX_SECONDS, PAYLOAD_BYTES } from './limits.ts';
import { failure, resultTooLarge } from './retry-and-catch.ts';
import { evaluate, evaluateInteger } from './template.ts';
import { branchOf, emit, later, nextNumber, setTimer, type Turn, update } from './transition.ts';

/** The region in an execution's ARN. */
const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

/** Schedules a task, with fresh Arguments. */
export const performTask = async (turn: Turn, branch: Branch, state: TaskState): Promise<void> => {
  const id = `task-${nextNumber(turn)}`;
  const { arn: resourceArn, resourceType, resource, waitsForToken } = state.resource;
  const token = waitsForToken ? turn.machine.token(turn.draft.arn, id) : null;
  const scope = scopeOf(turn, branch, state, { token });
  const parameters = state.arguments ? JSON.stringify(await evaluate(state.arguments, scope)) : branch.input;
  if (exceedsBytes(parameters, PAYLOAD_BYTES)) throw resultTooLarge(state.name);
  const seconds = async (field: 'timeoutSeconds' | 'heartbeatSeconds', name: string) => {
    const template = state[field];
    return template ? evaluateInteger(template, name, [1, MAX_SECONDS], scope) : null;
  };
  const timeoutSeconds = await seconds('timeoutSeconds', 'TimeoutSeconds');
  const heartbeatSeconds = await seconds('heartbeatSeconds', 'HeartbeatSeconds');

  const last = emit(turn, branch.last, 'TaskScheduled', {
    resourceType,
    resource,
    region: regionOf(turn.draft.arn),
    parameters,
    ...(timeoutSeconds !== null && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== null && { heartbeatInSeconds: heartbeatSeconds }),
  });
  update(turn, branch, { last, phase: 'task' });
  const task: OpenTask = {
    id,
    branch: branch.id,
    state: state.name,
    resourceArn,
    resourceType,
    resource,
    parameters,
    token,
    stage: 'scheduled',
    retryCount: branch.retryCount,
    timeoutSeconds,
    heartbeatSeconds,
    timers: [],
    heartbeatTimer: null,
  };
  turn.draft.tasks[id] = task;
  turn.effects.push({ type: 'task', task });
};

const identity = ({ resourceType, resource }: OpenTask) => ({ resourceType, resource });

const advanceBranch = (turn: Turn, task: OpenTask, type: string, details: Record<string, string>): Branch => {
  const branch = branchOf(turn, task.branch);
  const shown = 'output' in details ? { ...details, outputDetails: WHOLE } : details;
  return update(turn, branch, { last: emit(turn, branch.last, type, { ...identity(task), ...shown }) });
};

/** The call of a task has begun: its clocks start. */
export const startTask = (turn: Turn, task: OpenTask): void => {
  advanceBranch(turn, task, 'TaskStarted', {});
  const clock = (seconds: number | null, kind: 'timeout' | 'heartbeat') =>
    seconds === null ? null : setTimer(turn, turn.now + seconds * 1000, { kind, task: task.id });
  const timeout = clock(task.timeoutSeconds, 'timeout');
  const heartbeatTimer = clock(task.heartbeatSeconds, 'heartbeat');
  const timers = [timeout, heartbeatTimer].filter((id) => id !== null);
  turn.draft.tasks[task.id] = { ...task, stage: 'started', timers, heartbeatTimer };
};

/** The service has answered; the task goes on until its token comes back. */
export const submitTask = (turn: Turn, task: OpenTask, output: string): void => {
  advanceBranch(turn, task, 'TaskSubmitted', { output });
  turn.draft.tasks[task.id] = { ...task, stage: 'submitted' };
};

/** The task has its result, a JSON text. */
export const succeedTask = async (turn: Turn, task: OpenTask, output: string): Promise<void> => {
  if (exceedsBytes(output, PAYLOAD_BYTES)) {
    const { name, message } = resultTooLarge(task.resourceType);
    return failTask(turn, task, name, message);
  }
  const branch = advanceBranch(turn, task, 'TaskSucceeded', { output });
  closeTask(turn, task.id);
  later(turn, branch, 'complete', output);
};

/** The task has failed; either text may be missing. */
export const failTask = async (turn: Turn, task: OpenTask, error?: string, cause?: string): Promise<void> => {
  const branch = advanceBranch(turn, task, 'TaskFailed', {
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  });
  closeTask(turn, task.id);
  await fail(turn, branch, failure(error, cause, { isTaskFailure: true }), branch.last);
};

/** A task's time is up, or its heartbeat did not come: the same event and error. */
export const timeOutTask = async (turn: Turn, task: OpenTask, isHeartbeat: boolean): Promise<void> => {
  const error = 'States.Timeout';
  const branch = advanceBranch(turn, task, 'TaskTimedOut', { error });
  closeTask(turn, task.id);
  const failed = failure(error, undefined, {
    errorOutput: { Error: error, Cause: '' },
    aliases: isHeartbeat ? ['States.HeartbeatTimeout'] : [],
  });
  await fail(turn, branch, failed, branch.last);
};

/** Starts the heartbeat clock anew. */
export const beatTask = (turn: Turn, task: OpenTask): void => {
  const timer = task.heartbeatTimer === null ? undefined : turn.draft.timers[task.heartbeatTimer];
  if (!timer || task.heartbeatSeconds === null) return;
  turn.draft.timers[timer.id] = { ...timer, due: turn.now + task.heartbeatSeconds * 1000 };
};

import type { TaskState } from './definition.ts';
import type { Branch, OpenTask } from './execution.ts';
import { scopeOf } from './expression-scope.ts';
import { closeTask, failState } from './fail-state.ts';
import { WHOLE } from './history-event.ts';
import { exceedsBytes } from './json.ts';
import { MAX_SECONDS, PAYLOAD_BYTES } from './limits.ts';
import { failure, resultTooLarge } from './retry-and-catch.ts';
import { evaluate, evaluateInteger } from './template.ts';
import {
  addEvent,
  branchOf,
  nextNumber,
  queueStep,
  setTimer,
  type Transition,
  update,
} from './transition.ts';

/** The region in an execution's ARN. */
const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

/** Schedules a task, with fresh Arguments. */
export const scheduleTask = async (
  transition: Transition,
  branch: Branch,
  state: TaskState,
): Promise<void> => {
  const id = `task-${nextNumber(transition)}`;
  const { arn: resourceArn, resourceType, resource, waitsForToken } = state.resource;
  const token = waitsForToken ? transition.machine.token(transition.draft.arn, id) : null;
  const scope = scopeOf(transition, branch, state, { token });
  const parameters = state.arguments ? JSON.stringify(await evaluate(state.arguments, scope)) : branch.input;
  if (exceedsBytes(parameters, PAYLOAD_BYTES)) throw resultTooLarge(state.name);
  const seconds = async (field: 'timeoutSeconds' | 'heartbeatSeconds', name: string) => {
    const template = state[field];
    return template ? evaluateInteger(template, name, [1, MAX_SECONDS], scope) : null;
  };
  const timeoutSeconds = await seconds('timeoutSeconds', 'TimeoutSeconds');
  const heartbeatSeconds = await seconds('heartbeatSeconds', 'HeartbeatSeconds');

  const last = addEvent(transition, branch.last, 'TaskScheduled', {
    resourceType,
    resource,
    region: regionOf(transition.draft.arn),
    parameters,
    ...(timeoutSeconds !== null && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== null && { heartbeatInSeconds: heartbeatSeconds }),
  });
  update(transition, branch, { last, phase: 'task' });
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
  transition.draft.tasks[id] = task;
  transition.effects.push({ type: 'task', task });
};

const identity = ({ resourceType, resource }: OpenTask) => ({ resourceType, resource });

const recordTaskEvent = (
  transition: Transition,
  task: OpenTask,
  type: string,
  details: Record<string, string>,
): Branch => {
  const branch = branchOf(transition, task.branch);
  const shown = 'output' in details ? { ...details, outputDetails: WHOLE } : details;
  return update(transition, branch, {
    last: addEvent(transition, branch.last, type, { ...identity(task), ...shown }),
  });
};

/** The call of a task has begun: its clocks start. */
export const startTask = (transition: Transition, task: OpenTask): void => {
  recordTaskEvent(transition, task, 'TaskStarted', {});
  const clock = (seconds: number | null, kind: 'timeout' | 'heartbeat') =>
    seconds === null ? null : setTimer(transition, transition.now + seconds * 1000, { kind, task: task.id });
  const timeout = clock(task.timeoutSeconds, 'timeout');
  const heartbeatTimer = clock(task.heartbeatSeconds, 'heartbeat');
  const timers = [timeout, heartbeatTimer].filter((id) => id !== null);
  transition.draft.tasks[task.id] = { ...task, stage: 'started', timers, heartbeatTimer };
};

/** The service has answered; the task goes on until its token comes back. */
export const submitTask = (transition: Transition, task: OpenTask, output: string): void => {
  recordTaskEvent(transition, task, 'TaskSubmitted', { output });
  transition.draft.tasks[task.id] = { ...task, stage: 'submitted' };
};

/** The task has its result, a JSON text. */
export const succeedTask = async (transition: Transition, task: OpenTask, output: string): Promise<void> => {
  if (exceedsBytes(output, PAYLOAD_BYTES)) {
    const { name, message } = resultTooLarge(task.resourceType);
    return failTask(transition, task, name, message);
  }
  const branch = recordTaskEvent(transition, task, 'TaskSucceeded', { output });
  closeTask(transition, task.id);
  queueStep(transition, branch, 'complete', output);
};

/** The task has failed; either text may be missing. */
export const failTask = async (
  transition: Transition,
  task: OpenTask,
  error?: string,
  cause?: string,
): Promise<void> => {
  const branch = recordTaskEvent(transition, task, 'TaskFailed', {
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  });
  closeTask(transition, task.id);
  await failState(transition, branch, failure(error, cause, { isTaskFailure: true }), branch.last);
};

/** A task's time is up, or its heartbeat did not come: the same event and error. */
export const timeOutTask = async (
  transition: Transition,
  task: OpenTask,
  isHeartbeat: boolean,
): Promise<void> => {
  const error = 'States.Timeout';
  const branch = recordTaskEvent(transition, task, 'TaskTimedOut', { error });
  closeTask(transition, task.id);
  const failed = failure(error, undefined, {
    errorOutput: { Error: error, Cause: '' },
    aliases: isHeartbeat ? ['States.HeartbeatTimeout'] : [],
  });
  await failState(transition, branch, failed, branch.last);
};

/** Restarts the heartbeat clock. */
export const recordHeartbeat = (transition: Transition, task: OpenTask): void => {
  const timer = task.heartbeatTimer === null ? undefined : transition.draft.timers[task.heartbeatTimer];
  if (!timer || task.heartbeatSeconds === null) return;
  transition.draft.timers[timer.id] = { ...timer, due: transition.now + task.heartbeatSeconds * 1000 };
};

import { type Applied, applyEvent, type InputEvent } from '../../engine/apply-event.ts';
import { dueTimers, type Execution, newExecution, nextDue, type OpenTask } from '../../engine/execution.ts';
import type { HistoryEvent } from '../../engine/history-event.ts';
import { parseDefinition } from '../../engine/parse.ts';
import type { Machine } from '../../engine/transition.ts';

/** 2026-11-22T10:00:00Z. */
export const T0 = Date.UTC(2026, 10, 22, 10);

export const seconds = (count: number): number => count * 1000;

/** A machine for a definition in JSONata, given as its states with the first one first. */
export const machineOf = (states: object, rest: object = {}): Machine => ({
  definition: parseDefinition(
    JSON.stringify({ QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...rest }),
  ),
  token: (executionArn, taskId) => `token of ${taskId} in ${executionArn}`,
});

export const executionOf = (input: unknown = {}): Execution =>
  newExecution({
    arn: 'arn:aws:states:us-east-1:000000000000:execution:machine:one',
    name: 'one',
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:machine',
    stateMachineName: 'machine',
    roleArn: 'arn:aws:iam::000000000000:role/machine',
    input: JSON.stringify(input),
  });

/** An input event with its time. */
export interface Told {
  readonly event: InputEvent;
  readonly at: number;
}

/** Runs one execution by hand: every event, and every second that passes, is the test's doing. */
export class Drive {
  execution: Execution;
  now = T0;
  readonly history: HistoryEvent[] = [];
  readonly told: Told[] = [];
  readonly effects: string[] = [];
  readonly machine: Machine;

  constructor(machine: Machine, input?: unknown) {
    this.machine = machine;
    this.execution = executionOf(input);
  }

  async tell(event: InputEvent): Promise<Applied> {
    const result = await applyEvent(this.machine, this.execution, event, this.now);
    if (result.applied) {
      this.execution = result.execution;
      this.history.push(...result.history);
      this.told.push({ event, at: this.now });
      this.effects.push(...result.effects.map((effect) => effect.type));
    }
    return result;
  }

  /** Lets time pass; timers fire when they are due. */
  async elapse(ms: number): Promise<void> {
    const until = this.now + ms;
    for (
      let due = nextDue(this.execution);
      due !== undefined && due <= until;
      due = nextDue(this.execution)
    ) {
      this.now = Math.max(this.now, due);
      const [timer] = dueTimers(this.execution, this.now);
      if (timer) await this.tell({ type: 'timer', id: timer.id });
    }
    this.now = until;
  }

  /** The open task of a state, or the only one. */
  task(state?: string): OpenTask {
    const open = Object.values(this.execution.tasks).filter((task) => !state || task.state === state);
    const [task] = open;
    if (!task || open.length > 1) throw new Error(`${open.length} open tasks of ${state ?? 'any state'}`);
    return task;
  }

  taskStarted(state?: string) {
    return this.tell({ type: 'taskStarted', taskId: this.task(state).id });
  }

  taskSubmitted(output: unknown, state?: string) {
    return this.tell({ type: 'taskSubmitted', taskId: this.task(state).id, output: JSON.stringify(output) });
  }

  async taskSucceeds(output: unknown = {}, state?: string) {
    const { id, stage } = this.task(state);
    if (stage === 'scheduled') await this.taskStarted(state);
    return this.tell({ type: 'taskSucceeded', taskId: id, output: JSON.stringify(output) });
  }

  async taskFails(error?: string, cause?: string, state?: string) {
    const { id, stage } = this.task(state);
    if (stage === 'scheduled') await this.taskStarted(state);
    const texts = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    return this.tell({ type: 'taskFailed', taskId: id, ...texts });
  }

  /** The history as `<id> <type>←<previous>`, one line per event, from event `from` on. */
  lines(from = 1): string[] {
    return this.history
      .filter((event) => event.id >= from)
      .map((event) => `${event.id} ${event.type}←${event.previousEventId}`);
  }

  /** Details of the last event of a type. */
  details(type: string): Readonly<Record<string, unknown>> {
    const event = this.history.findLast((one) => one.type === type);
    const entry = event && Object.entries(event).find(([member]) => member.endsWith('EventDetails'));
    if (!event) throw new Error(`No event ${type} in: ${this.lines().join(', ')}`);
    return (entry?.[1] ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** Output of the execution, or how it failed. */
  outcome(): unknown {
    const { status, output, error, cause } = this.execution;
    if (status === 'SUCCEEDED') return JSON.parse(output ?? 'null');
    return { status, ...(error !== null && { error }), ...(cause !== null && { cause }) };
  }
}

/** Starts an execution and gives it into the test's hands. */
export const start = async (states: object, input?: unknown, rest?: object): Promise<Drive> => {
  const drive = new Drive(machineOf(states, rest), input);
  await drive.tell({ type: 'started' });
  return drive;
};

/** A Task state that invokes a function. */
export const lambda = (rest: object = {}): object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'work' },
  ...('Next' in rest ? {} : { End: true }),
  ...rest,
});

/** A Task state that waits for its token. */
export const callback = (rest: object = {}): object =>
  lambda({
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'work', Payload: '{% $states.context.Task.Token %}' },
    ...rest,
  });

/** A block for a Parallel branch or a Map processor. */
export const block = (states: object): object => ({ StartAt: Object.keys(states)[0], States: states });

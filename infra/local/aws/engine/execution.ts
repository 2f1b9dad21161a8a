import type { Json } from './json.ts';

/** How an execution stands. */
type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What identifies an execution and what it is given. */
interface ExecutionIdentity {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  /** JSON text, kept as it was sent. */
  readonly input: string;
}

/**
 * An execution between two input events: plain JSON, whose history stands elsewhere. The input events are the record
 * to keep; the same ones lead here again.
 */
export interface Execution extends ExecutionIdentity {
  readonly status: ExecutionStatus;
  /** Milliseconds since the epoch, as all times here. */
  readonly startDate: number;
  readonly stopDate: number | null;
  /** JSON text of a succeeded execution's output. */
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly redriveCount: number;
  readonly redriveDate: number | null;
  /** Input events applied. */
  readonly sequence: number;
  readonly lastEventId: number;
  /** Last number given to a branch, task or timer. */
  readonly lastNumber: number;
  /** Bytes of all variables. */
  readonly variableBytes: number;
  readonly branches: Readonly<Record<string, Branch>>;
  readonly tasks: Readonly<Record<string, OpenTask>>;
  readonly timers: Readonly<Record<string, Timer>>;
}

/** Id of the branch that runs the machine's own states. */
export const ROOT = 'main';

/** One flow of control: the machine's, a Parallel branch's or a Map iteration's. */
export interface Branch {
  readonly id: string;
  /** The branch whose Parallel or Map state this one belongs to. */
  readonly parent: string | null;
  /** Which branch or item of the parent's state it is. */
  readonly index: number;
  /** Index into the definition's blocks. */
  readonly block: number;
  readonly state: string;
  /** JSON text of the state's input. */
  readonly input: string;
  /** Id of the StateEntered event; 0 while the state is not entered yet. */
  readonly enteredEvent: number;
  readonly enteredAt: number;
  /** Id of this branch's last event. */
  readonly last: number;
  /** Retries of the current state, in all and by retrier. */
  readonly retryCount: number;
  readonly retries: readonly number[];
  /** Every variable that can be seen here, the outer scopes' included. */
  readonly variables: Readonly<Record<string, Json>>;
  /** Bytes of the variables that belong to this branch. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The item of the nearest Map around. */
  readonly item: { readonly index: number; readonly value: Json } | null;
  readonly phase: 'ready' | 'task' | 'waiting' | 'retrying' | 'children' | 'failed' | 'aborted';
  /** The branches or iterations of the current state, while it has any. */
  readonly children: Children | null;
}

/** What a Parallel or Map state knows of its branches or iterations. */
export interface Children {
  /** Branch ids by index, of those that have not succeeded; null for the others. */
  readonly ids: readonly (string | null)[];
  /** Output texts by index; null until there is one. */
  readonly outputs: readonly (string | null)[];
  readonly succeeded: number;
  /** The next index to start. */
  readonly next: number;
  /** The items of a Map. */
  readonly items: readonly Json[] | null;
}

/** A task that has been scheduled and has not ended. */
export interface OpenTask {
  readonly id: string;
  readonly branch: string;
  readonly state: string;
  /** The integration's ARN, and its parts as events name them. */
  readonly resourceArn: string;
  readonly resourceType: string;
  readonly resource: string;
  /** JSON text of the evaluated Arguments. */
  readonly parameters: string;
  /** Given when the task ends by its token. */
  readonly token: string | null;
  readonly stage: 'scheduled' | 'started' | 'submitted';
  /** Retries of the state before this attempt. */
  readonly retryCount: number;
  readonly timeoutSeconds: number | null;
  readonly heartbeatSeconds: number | null;
  readonly timers: readonly string[];
  readonly heartbeatTimer: string | null;
}

/** Something that happens by itself at `due`, in milliseconds since the epoch. */
export interface Timer {
  readonly id: string;
  readonly due: number;
  readonly purpose:
    | { readonly kind: 'execution' }
    | { readonly kind: 'wait' | 'retry'; readonly branch: string }
    | { readonly kind: 'timeout' | 'heartbeat'; readonly task: string };
}

/** An execution before its `started` event. */
export const newExecution = (identity: ExecutionIdentity): Execution => ({
  ...identity,
  status: 'RUNNING',
  startDate: 0,
  stopDate: null,
  output: null,
  error: null,
  cause: null,
  redriveCount: 0,
  redriveDate: null,
  sequence: 0,
  lastEventId: 0,
  lastNumber: 0,
  variableBytes: 0,
  branches: {},
  tasks: {},
  timers: {},
});

/** Timers that are due at `now`, the earliest first. */
export const dueTimers = (execution: Execution, now: number): readonly Timer[] =>
  Object.values(execution.timers)
    .filter((timer) => timer.due <= now)
    .sort((a, b) => a.due - b.due);

/** Whether it ends something that may be under way. */
export const isLimit = ({ purpose }: Timer): boolean =>
  purpose.kind === 'execution' || purpose.kind === 'timeout' || purpose.kind === 'heartbeat';

/** When the next timer is due; undefined without any. */
export const nextDue = (execution: Execution): number | undefined => nextTimer(execution)?.due;

/** The timer that is due next. */
export const nextTimer = (execution: Execution): Timer | undefined => {
  let next: Timer | undefined;
  for (const timer of Object.values(execution.timers)) {
    if (next === undefined || timer.due < next.due) next = timer;
  }
  return next;
};

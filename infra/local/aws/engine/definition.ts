import type { ReferencePath } from './reference-path.ts';
import type { Template } from './template.ts';

/** A state machine's definition, checked and prepared for running. */
export interface Definition {
  readonly comment: string | undefined;
  /** Seconds that an execution may take, counted again from each redrive. */
  readonly timeoutSeconds: number | undefined;
  /** The machine's own states first, then those of each Parallel branch and each Map processor. */
  readonly blocks: readonly Block[];
}

/** A set of states with an entry: the machine, one branch of a Parallel, or the processor of a Map. */
export interface Block {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

/** `Assign`: variable names and their values. */
export type Assignments = readonly (readonly [string, Template | ReferencePath])[];

/** What a rule, a catcher or a state hands on. */
export interface Handover {
  readonly assign: Assignments | undefined;
  readonly output: Template | undefined;
}

/** A retrier; seconds, and the defaults of the States Language filled in. */
export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly backoffRate: number;
  readonly maxAttempts: number;
  readonly maxDelaySeconds: number | undefined;
  readonly fullJitter: boolean;
}

/** A catcher. */
export interface Catcher extends Handover {
  readonly errorEquals: readonly string[];
  readonly next: string;
}

interface StateBase {
  readonly name: string;
}

/** The state that follows; `undefined` ends the block. */
interface NamedNext extends Handover {
  readonly next: string | undefined;
}

interface Guarded {
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

/** Hands on its input, or what Output makes of it. */
interface PassState extends StateBase, NamedNext {
  readonly type: 'Pass';
}

/** Calls a service and waits for the answer, or for its token. */
export interface TaskState extends StateBase, NamedNext, Guarded {
  readonly type: 'Task';
  readonly resource: TaskResource;
  readonly arguments: Template | undefined;
  readonly timeoutSeconds: Template | undefined;
  readonly heartbeatSeconds: Template | undefined;
}

/** Goes on by the first rule that holds. */
export interface ChoiceState extends StateBase, Handover {
  readonly type: 'Choice';
  readonly choices: readonly ChoiceRule[];
  readonly default: string | undefined;
}

/** One rule of a Choice. */
export interface ChoiceRule extends Handover {
  readonly condition: Template;
  readonly next: string;
}

/** Waits for a time or until one; exactly one of the two is given. */
export interface WaitState extends StateBase, NamedNext {
  readonly type: 'Wait';
  readonly seconds: Template | undefined;
  readonly timestamp: Template | undefined;
}

/** Ends its block. */
interface SucceedState extends StateBase, Handover {
  readonly type: 'Succeed';
}

/** Fails its block. */
export interface FailState extends StateBase {
  readonly type: 'Fail';
  readonly error: Template | undefined;
  readonly cause: Template | undefined;
}

/** Runs branches side by side. */
export interface ParallelState extends StateBase, NamedNext, Guarded {
  readonly type: 'Parallel';
  readonly arguments: Template | undefined;
  /** Indexes into the definition's blocks. */
  readonly branches: readonly number[];
}

/** Runs a processor for each item of a list, inline. */
export interface MapState extends StateBase, NamedNext, Guarded {
  readonly type: 'Map';
  /** Without it, the state's input is the list. */
  readonly items: Template | undefined;
  readonly itemSelector: Template | undefined;
  readonly maxConcurrency: Template | undefined;
  /** Evaluated and checked only: an inline Map tolerates no failure. */
  readonly tolerance: readonly (readonly [string, Template])[];
  /** Index into the definition's blocks. */
  readonly processor: number;
}

/** A state of the Amazon States Language. */
export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** What a Task calls, taken apart as its history events name it. */
export interface TaskResource {
  readonly arn: string;
  /** `lambda`, `aws-sdk:s3`. */
  readonly resourceType: string;
  /** `invoke`, `invoke.waitForTaskToken`, `getObject`. */
  readonly resource: string;
  /** Whether the task ends by its token rather than by the call's answer. */
  readonly waitsForToken: boolean;
}

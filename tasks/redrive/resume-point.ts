import { type WorkStage, workStageOf } from '../environment-locks/work-stage.ts';
import { type GraphState, readDefinition, successPath } from '../executions/definition.ts';
import type { Execution } from '../executions/execution.ts';
import { type Attempt, progressOf, transitionKey } from '../executions/progress.ts';
import type { Approval, Job } from '../ledger/items.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import { approverRoles } from '../words.ts';
import type { Work } from './remedies.ts';

/** Where a redrive resumes an execution. */
export interface ResumePoint {
  readonly state: string;
  /** Which attempt of the state it would be: 2 after the first has failed. */
  readonly attempt: number;
  /** Task, Choice, Fail, … */
  readonly type: string;
  /** What the state does; absent if it is no task. */
  readonly work?: Work;
  /** The environment that it works on, whose lock it therefore needs. */
  readonly environment?: Environment;
  /** What it does there; absent if it is no task. */
  readonly workStage?: WorkStage;
  /** How its last attempt ended; absent if there was none. */
  readonly last?: Attempt;
  /** Tasks whose work is done and stays, in their order. */
  readonly done: readonly string[];
  /** Of these, the states of approvals, by role. */
  readonly doneApprovals: readonly { readonly state: string; readonly role: ApproverRole }[];
  /** What follows if all goes well. */
  readonly next: readonly string[];
}

/** Only the states that ask for a lock get the time of the push. A lock ends with the execution. */
const asksForLock = (payload: GraphState['payload']): boolean => payload?.pushedAt !== undefined;

const workOf = (state: GraphState, jobs: readonly Job[], approvals: readonly Approval[]): Work => {
  if (asksForLock(state.payload)) return 'lock';
  if (state.payload?.kind !== undefined || jobs.some((job) => job.state === state.name)) return 'job';
  const isAsked = state.payload?.role !== undefined || approvals.some((one) => one.state === state.name);
  return isAsked ? 'approval' : 'function';
};

/** Whether a state asks a role, by the definition or by what was asked. */
const isApprovalOf = (
  role: ApproverRole,
  { name, payload }: GraphState,
  approvals: readonly Approval[],
): boolean => payload?.role === role || approvals.some((one) => one.role === role && one.state === name);

/** QAT is worked on until QC has decided, Prod once PMO has; by the place of their approvals in the definition. */
const environmentOf = (
  way: readonly GraphState[],
  state: string,
  approvals: readonly Approval[],
): Environment | undefined => {
  const at = way.findIndex(({ name }) => name === state);
  const placeOf = (role: ApproverRole): number => way.findIndex((one) => isApprovalOf(role, one, approvals));
  const [qc, pmo] = [placeOf('qc'), placeOf('pmo')];
  if (at < 0) return undefined;
  // A go-back does not use QAT.
  const usesQat = way.some(({ payload }) => payload?.environment === 'qat');
  if (qc >= 0 && at <= qc) return usesQat ? 'qat' : undefined;
  return pmo >= 0 && at > pmo ? 'prod' : undefined;
};

/**
 * Where a redrive would resume: at the state whose last attempt has not succeeded (T34).
 * @param goesBack whether it promotes an earlier release again: that takes the last way of each Choice
 * @returns undefined if neither history nor definition name a state
 * @throws DefinitionError
 */
export function resumePoint(
  execution: Execution,
  jobs: readonly Job[],
  approvals: readonly Approval[],
  goesBack = false,
): ResumePoint | undefined {
  const graph = readDefinition(execution.definition);
  const { attempts, taken } = progressOf(execution.events);
  const way = successPath(
    graph,
    (from, ways) =>
      ways.find(({ name }) => taken.has(transitionKey(from, name))) ?? ways.at(goesBack ? -1 : 0),
  );
  const last = attempts.at(-1);
  // Stopped between two states: the next one has not been entered.
  const after = way[way.findIndex(({ name }) => name === last?.state) + 1];
  const name = last === undefined || last.status === 'SUCCEEDED' ? after?.name : last.state;
  const state = graph.states.find((candidate) => candidate.name === (name ?? graph.startAt));
  if (state === undefined) return undefined;
  const own = attempts.filter((attempt) => attempt.state === state.name);
  const ended = own.at(-1);
  const environment = environmentOf(way, state.name, approvals);
  const isDone = ({ name: other, type, payload }: GraphState): boolean =>
    type === 'Task' &&
    !asksForLock(payload) &&
    attempts.findLast((attempt) => attempt.state === other)?.status === 'SUCCEEDED';
  const done = way.filter(isDone);
  return {
    state: state.name,
    attempt: own.length + 1,
    type: state.type,
    ...(state.type === 'Task'
      ? { work: workOf(state, jobs, approvals), workStage: workStageOf(state.payload ?? {}) }
      : {}),
    ...(environment === undefined ? {} : { environment }),
    ...(ended === undefined ? {} : { last: ended }),
    done: done.map((one) => one.name),
    doneApprovals: done.flatMap((one) => {
      const role = approverRoles.find((each) => isApprovalOf(each, one, approvals));
      return role === undefined ? [] : [{ state: one.name, role }];
    }),
    next: way
      .slice(way.findIndex((one) => one.name === state.name) + 1)
      .flatMap((one) => (one.type === 'Task' ? [one.name] : [])),
  };
}

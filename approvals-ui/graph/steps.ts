import { endText, type Held } from '../../tasks/calendar/hold-rules.ts';
import { type GraphState, type MachineGraph, readDefinition } from '../../tasks/executions/definition.ts';
import type { Execution } from '../../tasks/executions/execution.ts';
import { type Attempt, type Progress, progressOf } from '../../tasks/executions/progress.ts';
import type { Approval } from '../../tasks/ledger/items.ts';
import { failedAs, isFinal } from '../../tasks/promotions/status.ts';
import { roleTitles } from '../../tasks/words.ts';
import { duration } from '../format.ts';

/** How a state stands, as the graph colours it. `stopped`: the promotion was ended here on purpose. */
export type StepStatus = 'done' | 'running' | 'waiting' | 'failed' | 'stopped' | 'idle';

/** One state with how it stands. */
export interface Step {
  readonly name: string;
  readonly type: string;
  readonly status: StepStatus;
  /** A few words: how long, for whom, until when. */
  readonly detail: string;
  readonly attempts: readonly Attempt[];
}

/** A promotion's graph and progress together. */
export interface PromotionGraph {
  readonly graph: MachineGraph;
  readonly progress: Progress;
  /** In the order of the definition. */
  readonly steps: readonly Step[];
}

/**
 * Joins definition, history and approvals.
 * @param now milliseconds since the epoch
 * @param held why the calendar keeps the promotion from the lock that it waits for
 * @throws DefinitionError
 */
export const promotionGraph = (
  execution: Execution,
  approvals: readonly Approval[],
  now: number,
  held?: Held,
): PromotionGraph => {
  const graph = readDefinition(execution.definition);
  const progress = progressOf(execution.events);
  const isRunning = execution.status === 'RUNNING';
  const steps = graph.states.map((state): Step => {
    const { name, type } = state;
    const attempts = progress.attempts.filter((attempt) => attempt.state === name);
    const waitsFor = approvals.findLast(({ state, status }) => state === name && status === 'PENDING');
    return { name, type, attempts, ...standing(state, attempts, waitsFor, isRunning, now, held) };
  });
  return { graph, progress, steps };
};

/** Only a state that acquires an environment lock tells when its commit was pushed: the newest comes first. */
const waitsForLock = ({ payload }: GraphState): boolean => payload?.pushedAt !== undefined;

const standing = (
  state: GraphState,
  attempts: readonly Attempt[],
  waitsFor: Approval | undefined,
  isRunning: boolean,
  now: number,
  held: Held | undefined,
): { readonly status: StepStatus; readonly detail: string } => {
  const { type } = state;
  const last = attempts.at(-1);
  if (!last) return { status: 'idle', detail: 'not reached' };
  const repeated = attempts.length > 1 ? ` · attempt ${attempts.length}` : '';
  const took = duration((last.endedAt ?? now) - last.startedAt);
  if (last.status === 'SUCCEEDED') {
    return { status: 'done', detail: type === 'Task' ? `done in ${took}${repeated}` : 'done' };
  }
  if (last.status === 'RUNNING') {
    if (waitsForLock(state))
      return {
        status: 'waiting',
        detail: held ? `frozen until ${endText(held)}` : `waiting for the lock · ${took}${repeated}`,
      };
    if (!waitsFor) return { status: 'running', detail: `running for ${took}${repeated}` };
    const left = duration(Date.parse(waitsFor.expiresAt) - now);
    return { status: 'waiting', detail: `waiting for ${roleTitles[waitsFor.role]} · ${left}` };
  }
  if (type === 'Fail') return { status: 'stopped', detail: 'ended here' };
  // A newer promotion has come: a Fail state says so, and nothing is broken here.
  if (isFinal(failedAs(last.error)))
    return { status: 'stopped', detail: `given up after ${took}${repeated}` };
  // Between two attempts of a Retry nothing runs, yet nothing is lost either.
  if (isRunning) return { status: 'running', detail: `tries again · failed ${attempts.length}×` };
  if (last.status === 'TIMED_OUT') return { status: 'failed', detail: `timed out after ${took}${repeated}` };
  if (last.status === 'ABORTED') return { status: 'stopped', detail: `stopped after ${took}${repeated}` };
  return { status: 'failed', detail: `failed after ${took}${repeated}` };
};

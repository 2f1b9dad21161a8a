import type { Branch } from './execution.ts';
import { ROOT } from './execution.ts';
import { branchOf, emit, later, setTimer, stateOf, type Turn, update } from './transition.ts';

/** Puts the execution's own deadline, if its definition has one; counted anew at each redrive. */
export const setDeadline = (turn: Turn): void => {
  const { timeoutSeconds } = turn.machine.definition;
  if (timeoutSeconds !== undefined) setTimer(turn, turn.now + timeoutSeconds * 1000, { kind: 'execution' });
};

/** Takes an execution up again where it failed, was stopped or ran out of time. */
export const redrive = (turn: Turn): void => {
  const { draft } = turn;
  const redriveCount = draft.redriveCount + 1;
  const event = emit(turn, draft.lastEventId, 'ExecutionRedriven', { redriveCount });
  Object.assign(draft, {
    status: 'RUNNING',
    stopDate: null,
    error: null,
    cause: null,
    redriveCount,
    redriveDate: turn.now,
  });
  turn.effects.push({ type: 'redriven' });
  setDeadline(turn);
  resume(turn, branchOf(turn, ROOT), event);
};

const resume = (turn: Turn, branch: Branch, redriven: number): void => {
  const fresh = { retryCount: 0, retries: [] };
  const { children } = branch;
  if (children && children.succeeded < children.outputs.length) {
    // What succeeded is kept, and what was not reached starts when its turn comes.
    update(turn, branch, { ...fresh, phase: 'children' });
    for (const id of children.ids) if (id !== null) resume(turn, branchOf(turn, id), redriven);
  } else if (branch.enteredEvent === 0) {
    later(turn, branch, isUnbegunIteration(turn, branch) ? 'begin' : 'enter');
  } else {
    // A Fail state fails again without being entered again; any other state goes on from its entry.
    const last = stateOf(turn, branch).type === 'Fail' ? redriven : branch.enteredEvent;
    later(turn, update(turn, branch, { ...fresh, last, children: null }), 'perform');
  }
};

/** Whether a Map iteration has been started, but has entered no state. */
const isUnbegunIteration = (turn: Turn, branch: Branch): boolean =>
  branch.parent !== null &&
  branch.enteredAt === 0 &&
  stateOf(turn, branchOf(turn, branch.parent)).type === 'Map';

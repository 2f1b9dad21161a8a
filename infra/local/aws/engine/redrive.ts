import type { Branch } from './execution.ts';
import { ROOT } from './execution.ts';
import { addEvent, branchOf, queueStep, setTimer, stateOf, type Transition, update } from './transition.ts';

/** Puts the execution's own deadline, if its definition has one; counted again from each redrive. */
export const setDeadline = (transition: Transition): void => {
  const { timeoutSeconds } = transition.machine.definition;
  if (timeoutSeconds !== undefined)
    setTimer(transition, transition.now + timeoutSeconds * 1000, { kind: 'execution' });
};

/** Takes an execution up again where it failed, was stopped or ran out of time. */
export const redrive = (transition: Transition): void => {
  const { draft } = transition;
  const redriveCount = draft.redriveCount + 1;
  const event = addEvent(transition, draft.lastEventId, 'ExecutionRedriven', { redriveCount });
  Object.assign(draft, {
    status: 'RUNNING',
    stopDate: null,
    error: null,
    cause: null,
    redriveCount,
    redriveDate: transition.now,
  });
  transition.effects.push({ type: 'redriven' });
  setDeadline(transition);
  resume(transition, branchOf(transition, ROOT), event);
};

const resume = (transition: Transition, branch: Branch, redriven: number): void => {
  const fresh = { retryCount: 0, retries: [] };
  const { children } = branch;
  if (children && children.succeeded < children.outputs.length) {
    // What succeeded is kept, and what was not reached starts when it is reached.
    update(transition, branch, { ...fresh, phase: 'children' });
    for (const id of children.ids) if (id !== null) resume(transition, branchOf(transition, id), redriven);
  } else if (branch.enteredEvent === 0) {
    queueStep(transition, branch, isUnbegunIteration(transition, branch) ? 'begin' : 'enter');
  } else {
    // A Fail state fails again without being entered again; any other state goes on from its entry.
    const last = stateOf(transition, branch).type === 'Fail' ? redriven : branch.enteredEvent;
    queueStep(transition, update(transition, branch, { ...fresh, last, children: null }), 'run');
  }
};

/** Whether a Map iteration has been started, but has entered no state. */
const isUnbegunIteration = (transition: Transition, branch: Branch): boolean =>
  branch.parent !== null &&
  branch.enteredAt === 0 &&
  stateOf(transition, branchOf(transition, branch.parent)).type === 'Map';

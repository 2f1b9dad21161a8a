import { canonicalJson } from '../canonical-json.ts';
import { parsedJson } from '../json.ts';

/** What differs between two definitions of a state machine. */
export interface DefinitionChange {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Whether anything else differs: the first state, a timeout, a comment. */
  readonly otherwise: boolean;
}

interface Machine {
  readonly States?: Readonly<Record<string, unknown>>;
}

const machineIn = (definition: string): Machine => (parsedJson(definition) ?? {}) as Machine;

/**
 * How the state machine has changed since an execution started; its redrive runs the definition of that time (T33).
 * @returns undefined if both mean the same; the order of fields does not matter
 */
export function definitionChange(before: string, now: string): DefinitionChange | undefined {
  if (before === now) return undefined;
  const { States: old = {}, ...oldRest } = machineIn(before);
  const { States: current = {}, ...currentRest } = machineIn(now);
  const change = {
    changed: Object.keys(old).filter(
      (name) => name in current && canonicalJson(old[name]) !== canonicalJson(current[name]),
    ),
    added: Object.keys(current).filter((name) => !(name in old)),
    removed: Object.keys(old).filter((name) => !(name in current)),
    otherwise: canonicalJson(oldRest) !== canonicalJson(currentRest),
  };
  const isSame = [change.changed, change.added, change.removed].every(({ length }) => length === 0);
  return isSame && !change.otherwise ? undefined : change;
}

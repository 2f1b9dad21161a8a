import { type EvidenceEntry, hashOf, originOf } from './chain.ts';

/** Something that is not as it was recorded. */
export interface EvidenceProblem {
  readonly kind:
    | 'unreadable'
    | 'changed'
    | 'missing'
    | 'reordered'
    | 'not-linked'
    /** It ends earlier than its last seal. */
    | 'truncated'
    /** Entries come after the last seal. */
    | 'not-covered'
    | 'not-sealed'
    /** A seal says something else than the entries, or is out of place. */
    | 'seal'
    | 'signature'
    | 'high-s'
    /** Nobody said which key must have signed. */
    | 'no-expected-key'
    | 'another-key'
    | 'another-state'
    /** The promotion can be redriven, and its record then goes on. */
    | 'may-go-on'
    /** A statement of where something comes from is missing or wrong. */
    | 'statement'
    | 'form';
  /** The entry that it concerns; 1 is the first. */
  readonly sequence?: number;
  /** For people: what is wrong, and where. */
  readonly message: string;
}

/** An entry as a file gives it: nothing of it is known to be right. */
export type ClaimedEntry = { readonly [Field in keyof EvidenceEntry]?: unknown };

const problem = (kind: EvidenceProblem['kind'], message: string, sequence?: number): EvidenceProblem => ({
  kind,
  message,
  ...(sequence === undefined ? {} : { sequence }),
});

/** Places in the ledger have six digits. */
const MAX_SEQUENCE = 999_999;

const isEntry = (entry: ClaimedEntry): entry is ClaimedEntry & EvidenceEntry =>
  Number.isSafeInteger(entry.sequence) &&
  Number(entry.sequence) > 0 &&
  Number(entry.sequence) <= MAX_SEQUENCE &&
  (['key', 'kind', 'at', 'previous'] as const).every((name) => typeof entry[name] === 'string') &&
  typeof entry.actor === 'object' &&
  typeof entry.what === 'object' &&
  entry.hash === hashOf(entry);

const described = ({ kind, at }: ClaimedEntry): string => `${String(kind)} of ${String(at)}`;

/** `4`, or `4 to 6`. */
const range = (from: number, to: number): string => (from === to ? `${from}` : `${from} to ${to}`);

/**
 * Checks that a record is whole: every entry as it was written, none missing, none moved, each linked to the one before.
 * @param upTo a seal's last entry: the record must reach it
 * @returns what is wrong, by place; nothing if all is right
 */
export function verifyChain(
  promotionId: string,
  entries: readonly ClaimedEntry[],
  upTo = 0,
): readonly EvidenceProblem[] {
  const problems: EvidenceProblem[] = [];
  /** Sequence that the next entry should have, as far as the ones before can be believed. */
  let expected = 1;
  let before: EvidenceEntry | undefined;
  let isAfterChange = false;
  const present = new Set(entries.filter(isEntry).map(({ sequence }) => sequence));
  /** @returns whether any of these is in no place of the file */
  const missing = (from: number, to: number, kind: 'missing' | 'truncated' = 'missing'): boolean => {
    const absent = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index).filter(
      (sequence) => !present.has(sequence),
    );
    const [first, last] = [absent[0], absent.at(-1)];
    if (first === undefined || last === undefined) return false;
    const which = absent.length === last - first + 1 ? range(first, last) : absent.join(', ');
    problems.push(
      problem(
        kind,
        absent.length === 1 ? `Entry ${which} is missing.` : `Entries ${which} are missing.`,
        first,
      ),
    );
    return true;
  };

  entries.forEach((entry, index) => {
    if (!isEntry(entry)) {
      problems.push(
        problem(
          'changed',
          `Entry ${expected} (${described(entry)}) was changed: its content does not give its hash ${String(entry.hash)}.`,
          expected,
        ),
      );
      expected += 1;
      before = undefined;
      isAfterChange = true;
      return;
    }
    const { sequence } = entry;
    if (sequence < expected) {
      const isTwice = entries.findIndex((other) => other.sequence === sequence) < index;
      problems.push(
        problem(
          'reordered',
          isTwice && entries.slice(0, index).some(({ hash }) => hash === entry.hash)
            ? `Entry ${sequence} (${described(entry)}) is there twice.`
            : `Entry ${sequence} (${described(entry)}) is out of order: it stands at place ${index + 1}.`,
          sequence,
        ),
      );
      before = undefined;
      isAfterChange = true;
      return;
    }
    if (sequence > expected) {
      if (!missing(expected, sequence - 1))
        problems.push(
          problem(
            'reordered',
            `Entry ${sequence} (${described(entry)}) is out of order: entry ${expected} belongs before it.`,
            sequence,
          ),
        );
    } else if (!isAfterChange) {
      const previous = before?.hash ?? originOf(promotionId);
      if (entry.previous !== previous)
        problems.push(
          problem(
            'not-linked',
            before === undefined
              ? `Entry ${sequence} (${described(entry)}) does not begin the record of ${promotionId}: it is another promotion's.`
              : `Entry ${sequence} (${described(entry)}) does not follow entry ${before.sequence}: one of the two was replaced.`,
            sequence,
          ),
        );
    }
    expected = sequence + 1;
    before = entry;
    isAfterChange = false;
  });
  if (upTo >= expected) missing(expected, upTo, 'truncated');
  return problems;
}

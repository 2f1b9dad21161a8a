import type { BadMark } from '../tasks/marks/bad-mark.ts';
import { badMarking, markText } from '../tasks/marks/mark-rules.ts';
import { askerName, shortCommit } from '../tasks/words.ts';
import type { Outcome } from './command-result.ts';
import { printable, table, time } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

type Commit = Pick<BadMark, 'application' | 'commitId'>;

/** Marks a commit bad. @throws UsageError for a reason that is empty or too long */
export async function markBad(
  system: Pick<System, 'markBad'>,
  commit: Commit,
  text: string,
): Promise<Outcome> {
  const reason = givenReason(text, 'why the commit is bad');
  const { kind, marking } = await system.markBad(commit, reason);
  const said = marking === undefined ? '' : `${printable(markText(commit.commitId, marking))}.`;
  return {
    text:
      kind === 'marked'
        ? `${said}\nIts promotions that wait end within five minutes. To unmark it takes another person.`
        : `Nothing changed: ${said}`,
    json: { ...commit, outcome: kind, marking },
  };
}

/**
 * Unmarks a commit.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError if it is not bad, or the same person marked it
 */
export async function unmarkBad(
  system: Pick<System, 'unmarkBad'>,
  commit: Commit,
  text: string,
): Promise<Outcome> {
  const reason = givenReason(text, 'why the commit is not bad');
  const ruling = await system.unmarkBad(commit, reason);
  if (ruling.kind === 'denied') throw new CommandError(ruling.message);
  return {
    text: `Unmarked commit ${shortCommit(commit.commitId)} of ${commit.application}: ${printable(reason)}\nTo promote it, push it again.`,
    json: { ...commit, outcome: 'unmarked', reason },
  };
}

/** Lists the commits of an application that are marked bad, or were. */
export async function listBad(
  { ledger }: { readonly ledger: Pick<System['ledger'], 'marks'> },
  application: string,
): Promise<Outcome> {
  const marks = await ledger.marks(application);
  const rows = marks.flatMap(({ commitId, markings }) =>
    markings.map(({ by, at, reason, unmarked }) => [
      shortCommit(commitId),
      unmarked === undefined ? 'bad' : `unmarked by ${printable(askerName(unmarked.by))}`,
      time(at),
      printable(askerName(by)),
      printable(reason),
    ]),
  );
  return {
    text:
      rows.length === 0
        ? `No commit of ${application} was marked bad.`
        : table([['COMMIT', 'STATE', 'MARKED', 'BY', 'REASON'], ...rows]),
    json: marks.map(({ isUnrecorded: _, ...mark }) => ({ ...mark, isBad: badMarking(mark) !== undefined })),
  };
}

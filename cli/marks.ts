import type { BadMark } from '../tasks/marks/bad-mark.ts';
import { badMarking, markText } from '../tasks/marks/mark-rules.ts';
import type { Environment } from '../tasks/payloads.ts';
import { readLive } from '../tasks/promotions/read-live.ts';
import { askerName, environmentTitles, listed, shortCommit } from '../tasks/words.ts';
import type { Outcome } from './command-result.ts';
import { printable, table, time } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

type Commit = Pick<BadMark, 'application' | 'commitId'>;

/** The environments that run a commit now. */
async function running(
  { ledger, now }: Pick<System, 'ledger' | 'now'>,
  { application, commitId }: Commit,
): Promise<readonly Environment[]> {
  const [live] = await readLive(ledger, [application], now());
  return (live?.environments ?? [])
    .filter(({ release }) => release?.commitId === commitId)
    .map(({ environment }) => environment);
}

const runsText = ({ application }: Commit, runIn: readonly Environment[]): string => {
  if (runIn.length === 0) return `Neither QAT nor Prod of ${application} runs it.`;
  const names = listed(runIn.map((one) => environmentTitles[one]));
  return `${names} of ${application} ${runIn.length === 1 ? 'runs' : 'run'} it.${runIn.includes('prod') ? ` To take it out of Prod: npm run lockstep -- go-back ${application} P --reason TEXT` : ''}`;
};

/** Marks a commit bad, and says where it runs. @throws UsageError for a reason that is empty or too long */
export async function markBad(
  system: Pick<System, 'markBad' | 'ledger' | 'now'>,
  commit: Commit,
  text: string,
): Promise<Outcome> {
  const reason = givenReason(text, 'why the commit is bad');
  const { kind, marking } = await system.markBad(commit, reason);
  const runIn = await running(system, commit);
  const said = marking === undefined ? '' : `${printable(markText(commit.commitId, marking))}.`;
  return {
    text:
      kind === 'marked'
        ? `${said}\nIts promotions that wait end within five minutes. To unmark it takes another person.\n${runsText(commit, runIn)}`
        : `Nothing changed: ${said}\n${runsText(commit, runIn)}`,
    json: { ...commit, outcome: kind, marking, runIn },
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

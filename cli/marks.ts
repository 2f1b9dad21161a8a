import { summaryOf } from '../tasks/lineage/lineage-text.ts';
import type { Question } from '../tasks/lineage/question.ts';
import { trace } from '../tasks/lineage/trace.ts';
import type { BadMark, BadSubject } from '../tasks/marks/bad-mark.ts';
import { markedPackage, subjectOf, subjectText } from '../tasks/marks/bad-subject.ts';
import type { Marked } from '../tasks/marks/mark-bad.ts';
import { badMarking, markText } from '../tasks/marks/mark-rules.ts';
import { hitBy } from '../tasks/marks/recall.ts';
import type { Environment } from '../tasks/payloads.ts';
import { readLive } from '../tasks/promotions/read-live.ts';
import { askerName, environmentTitles, listed } from '../tasks/words.ts';
import type { Outcome } from './command-result.ts';
import { evidenceReader } from './evidence.ts';
import { printable, table, time } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

type MarkSystem = Pick<System, 'markBad' | 'ledger' | 'now' | 'archive'>;
type Commit = Extract<Marked, { commitId: string }>;

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

const wayOut = (application: string): string =>
  `To take it out of Prod: npm run lockstep -- go-back ${application} P --reason TEXT`;

const runsText = ({ application }: Commit, runIn: readonly Environment[]): string => {
  if (runIn.length === 0) return `Neither QAT nor Prod of ${application} runs it.`;
  const names = listed(runIn.map((one) => environmentTitles[one]));
  return `${names} of ${application} ${runIn.length === 1 ? 'runs' : 'run'} it.${runIn.includes('prod') ? ` ${wayOut(application)}` : ''}`;
};

const questionAbout = (subject: Exclude<BadSubject, { commitId: string }>): Question =>
  'imageId' in subject ? { kind: 'image', id: subject.imageId } : markedPackage(subject.packageVersion);

/** What the mark of an image or package hits: what is live, what is in progress, and which releases Prod does not go back to any more. */
async function hitsOf(
  system: MarkSystem,
  marked: Exclude<Marked, { commitId: string }>,
): Promise<{ readonly runIn: readonly Environment[]; readonly sentences: readonly string[] }> {
  const { ledger } = system;
  const { application } = marked;
  const read = evidenceReader(system);
  const lineage = await trace(
    { ledger, applications: [application], read, now: system.now() },
    questionAbout(marked),
  );
  const mark: BadMark = { ...marked, markings: [] };
  const hit: string[] = [];
  const unknown: string[] = [];
  for (const { promotionId, commitId, status } of await ledger.openPromotions(application)) {
    if (status !== 'RUNNING') continue;
    try {
      if (await hitBy([mark], { ledger, readEvidence: read }, { promotionId, commitId }))
        hit.push(promotionId);
    } catch (error) {
      unknown.push(`${promotionId}: ${(error as Error).message}`);
    }
  }
  const runIn = lineage.live.map(({ release }) => release.environment);
  return {
    runIn,
    sentences: [
      ...summaryOf(lineage),
      ...lineage.live.map(({ release }) => `${environmentTitles[release.environment]} runs it.`),
      hit.length === 0
        ? 'No promotion in progress has it yet.'
        : `In progress, and recalled now: ${listed(hit)}.`,
      ...[...lineage.gaps.live, ...lineage.gaps.earlier, ...unknown].map((gap) => `Not known: ${gap}`),
      ...(runIn.includes('prod') ? [wayOut(application)] : []),
    ].map(printable),
  };
}

/** Marks something bad, and says what that hits. @throws UsageError for a reason that is empty or too long */
export async function markBad(system: MarkSystem, marked: Marked, text: string): Promise<Outcome> {
  const reason = givenReason(text, 'why it is bad');
  const { kind, marking } = await system.markBad(marked, reason);
  const hits = async () => {
    if (!('commitId' in marked)) return hitsOf(system, marked);
    const runIn = await running(system, marked);
    return { runIn, sentences: [runsText(marked, runIn)] };
  };
  const { runIn, sentences } = await hits();
  const said = marking === undefined ? '' : `${printable(markText(marked, marking))}.`;
  const where = sentences.join('\n');
  return {
    text:
      kind === 'marked'
        ? `${said}\nIts promotions that wait end within five minutes. To unmark it takes another person.\n${where}`
        : `Nothing changed: ${said}\n${where}`,
    json: { ...marked, outcome: kind, marking, runIn },
  };
}

/**
 * Unmarks something.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError if it is not bad, or the same person marked it
 */
export async function unmarkBad(
  system: Pick<System, 'unmarkBad'>,
  marked: Marked,
  text: string,
): Promise<Outcome> {
  const reason = givenReason(text, 'why it is not bad');
  const ruling = await system.unmarkBad(marked, reason);
  if (ruling.kind === 'denied') throw new CommandError(ruling.message);
  return {
    text: `Unmarked ${printable(subjectText(marked))} of ${marked.application}: ${printable(reason)}\n${'commitId' in marked ? 'To promote it, push it again.' : 'Promotions that it ended stay ended: push their commits again.'}`,
    json: { ...marked, outcome: 'unmarked', reason },
  };
}

/** Lists what of an application is marked bad, or was. */
export async function listBad(
  { ledger }: { readonly ledger: Pick<System['ledger'], 'marks'> },
  application: string,
): Promise<Outcome> {
  const marks = await ledger.marks(application);
  const rows = marks.flatMap((mark) =>
    mark.markings.map(({ by, at, reason, unmarked }) => [
      printable(subjectText(subjectOf(mark))),
      unmarked === undefined ? 'bad' : `unmarked by ${printable(askerName(unmarked.by))}`,
      time(at),
      printable(askerName(by)),
      printable(reason),
    ]),
  );
  return {
    text:
      rows.length === 0
        ? `Nothing of ${application} was marked bad.`
        : table([['WHAT', 'STATE', 'MARKED', 'BY', 'REASON'], ...rows]),
    json: marks.map(({ isUnrecorded: _, ...mark }) => ({ ...mark, isBad: badMarking(mark) !== undefined })),
  };
}

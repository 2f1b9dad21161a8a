import { deciderText, progressText } from '../tasks/approvals/decisions.ts';
import type { EvidenceEntry } from '../tasks/evidence/chain.ts';
import type { ClaimedEntry } from '../tasks/evidence/verify-chain.ts';
import type { Verification } from '../tasks/evidence/verify-evidence.ts';
import type { Denial, Promotion } from '../tasks/ledger/items.ts';
import type { Environment } from '../tasks/payloads.ts';
import type { PromotionRecord } from '../tasks/promotions/read-promotion.ts';
import type { Whereabouts } from '../tasks/promotions/whereabouts.ts';
import { adviceLines } from '../tasks/redrive/advice-text.ts';
import type { RedriveAdvice } from '../tasks/redrive/redrive-advice.ts';
import { beginningOf } from '../tasks/truncate-text.ts';
import { environmentTitles, shortCommit, utcTime } from '../tasks/words.ts';

/** A promotion with everything that `show` prints. */
interface ShownPromotion extends Omit<PromotionRecord, 'execution'> {
  readonly denials: readonly Denial[];
  readonly evidence: { readonly entries: number; readonly sealedUpTo: number };
  /** If it has ended without success. */
  readonly redrive?: RedriveAdvice;
}

/** Text from outside on one line: control characters, which could rewrite the terminal, become visible. */
export const printable = (text: string): string =>
  text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A time for people; nothing if there is none, and what a file claims as it stands if it is no time. */
export const time = (at: string | undefined): string =>
  at === undefined || Number.isNaN(Date.parse(at)) ? printable(at ?? '') : utcTime(at);

/** The beginning of a text that is longer than so many characters. */
export const cut = (text: string, most: number): string =>
  text.length > most ? `${beginningOf(text, most - 1)}…` : text;

/** Columns, each as wide as its widest cell. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, column) => Math.max(known[column] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** The status; of a superseded or stale promotion with the newer commit, of one in progress with where it is. */
const statusText = ({ status, supersededBy }: Promotion, whereabouts: Whereabouts | undefined): string => {
  if (whereabouts !== undefined) return `${status}, ${whereabouts.text}`;
  return supersededBy === undefined ? status : `${status} by ${shortCommit(supersededBy.commitId)}`;
};

/** The list of promotions. @param whereabouts of those in progress, by id */
export const promotionsText = (
  promotions: readonly Promotion[],
  whereabouts: ReadonlyMap<string, Whereabouts> = new Map(),
): string =>
  promotions.length === 0
    ? 'There are no promotions.'
    : table([
        ['STARTED', 'STATUS', 'REDRIVES', 'COMMIT', 'MESSAGE', 'PROMOTION'],
        ...promotions.map((promotion) => [
          time(promotion.startedAt),
          statusText(promotion, whereabouts.get(promotion.promotionId)),
          String(promotion.redrives),
          shortCommit(promotion.commitId),
          cut(printable(promotion.commitMessage), 40),
          promotion.promotionId,
        ]),
      ]);

/** `name (attempt 2)`; the first attempt is not numbered. */
const attempted = (name: string, attempt: number): string =>
  attempt === 1 ? name : `${name} (attempt ${attempt})`;

const indented = (title: string, text: string): string =>
  text === '' ? '' : `\n\n${title}\n${text.replace(/^/gm, '  ')}`;

/** One promotion. */
export function promotionText(record: ShownPromotion): string {
  const { promotion, jobs, approvals, denials, evidence, redrive } = record;
  const facts = [
    ['Promotion', promotion.promotionId],
    ['Status', `${promotion.status}${promotion.redrives > 0 ? `, redriven ${promotion.redrives} ×` : ''}`],
    ['Commit', `${promotion.commitId} ${printable(promotion.commitMessage)}`.trim()],
    ['Author', printable(`${promotion.commitAuthor} <${promotion.commitAuthorEmail}>`)],
    promotion.goBack
      ? [
          'Goes back',
          `to ${promotion.goBack.to}, asked by ${printable(promotion.pushedBy)}: ${printable(promotion.goBack.reason)}`,
        ]
      : ['Pushed', `to ${printable(promotion.branch)} by ${printable(promotion.pushedBy)}`],
    ['Started', `${time(promotion.startedAt)}`],
    ...(promotion.endedAt ? [['Ended', `${time(promotion.endedAt)}`]] : []),
    ...Object.entries(promotion.images).map(([environment, id]) => [
      `${environmentTitles[environment as Environment]} image`,
      id,
    ]),
    ...Object.entries(promotion.deployments).map(([environment, id]) => [
      `${environmentTitles[environment as Environment]} deployment`,
      id,
    ]),
    ...(promotion.prodRestored
      ? [['Prod', `restored to ${promotion.prodRestored.imageId}, ${time(promotion.prodRestored.at)}`]]
      : []),
    ...(promotion.error ? [['Error', printable(promotion.error)]] : []),
    ['Evidence', `${evidence.entries} entries, ${sealedText(evidence.sealedUpTo, evidence.entries)}`],
  ];
  const jobRows = jobs.map((job) => [
    attempted(job.state, job.attempt),
    job.status,
    time(job.startedAt),
    time(job.endedAt),
    job.error ?? printable(job.imageChoice?.sentence ?? ''),
  ]);
  const approvalRows = approvals.map((approval) => [
    attempted(approval.state, approval.attempt),
    approval.status,
    time(approval.requestedAt),
    time(approval.decisions.at(-1)?.at),
    printable(
      [
        progressText(approval),
        ...approval.decisions.map((one) =>
          [deciderText(one), one.decision === 'reject' && 'rejected', one.comment].filter(Boolean).join(': '),
        ),
      ]
        .filter(Boolean)
        .join('; '),
    ),
  ]);
  const denialRows = denials.map(({ at, lastAt, count, role, person, reason }) => [
    time(at),
    printable(person.name),
    `as ${role}`,
    reason,
    count > 1 ? `${count} times, last ${time(lastAt)}` : '',
  ]);
  return (
    table(facts) +
    indented('Jobs', table(jobRows)) +
    indented('Approvals', table(approvalRows)) +
    indented('Denied attempts to decide', table(denialRows)) +
    indented('Cause', (promotion.cause ?? '').split('\n').map(printable).join('\n')) +
    indented('Redrive', redrive === undefined ? '' : adviceLines(redrive).map(printable).join('\n'))
  );
}

const sealedText = (sealedUpTo: number, entries: number): string => {
  if (sealedUpTo === 0) return 'not signed yet';
  return sealedUpTo >= entries ? 'all signed' : `signed up to ${sealedUpTo}`;
};

/** A promotion as JSON; task tokens never leave the ledger. */
export const promotionJson = ({
  promotion,
  jobs,
  approvals,
  denials,
  evidence,
  redrive,
}: ShownPromotion) => ({
  promotion,
  jobs: jobs.map(({ taskToken: _, completedToken: __, clientToken: ___, ...job }) => job),
  approvals: approvals.map(({ taskToken: _, completedToken: __, ...approval }) => approval),
  denials,
  evidence,
  ...(redrive && { redrive }),
});

const entryText = (entry: ClaimedEntry): string => {
  const { sequence, at, kind, actor, what = {} } = entry as Partial<EvidenceEntry>;
  const who =
    actor?.type === 'person' ? actor.name : actor?.type === 'identity' ? actor.arn : String(actor?.type);
  const details = [what.state ?? what.role, what.decision ?? what.reason ?? what.status].filter(Boolean);
  const attempts = Number(what.attempts) > 1 ? `, ${what.attempts} times by then` : '';
  const about = details.length === 0 ? '' : ` (${details.join(': ')}${attempts})`;
  return printable(`${String(sequence).padStart(4)}  ${time(String(at))}  ${String(kind)} by ${who}${about}`);
};

/** What checking a record found. */
export function verificationText(file: string, verification: Verification): string {
  const { promotionId, entries, problems, sealedUpTo, sealedAt, state, statements, key } = verification;
  if (problems.length > 0)
    return [
      `${file} is NOT verified as a complete, sealed record:`,
      ...problems.map(({ message }) => `- ${printable(message)}`),
      ...(key ? [`Key in the file: ${printable(key.arn)}, fingerprint ${key.fingerprint}`] : []),
    ].join('\n');
  return [
    `${file} is complete and as it was recorded: promotion ${printable(promotionId)}, ${entries.length} entries.`,
    '',
    ...entries.map(entryText),
    '',
    `Ended:       ${state}`,
    `Signed:      entries 1 to ${sealedUpTo}, ${time(sealedAt)}`,
    `Statements:  ${statements} of where images and archives come from, signed by the same key`,
    `Key:         ${printable(key?.arn ?? '')}`,
    `Fingerprint: ${key?.fingerprint}, as expected`,
  ].join('\n');
}

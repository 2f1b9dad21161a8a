import { makersOf } from '../../tasks/approvals/makers.ts';
import { pushedAt, pushesOf, recordsSince } from '../../tasks/approvals/pushes.ts';
import { readChange } from '../../tasks/approvals/read-change.ts';
import { makersBy } from '../../tasks/approvals/same-maker.ts';
import type { Finding } from '../../tasks/appspec/revision.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { Ledger } from '../../tasks/ledger/ledger.ts';
import { containedBad } from '../../tasks/marks/mark-rules.ts';
import { leadsTo } from '../../tasks/promotions/leads-to.ts';
import type { ChangedFile, Source } from '../../tasks/source/source.ts';
import { checkFiles } from '../check/check.ts';
import {
  type CommitPlace,
  PLANNED_ID,
  type PlanFacts,
  type PlannedChange,
  plannedPromotion,
} from './facts.ts';
import type { PlanSources } from './plan-sources.ts';

/** Files that are compared: as many as a review compares. */
const MOST_DIFFERENCES = 2000;
/** How long a change is read, in ms. */
const MOST_READING = 2 * 60_000;
/** Files whose names are read to see whether scripts are there. */
const MOST_FILES = 20_000;

/** Where a commit is, seen from the promoted branch. */
export async function placeOf({ head, commits }: Source, commitId: string): Promise<CommitPlace> {
  const [found] = await commits([commitId]);
  if (found === undefined) return 'missing';
  const held = await head();
  if (held === undefined) return 'ahead';
  if (held === commitId) return 'head';
  if (await leadsTo(commits, commitId, held)) return 'passed';
  return (await leadsTo(commits, held, commitId)) ? 'ahead' : 'apart';
}

/** What a review counts of files, undefined if there are more than it reads. */
const counted = (files: readonly ChangedFile[]): PlannedChange['fileCount'] => {
  const count = (change: ChangedFile['change']) => files.filter((file) => file.change === change).length;
  return files.length >= MOST_DIFFERENCES
    ? undefined
    : { added: count('added'), changed: count('changed'), removed: count('removed') };
};

/** What a promotion brings, and who made it, as approvers would be told. @param own the promotion that it would be */
export async function readPlannedChange(
  { source, kept, names }: PlanSources & { readonly source: Source },
  ledger: Pick<Ledger, 'promotion' | 'promotions' | 'marks'>,
  own: Promotion,
  { live, latest }: Pick<PlanFacts, 'live' | 'latest'>,
): Promise<Required<Pick<PlanFacts, 'change' | 'request'>>> {
  const { application, commitId } = own;
  const until = Date.now() + MOST_READING;
  const records = await readChange(
    { commits: source.commits, kept, isTimeUp: () => Date.now() > until },
    commitId,
    live?.commitId,
  );
  const [files, all, marks] = await Promise.all([
    source.differences(live?.commitId, commitId, MOST_DIFFERENCES),
    source.pushes?.(recordsSince(own, live)) ?? [],
    ledger.marks(application),
  ]);
  const pushes = await pushesOf(ledger, { promotionId: PLANNED_ID, application }, live, records, { all });
  const changed = new Set(records.map((record) => record.commitId));
  const fileCount = counted(files);
  // Who pushes it next is not known; who pushed it before is a maker already.
  const pushedBy = latest?.pushedBy ?? '';
  return {
    change: {
      commitCount: records.length,
      bad: containedBad(marks, changed),
      ...(fileCount && { fileCount }),
    },
    request: {
      candidate: { pushedBy },
      review: makersBy(
        names,
        makersOf(records, pushedBy === '' ? pushes : [{ commitId, pushedBy }, ...pushes]),
      ),
    },
  };
}

/** When a promotion counts as pushed that begins now; of a commit that the branch has gone on from, when it was. */
export const plannedPush = (place: CommitPlace, latest: Promotion | undefined, now: Date): string =>
  place === 'passed' && latest !== undefined ? pushedAt(latest) : now.toISOString();

/** The planned promotion. */
export const ownOf = (
  { settings }: PlanSources,
  { application, commitId, now }: Pick<PlanFacts, 'application' | 'commitId' | 'now'>,
  pushed: string,
): Promotion => plannedPromotion(application, commitId, settings.branch, now, pushed);

/** What CodeDeploy would fail at in a commit's files. Of these only the AppSpec file is read. */
export async function readFaults(
  {
    source,
    file,
  }: PlanSources & { readonly source: Source; readonly file: NonNullable<PlanSources['file']> },
  commitId: string,
): Promise<readonly Finding[]> {
  const listed = await source.differences(undefined, commitId, MOST_FILES);
  if (listed.length >= MOST_FILES) throw new Error(`the commit has ${MOST_FILES} files or more`);
  const name = ['appspec.yml', 'appspec.yaml'].find((one) => listed.some(({ path }) => path === one));
  const bytes = name === undefined ? undefined : await file(commitId, name);
  const files = listed.map(({ path }) => ({
    path,
    size: 0,
    isExecutable: true,
    ...(path === name && bytes && { text: Buffer.from(bytes).toString('utf8') }),
  }));
  // Ports, tools and users are compared by `check`, which has the files' texts.
  const application = {
    name: '',
    port: 0,
    healthCheckPath: '',
    runtime: '',
    packages: [],
    hasOwnImage: true,
  };
  const findings = await checkFiles(files, application, () => bytes ?? new Uint8Array());
  return findings.filter(({ severity }) => severity === 'error');
}

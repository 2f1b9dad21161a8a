import { asksAboutImage } from '../approvals/image-approval.ts';
import { type Held, heldAt, heldText } from '../calendar/hold-rules.ts';
import { type CalendarLedger, heldPromotion, readHoldSources } from '../calendar/read-held.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import { mayNeedRestoring } from '../prod-fleet/restore-prod.ts';
import { commitTitle, environmentTitles, roleTitles, shortCommit } from '../words.ts';
import type { EnvironmentLock, LockHolder, PromotionReference } from './environment-lock.ts';

/** A promotion that holds a lock or waits for it, as pages show it. */
export interface LockViewEntry extends PromotionReference {
  /** First line of the commit's message. */
  readonly title: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The promotion that holds the lock. */
export interface HolderView extends LockViewEntry {
  /** `awaiting-decision`: a person decides. `restoring`: it has failed, and Prod is being restored. `ended`: the lock passes on in a moment. */
  readonly kind: 'working' | 'awaiting-decision' | 'restoring' | 'ended';
  /** In a few words, as the predicate of a sentence. */
  readonly doing: string;
}

/** A promotion in the queue. */
export interface QueueEntryView extends LockViewEntry {
  /** 1 is next. */
  readonly place: number;
  /** The promotion directly before it. */
  readonly behind?: PromotionReference;
  /** What it waits for, in one sentence. */
  readonly because: string;
  /** If the calendar keeps it from the lock: others may pass it. */
  readonly held?: Held;
}

/** Which promotion holds an environment of an application, and which wait for it, in order. */
export interface LockView {
  readonly application: string;
  readonly environment: Environment;
  readonly holder?: HolderView;
  /** If the calendar holds the environment: promotions that ask for the lock wait. */
  readonly frozen?: Held;
  readonly waiting: readonly QueueEntryView[];
}

/** What is known of a lock's promotions. */
interface LockViewSources {
  readonly promotions: ReadonlyMap<string, Promotion>;
  /** All of the holder. */
  readonly jobs: readonly Job[];
  /** All of the holder. */
  readonly approvals: readonly Approval[];
  /** What the calendar holds: the environment, and promotions that wait, by id. */
  readonly frozen?: Held | undefined;
  readonly held?: ReadonlyMap<string, Held>;
}

const entryOf = (
  { promotionId, commitId, since }: PromotionReference & { since: string },
  background: LockViewSources,
): LockViewEntry => ({
  promotionId,
  commitId,
  title: commitTitle({
    commitId,
    commitMessage: background.promotions.get(promotionId)?.commitMessage ?? '',
  }),
  since,
});

const activityOf = (
  environment: Environment,
  holder: LockHolder,
  { promotions, jobs, approvals }: LockViewSources,
): Pick<HolderView, 'kind' | 'doing'> => {
  const promotion = promotions.get(holder.promotionId);
  const status = promotion?.status ?? 'RUNNING';
  if (environment === 'prod' && promotion && status !== 'RUNNING' && mayNeedRestoring(promotion))
    return { kind: 'restoring', doing: 'has failed; Prod is being restored' };
  if (status !== 'RUNNING') return { kind: 'ended', doing: 'has ended and releases the lock' };
  const asked = approvals.find(
    (approval) => approval.status === 'PENDING' && asksAboutImage(approval) === (environment === 'prod'),
  );
  if (asked !== undefined)
    return {
      kind: 'awaiting-decision',
      doing: `waits for ${roleTitles[asked.role]} to decide${environment === 'prod' ? ' about the Prod image' : ''}`,
    };
  const latest = jobs.findLast(({ startedAt }) => Date.parse(startedAt) >= Date.parse(holder.since));
  if (latest === undefined) return { kind: 'working', doing: 'is about to start' };
  const isUnderWay = latest.status === 'STARTING' || latest.status === 'RUNNING';
  return { kind: 'working', doing: isUnderWay ? `is at ${latest.state}` : `has left ${latest.state}` };
};

const reasonFor = (lock: EnvironmentLock, place: number, holder: HolderView | undefined): string => {
  const name = environmentTitles[lock.environment];
  if (place > 1)
    return lock.environment === 'prod'
      ? 'Promotions go to Prod one at a time, in the order in which PMO approved them.'
      : 'Only the newest promotion that waits for QAT goes on.';
  if (holder === undefined) return `${name} is free. This promotion acquires it in a moment.`;
  const commit = shortCommit(holder.commitId);
  switch (holder.kind) {
    case 'awaiting-decision':
      return lock.environment === 'prod'
        ? `${commit} holds Prod until QC and PMO have decided about its Prod image.`
        : `${commit} holds ${name} until QC has decided.`;
    case 'restoring':
      return `${name} is being restored after ${commit}.`;
    case 'ended':
      return `${commit} has ended and releases ${name} in a moment.`;
    case 'working':
      return `${commit} is being built, deployed or verified.`;
  }
};

/** What pages show of a lock. */
export function lockView(lock: EnvironmentLock, background: LockViewSources): LockView {
  const { application, environment, holder, waiting } = lock;
  const entry: HolderView | undefined = holder && {
    ...entryOf(holder, background),
    ...activityOf(lock.environment, holder, background),
  };
  return {
    application,
    environment,
    ...(entry && { holder: entry }),
    ...(background.frozen && { frozen: background.frozen }),
    waiting: waiting.map((one, index): QueueEntryView => {
      const before = waiting[index - 1] ?? holder;
      const held = background.held?.get(one.promotionId);
      return {
        ...entryOf(one, background),
        place: index + 1,
        ...(before && { behind: { promotionId: before.promotionId, commitId: before.commitId } }),
        because: held === undefined ? reasonFor(lock, index + 1, entry) : `${heldText(held)}.`,
        ...(held && { held }),
      };
    }),
  };
}

/** Reads both locks of an application as pages show them. */
export const readLockViews = async (
  ledger: Pick<Ledger, 'lock' | 'promotion' | 'jobs' | 'approvals'> & CalendarLedger,
  application: string,
  now: Date,
): Promise<readonly LockView[]> => {
  const sources = await readHoldSources(ledger, application);
  return Promise.all(
    (['qat', 'prod'] as const).map(async (environment) => {
      const lock = await ledger.lock(application, environment);
      const { holder, waiting } = lock;
      const ids = [...(holder ? [holder] : []), ...waiting].map(({ promotionId }) => promotionId);
      const [promotions, jobs, approvals, held] = await Promise.all([
        Promise.all(ids.map((id) => ledger.promotion(id))),
        holder ? ledger.jobs(holder.promotionId) : [],
        holder ? ledger.approvals(holder.promotionId) : [],
        Promise.all(
          waiting.map(async ({ promotionId }) => ({
            promotionId,
            held: await heldPromotion(ledger, sources, environment, promotionId, now),
          })),
        ),
      ]);
      return lockView(lock, {
        promotions: new Map(promotions.flatMap((one) => (one ? [[one.promotionId, one]] : []))),
        jobs,
        approvals,
        frozen: heldAt(sources, environment, now),
        held: new Map(held.flatMap((one) => (one.held ? [[one.promotionId, one.held]] : []))),
      });
    }),
  );
};

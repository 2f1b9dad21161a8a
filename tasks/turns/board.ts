import { roleTitles } from '../approvals/rules.ts';
import type { Approval, Job, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import { mayNeedRestoring } from '../prod-fleet/restore-prod.ts';
import { environmentTitles } from './texts.ts';
import type { Rival, Turn, TurnHolder } from './turn.ts';

/** A promotion that has a turn or waits for one, as people are shown it. */
export interface Seat extends Rival {
  /** First line of what the commit says. */
  readonly title: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The promotion whose turn it is. */
export interface HolderSeat extends Seat {
  /** `asks`: a person decides. `leaves`: it has failed, and Prod is put in order. `ended`: the turn passes on in a moment. */
  readonly kind: 'works' | 'asks' | 'leaves' | 'ended';
  /** In a few words, as the predicate of a sentence. */
  readonly doing: string;
}

/** A promotion in the queue. */
export interface WaitingSeat extends Seat {
  /** 1 is next. */
  readonly place: number;
  /** Whom it waits for: who is before it. */
  readonly behind?: Rival;
  /** What it waits for, in one sentence. */
  readonly because: string;
}

/** Who has an environment of an application, and who waits for it, in order. */
export interface TurnBoard {
  readonly application: string;
  readonly environment: Environment;
  readonly holder?: HolderSeat;
  readonly waiting: readonly WaitingSeat[];
}

/** What is known of the promotions that a turn names. */
export interface TurnBackground {
  readonly promotions: ReadonlyMap<string, Promotion>;
  /** All of the holder. */
  readonly jobs: readonly Job[];
  /** All of the holder. */
  readonly approvals: readonly Approval[];
}

const seatOf = (
  { promotionId, commitId, since }: Rival & { since: string },
  background: TurnBackground,
): Seat => ({
  promotionId,
  commitId,
  title:
    background.promotions.get(promotionId)?.commitMessage.split('\n', 1)[0]?.trim() ||
    `Commit ${commitId.slice(0, 8)}`,
  since,
});

const activityOf = (
  environment: Environment,
  holder: TurnHolder,
  { promotions, jobs, approvals }: TurnBackground,
): Pick<HolderSeat, 'kind' | 'doing'> => {
  const promotion = promotions.get(holder.promotionId);
  const status = promotion?.status ?? 'RUNNING';
  if (environment === 'prod' && promotion && status !== 'RUNNING' && mayNeedRestoring(promotion))
    return { kind: 'leaves', doing: 'has failed; Prod is being put in order' };
  if (status !== 'RUNNING') return { kind: 'ended', doing: 'has ended; the turn passes on' };
  const asked = approvals.find((approval) => approval.status === 'PENDING');
  if (asked !== undefined) return { kind: 'asks', doing: `waits for ${roleTitles[asked.role]} to decide` };
  const latest = jobs.findLast(({ startedAt }) => Date.parse(startedAt) >= Date.parse(holder.since));
  if (latest === undefined) return { kind: 'works', doing: 'is about to start' };
  const isUnderWay = latest.status === 'STARTING' || latest.status === 'RUNNING';
  return { kind: 'works', doing: isUnderWay ? `is at ${latest.state}` : `has left ${latest.state}` };
};

const reasonFor = (turn: Turn, place: number, holder: HolderSeat | undefined): string => {
  const name = environmentTitles[turn.environment];
  if (place > 1)
    return turn.environment === 'prod'
      ? 'One after the other goes to Prod, in the order in which PMO approved.'
      : 'Of those that wait for QAT, the newest goes on.';
  if (holder === undefined) return `${name} is free: its turn comes in a moment.`;
  const commit = holder.commitId.slice(0, 8);
  switch (holder.kind) {
    case 'asks':
      return `${commit} is on ${name} until QC has decided.`;
    case 'leaves':
      return `${name} is put in order after ${commit}.`;
    case 'ended':
      return `${commit} has ended: its turn comes in a moment.`;
    case 'works':
      return `${commit} is being built, deployed or verified.`;
  }
};

/** What people are shown of a turn. */
export const turnBoard = (turn: Turn, background: TurnBackground): TurnBoard => {
  const { application, environment, holder, waiting } = turn;
  const seat: HolderSeat | undefined = holder && {
    ...seatOf(holder, background),
    ...activityOf(turn.environment, holder, background),
  };
  return {
    application,
    environment,
    ...(seat && { holder: seat }),
    waiting: waiting.map((one, index): WaitingSeat => {
      const before = waiting[index - 1] ?? holder;
      return {
        ...seatOf(one, background),
        place: index + 1,
        ...(before && { behind: { promotionId: before.promotionId, commitId: before.commitId } }),
        because: reasonFor(turn, index + 1, seat),
      };
    }),
  };
};

/** Reads who has both environments of an application, and who waits. */
export const readTurnBoards = async (
  ledger: Pick<Ledger, 'turn' | 'promotion' | 'jobs' | 'approvals'>,
  application: string,
): Promise<readonly TurnBoard[]> =>
  Promise.all(
    (['qat', 'prod'] as const).map(async (environment) => {
      const turn = await ledger.turn(application, environment);
      const { holder, waiting } = turn;
      const ids = [...(holder ? [holder] : []), ...waiting].map(({ promotionId }) => promotionId);
      const [promotions, jobs, approvals] = await Promise.all([
        Promise.all(ids.map((id) => ledger.promotion(id))),
        holder ? ledger.jobs(holder.promotionId) : [],
        holder ? ledger.approvals(holder.promotionId) : [],
      ]);
      return turnBoard(turn, {
        promotions: new Map(promotions.flatMap((one) => (one ? [[one.promotionId, one]] : []))),
        jobs,
        approvals,
      });
    }),
  );

import { hasExpired } from '../approvals/rules.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import type { Standing } from './rules.ts';
import type { Contender, TurnHolder } from './turn.ts';

/** How an execution stands, by Step Functions or by the ledger. */
export interface ExecutionStanding {
  readonly status: string;
  readonly redrives: number;
}

/** Step Functions may not describe an execution that has just started; it keeps one for 90 days. In ms. */
const JUST_STARTED = 24 * 3_600_000;

/**
 * Whether an execution runs. What is described with fewer redrives than the promotion had when it took or confirmed its turn
 * is from before the last of them.
 * @param execution undefined if there is none of that name
 */
export const isUnderWay = (
  { redrives, startedAt }: Pick<Contender, 'redrives' | 'startedAt'>,
  execution: ExecutionStanding | undefined,
  now: Date,
): boolean =>
  execution === undefined
    ? now.getTime() - Date.parse(startedAt) < JUST_STARTED
    : execution.status === 'RUNNING' || execution.redrives < redrives;

/** How the holder of a turn stands. @param execution asks for its execution */
export const standingOf = async (
  { ledger, now }: { readonly ledger: Pick<Ledger, 'latestApproval'>; readonly now: () => Date },
  environment: Environment,
  holder: TurnHolder,
  execution: (holder: TurnHolder) => Promise<ExecutionStanding | undefined>,
): Promise<Standing> => {
  if (holder.leavingUntil !== undefined) return 'ended';
  const found = await execution(holder);
  if (!isUnderWay(holder, found, now())) return found?.status === 'SUCCEEDED' ? 'done' : 'ended';
  if (environment === 'prod') return 'works';
  const asked = await ledger.latestApproval(holder.promotionId, 'qc');
  if (asked?.decision !== undefined || asked?.supersededBy !== undefined) return 'done';
  return asked?.status === 'PENDING' && !hasExpired(asked, now()) ? 'asks' : 'works';
};

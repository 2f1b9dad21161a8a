import type { Environment } from '../payloads.ts';
import { contenderOf } from '../turns/live.ts';
import { admission, askedFor, nextTurnStep } from '../turns/rules.ts';
import type { Stage } from '../turns/stage.ts';
import type { AdmissionError, Contender, Rival, Turn, TurnWaiter } from '../turns/turn.ts';
import type { RedriveCircumstances, TurnSeen } from './circumstances.ts';
import type { ResumePoint } from './resume.ts';

/** What a redrive would meet when it comes to its turn. */
export interface TurnStanding {
  readonly environment: Environment;
  /**
   * `has` and `takes`: it goes on. `waits`: it goes on when its turn comes. `tries`: it tries again while Prod is put in order.
   * `taken`: it fails. `changed`: it fails each time. `stale` and `superseded`: it ends for good.
   */
  readonly kind: 'has' | 'takes' | 'waits' | 'tries' | 'taken' | 'changed' | 'stale' | 'superseded';
  /** Whom it waits, or ends, for. */
  readonly by?: Rival;
}

/** What becomes of a promotion that asks for a turn: the steps that settling takes next, until it is decided. */
const asking = (
  { turn, holder }: TurnSeen,
  contender: Contender,
  { newerInProd: live, now }: RedriveCircumstances,
): Omit<TurnStanding, 'environment'> => {
  const waiter: TurnWaiter = { ...contender, since: now.toISOString(), taskToken: 'of the redrive' };
  let current: Turn = askedFor(turn, waiter);
  for (;;) {
    const { holder: next, waiting, dismissed } = current;
    const own = dismissed.find(({ promotionId }) => promotionId === contender.promotionId);
    if (own !== undefined)
      return {
        kind: own.error === 'TurnTaken' ? 'taken' : own.error === 'Stale' ? 'stale' : 'superseded',
        by: own.by,
      };
    if (next?.promotionId === contender.promotionId) return { kind: 'takes' };
    const step = nextTurnStep(current, {
      // Whoever has got it in the meantime has yet to begin.
      holder: next?.promotionId === turn.holder?.promotionId ? holder : 'works',
      gone: new Set(),
      whenNewer: 'wait',
      live,
      now,
    });
    if (step.do === 'tell' || step.do === 'write') current = step.after;
    else {
      const place = waiting.findIndex(({ promotionId }) => promotionId === contender.promotionId);
      const before = waiting[place - 1] ?? next;
      return { kind: 'waits', ...(before && { by: before }) };
    }
  }
};

const kinds: Readonly<Record<AdmissionError, TurnStanding['kind']>> = {
  TurnTaken: 'taken',
  Stale: 'stale',
  QatChanged: 'changed',
};

/** What a state meets that works on an environment. */
const working = (
  { turn, holder }: TurnSeen,
  contender: Contender,
  stage: Stage,
  { newerInProd: live, now }: RedriveCircumstances,
): Omit<TurnStanding, 'environment'> => {
  const may = admission(turn, contender, stage, { holder, live, now });
  if (may.do === 'fail') return { kind: kinds[may.error], by: may.by };
  if (may.do === 'try again') return { kind: 'tries', by: may.by };
  return { kind: turn.holder?.promotionId === contender.promotionId ? 'has' : 'takes' };
};

/**
 * What a redrive would meet when it comes to its turn, by the rules that the turns are settled by.
 * @returns undefined if the state needs none, or nothing is known of it
 */
export const turnStanding = (
  circumstances: RedriveCircumstances,
  point: ResumePoint | undefined,
): TurnStanding | undefined => {
  const { promotion, execution, turns, newerInProd, approvals } = circumstances;
  const seen = turns.find(({ turn }) => turn.environment === point?.environment);
  const contender = contenderOf(promotion, (execution?.redrives ?? promotion.redrives) + 1);
  if (point?.stage === undefined) return undefined;
  // What is decided is only told.
  if (approvals.findLast(({ state }) => state === point.state)?.decision !== undefined) return undefined;
  const met =
    seen &&
    (point.work === 'turn'
      ? asking(seen, contender, circumstances)
      : working(seen, contender, point.stage, circumstances));
  // Nobody is asked about what Prod is past already.
  if (
    point.work === 'approval' &&
    newerInProd !== undefined &&
    met?.kind !== 'taken' &&
    met?.kind !== 'changed'
  )
    return { environment: 'prod', kind: 'superseded', by: newerInProd };
  return met && seen && { environment: seen.turn.environment, ...met };
};

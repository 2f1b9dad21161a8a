import type { Held } from '../calendar/hold-rules.ts';
import type { EnvironmentLock } from '../environment-locks/environment-lock.ts';
import type { HolderStatus, OrderedPromotion } from '../environment-locks/lock-rules.ts';
import type { PromotionRecord } from '../promotions/read-promotion.ts';

/** An environment's lock, and the status of its holder. */
export interface LockSeen {
  readonly lock: EnvironmentLock;
  /** Absent if nobody holds it. */
  readonly holder?: HolderStatus;
  /** Those that the calendar keeps from it: of the promotions that wait for it, and this one. */
  readonly held: ReadonlyMap<string, Held>;
}

/** What advice is given on. */
export interface RedriveContext extends PromotionRecord {
  readonly locks: readonly LockSeen[];
  /** The newest promotion that was deployed to Prod, if it is newer than this one. */
  readonly newerInProd?: OrderedPromotion;
  /** Of the application's configuration as it is deployed now. @default not known, so not compared */
  readonly configurationVersion?: string;
  /** Who marked its commit bad and why, if it is bad. */
  readonly bad?: string;
  readonly now: Date;
}

import { causeText } from '../failure-cause.ts';
import {
  ENVIRONMENT_FROZEN,
  ENVIRONMENT_LOCKED,
  ENVIRONMENT_RESTORING,
  QAT_CHANGED,
  STALE,
  SUPERSEDED,
} from '../payloads.ts';
import type { PromotionReference } from './environment-lock.ts';

/** Its message is a cause that `readCause` reads. */
class EndedByNewerError extends Error {
  constructor(cause: string, supersededBy: PromotionReference) {
    super(causeText({ cause, supersededBy }));
  }
}

/** A newer promotion took this one's place. */
export class SupersededError extends EndedByNewerError {
  override readonly name = SUPERSEDED;
}

/** Prod runs a newer commit. */
export class StaleError extends EndedByNewerError {
  override readonly name = STALE;
}

/** Another promotion holds the lock. */
export class EnvironmentLockedError extends Error {
  override readonly name = ENVIRONMENT_LOCKED;
}

/** The calendar holds the environment. */
export class EnvironmentFrozenError extends Error {
  override readonly name = ENVIRONMENT_FROZEN;
}

/** Another promotion has pointed QAT at its image since. */
export class QatChangedError extends Error {
  override readonly name = QAT_CHANGED;
}

/** Prod is being restored after a promotion that failed there. */
export class EnvironmentRestoringError extends Error {
  override readonly name = ENVIRONMENT_RESTORING;
}

import { ENVIRONMENT_LOCKED, ENVIRONMENT_RESTORING, QAT_CHANGED, STALE, SUPERSEDED } from '../payloads.ts';

/** A newer promotion took this one's place. */
export class SupersededError extends Error {
  override readonly name = SUPERSEDED;
}

/** Prod runs a newer commit. */
export class StaleError extends Error {
  override readonly name = STALE;
}

/** Another promotion has the turn. */
export class EnvironmentLockedError extends Error {
  override readonly name = ENVIRONMENT_LOCKED;
}

/** Another promotion has pointed QAT at its image since. */
export class QatChangedError extends Error {
  override readonly name = QAT_CHANGED;
}

/** Prod is put in order after a promotion that failed there. */
export class EnvironmentRestoringError extends Error {
  override readonly name = ENVIRONMENT_RESTORING;
}

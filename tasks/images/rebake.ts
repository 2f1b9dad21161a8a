import type { Asker } from '../payloads.ts';

/** Somebody wants an application's next images to be built, also if an earlier one is equal. The last time counts. */
export interface Rebake {
  readonly application: string;
  readonly askedBy: Asker;
  /** ISO 8601. */
  readonly at: string;
}

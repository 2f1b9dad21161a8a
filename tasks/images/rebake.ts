import type { Asker } from '../payloads.ts';

/** Somebody wants an application's next images to be built, whatever an earlier one equals. The last time counts. */
export interface Rebake {
  readonly application: string;
  readonly askedBy: Asker;
  /** ISO 8601. */
  readonly at: string;
}

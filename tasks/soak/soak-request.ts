import type { AlarmStanding } from '../alarms/alarms.ts';
import type { Job } from '../ledger/items.ts';
import type { Asker } from '../payloads.ts';

/** Name of the function that the site and the command line call: both know it without the application's stack. */
export const soakFunctionName = (application: string): string => `lockstep-${application}-soak-prod`;

/** Argument of `soak-prod`. */
export type SoakRequest = { readonly promotionId: string } & (
  | { readonly action: 'look' }
  | { readonly action: 'send-back'; readonly reason: string; readonly askedBy: Asker }
  | { readonly action: 'end'; readonly askedBy: Asker }
);

/** Prod after the cut-over, while the old instances are kept. */
export interface Soak extends Pick<Job, 'sentBack' | 'soakEnded' | 'alarmsLeftOut'> {
  readonly deploymentId: string;
  /** When the last instance got its traffic, and when the old ones are terminated. ISO 8601. */
  readonly since: string;
  readonly until: string;
  /** The alarms that watch. */
  readonly alarms: readonly AlarmStanding[];
}

/** What `soak-prod` answers. */
export type SoakAnswer =
  | { readonly kind: 'soaking'; readonly soak: Soak }
  /** It was asked for, and CodeDeploy takes it. */
  | { readonly kind: 'done' }
  | { readonly kind: 'not-possible'; readonly message: string };

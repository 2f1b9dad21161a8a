import type { Asker } from '../payloads.ts';

/** A named person accepts that images of an application have a vulnerability, until a day. */
export interface Acceptance {
  readonly application: string;
  readonly vulnerabilityId: string;
  readonly by: Asker;
  /** ISO 8601. */
  readonly at: string;
  /** The last day on which it counts, in UTC: `2026-12-31`. */
  readonly until: string;
  readonly reason: string;
  /** The promotion that it was accepted for first. */
  readonly promotionId: string;
}

/** Whether an acceptance still counts. */
export const isInForce = ({ until }: Pick<Acceptance, 'until'>, now: Date): boolean =>
  now.toISOString().slice(0, 10) <= until;

import { isSamePerson } from '../approvals/same-person.ts';
import type { Absence, Person } from '../ledger/items.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import type { Hold } from './hold-rules.ts';

type Identity = Pick<Person, 'subject' | 'name' | 'verifiedEmail'>;

/** An operator asks that a promotion goes on although an environment is frozen, and an approver confirms or declines it. */
export interface Override {
  readonly promotionId: string;
  readonly application: string;
  readonly environment: Environment;
  /** 1, 2, … */
  readonly attempt: number;
  readonly reason: string;
  /** What held when it was asked for: it covers nothing else. */
  readonly holds: readonly Pick<Hold, 'id' | 'name' | 'until'>[];
  readonly askedBy: Identity;
  /** ISO 8601. */
  readonly askedAt: string;
  readonly decision?: {
    readonly decision: 'confirm' | 'decline';
    readonly role: ApproverRole;
    readonly person: Identity;
    /** ISO 8601. */
    readonly at: string;
    /** When the person had signed in, ISO 8601. */
    readonly signedInAt: string;
    /** If a substitute decided: for whom, and until when. */
    readonly absence?: Pick<Absence, 'absenceId' | 'absent' | 'until'>;
  };
}

/** The holds of an environment that two different people overrode for a promotion. */
export const overriddenBy = (overrides: readonly Override[], environment: Environment): ReadonlySet<string> =>
  new Set(
    overrides
      .filter(
        (one) =>
          one.environment === environment &&
          one.decision?.decision === 'confirm' &&
          !isSamePerson(one.decision.person, one.askedBy),
      )
      .flatMap(({ holds }) => holds.map(({ id }) => id)),
  );

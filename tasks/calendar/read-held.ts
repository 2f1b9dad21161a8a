import { asksAboutImage } from '../approvals/image-approval.ts';
import type { Approval } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import { approverRoles } from '../words.ts';
import { EMPTY_CALENDAR } from './calendar.ts';
import { type Held, type HoldSources, heldAt } from './hold-rules.ts';
import { overriddenBy } from './override.ts';

/** What is read of the ledger to know what holds. */
export type CalendarLedger = Pick<Ledger, 'calendar' | 'declaredFreezes' | 'overrides' | 'approvals'>;

/** The latest time before which approvers of a promotion said not to deploy, by each role's latest request about the change. */
export function notBeforeOf(approvals: readonly Approval[]): HoldSources['notBefore'] {
  const said = approverRoles
    .flatMap(
      (role) => approvals.findLast((one) => one.role === role && !asksAboutImage(one))?.decisions ?? [],
    )
    .flatMap(({ decision, notBefore, person }) =>
      decision === 'approve' && notBefore !== undefined ? [{ at: notBefore, by: person.name }] : [],
    );
  return said.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
}

/** What may hold any promotion of an application. */
export async function readHoldSources(
  ledger: Pick<CalendarLedger, 'calendar' | 'declaredFreezes'>,
  application: string,
): Promise<HoldSources> {
  const [calendar = EMPTY_CALENDAR, declared] = await Promise.all([
    ledger.calendar(application),
    ledger.declaredFreezes(application),
  ]);
  return { calendar, declared };
}

/** Why a promotion may not begin with an environment now; undefined if it may. */
export async function heldPromotion(
  ledger: Pick<CalendarLedger, 'overrides' | 'approvals'>,
  sources: HoldSources,
  environment: Environment,
  promotionId: string,
  now: Date,
): Promise<Held | undefined> {
  const [approvals, overrides] = await Promise.all([
    environment === 'prod' ? ledger.approvals(promotionId) : [],
    ledger.overrides(promotionId),
  ]);
  const notBefore = notBeforeOf(approvals);
  const overridden = overriddenBy(overrides, environment);
  return heldAt({ ...sources, ...(notBefore && { notBefore }), overridden }, environment, now);
}

/** Those of several promotions that are held, by id. */
export async function readHeld(
  ledger: CalendarLedger,
  application: string,
  environment: Environment,
  promotionIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, Held>> {
  if (promotionIds.length === 0) return new Map();
  const sources = await readHoldSources(ledger, application);
  const held = await Promise.all(
    promotionIds.map(async (id) => [id, await heldPromotion(ledger, sources, environment, id, now)] as const),
  );
  return new Map(held.flatMap(([id, one]) => (one === undefined ? [] : [[id, one]])));
}

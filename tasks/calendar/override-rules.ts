import { type CheckedAbsence, capacityOf } from '../approvals/absence-rules.ts';
import { type ApprovalPolicy, partThatForbids } from '../approvals/decision-rules.ts';
import { staleSignIn } from '../approvals/fresh-sign-in.ts';
import type { OperatorRuling } from '../approvals/operator-rules.ts';
import { dotsIgnoredBy, isSamePerson, peopleOf } from '../approvals/same-person.ts';
import type { Absence, Approval, Person } from '../ledger/items.ts';
import type { ApproverRole } from '../payloads.ts';
import { REASON_NEEDED, readReason } from '../promotions/reason.ts';
import { approverRoles } from '../words.ts';
import type { Held } from './hold-rules.ts';
import type { Override } from './override.ts';

/** Why somebody may not ask for an override or decide about it. */
export interface OverrideDenial {
  readonly reason:
    | 'NotInRole'
    | 'SignInTooOld'
    | 'NoVerifiedEmail'
    | 'SamePerson'
    | 'MadeTheChange'
    | 'MakersUnknown'
    | 'NotPossible';
  readonly message: string;
}

const denied = (reason: OverrideDenial['reason'], message: string): OverrideDenial => ({ reason, message });

/** Without a request's review nobody knows who made the change. */
const makersUnknown = (
  requests: readonly Approval[],
  { makersMayDecide }: Pick<ApprovalPolicy, 'makersMayDecide'>,
): OverrideDenial | undefined =>
  requests.length > 0 || makersMayDecide
    ? undefined
    : denied(
        'MakersUnknown',
        'No approver has been asked about this promotion yet, so we cannot tell who made the change and may not confirm. Wait, end the freeze that an operator declared, or change the calendar.',
      );

/** The override that waits for an approver. */
export const openOverride = (overrides: readonly Override[]): Override | undefined =>
  overrides.find(({ decision }) => decision === undefined);

/** Why an operator cannot ask that a promotion goes on now, no matter why they want it; undefined if they can. */
export function whyNotAskNow({
  operator,
  person,
  held,
  overrides,
  requests,
  policy,
}: AskingContext): OverrideDenial | undefined {
  if (operator.kind === 'denied') return operator;
  if (held === undefined)
    return denied(
      'NotPossible',
      'The calendar does not hold this promotion now. There is nothing to override.',
    );
  if (openOverride(overrides) !== undefined)
    return denied('NotPossible', 'Somebody has asked already. An approver confirms or declines that first.');
  if (person.verifiedEmail === '')
    return denied(
      'NoVerifiedEmail',
      `${person.name} has no verified e-mail address, so we cannot tell you from the approver who confirms. Ask an administrator to verify it in the user pool, then sign in again.`,
    );
  return makersUnknown(requests, policy);
}

/** Why an operator cannot ask that a promotion goes on now; undefined if they can. @param asked its reason as it was typed */
export const whyNotAsk = ({
  reason,
  ...context
}: AskingContext & { readonly reason: string }): OverrideDenial | undefined =>
  whyNotAskNow(context) ??
  (readReason(reason) === undefined ? denied('NotPossible', REASON_NEEDED) : undefined);

/** What decides whether an operator can ask. */
interface AskingContext {
  readonly operator: OperatorRuling;
  readonly person: Person;
  /** What holds the promotion now. */
  readonly held: Held | undefined;
  /** All of the promotion. */
  readonly overrides: readonly Override[];
  /** All requests of the promotion. */
  readonly requests: readonly Approval[];
  readonly policy: Pick<ApprovalPolicy, 'makersMayDecide'>;
}

/** As whom somebody decides about an override. */
export interface OverrideCapacity {
  readonly kind: 'ok';
  readonly role: ApproverRole;
  /** If they decide as a substitute: for whom. */
  readonly absence?: Absence;
}

/**
 * Whether a person may confirm or decline an override: an approver of either role, who is not the operator who asked and made no
 * part of the change; nor is the absent person for whom a substitute decides. The one place that rules on it.
 */
export function mayDecideOverride(
  override: Override,
  context: {
    /** With the groups of now. */
    readonly person: Person;
    /** In ms since the epoch. */
    readonly signedInAt: number;
    /** All requests of the promotion. */
    readonly requests: readonly Approval[];
    readonly policy: ApprovalPolicy;
    /** Those that concern the person. */
    readonly absences: readonly CheckedAbsence[];
    readonly now: Date;
  },
): OverrideCapacity | ({ readonly kind: 'denied' } & OverrideDenial) {
  const { person, signedInAt, requests, policy, absences, now } = context;
  const dots = dotsIgnoredBy(...requests);
  const choices = approverRoles.flatMap((role): OverrideCapacity[] => {
    const capacity = capacityOf(person, role, absences, now, dots);
    if (capacity.kind === 'member') return [{ kind: 'ok', role }];
    if (capacity.kind === 'substitute')
      return capacity.absences.map((absence) => ({ kind: 'ok', role, absence }));
    return [];
  });
  const deny = (denial: OverrideDenial) => ({ kind: 'denied', ...denial }) as const;
  if (choices.length === 0)
    return deny(
      denied(
        'NotInRole',
        `${person.name} does not decide as QC or PMO now: only approvers confirm or decline.`,
      ),
    );
  if (override.decision !== undefined)
    return deny(denied('NotPossible', `${override.decision.person.name} has decided already.`));
  const unknown = makersUnknown(requests, policy);
  if (unknown !== undefined) return deny(unknown);
  const denials = choices.map(({ absence }) =>
    whyNotThese(peopleOf({ person, ...(absence && { absence }) }), override, requests, policy, dots),
  );
  const choice = choices[denials.indexOf(undefined)];
  if (choice === undefined) return deny(denials[0] ?? denied('NotInRole', 'Another approver decides.'));
  const stale = staleSignIn(signedInAt, now, policy.freshSignInMinutes, 'decide');
  return stale === undefined ? choice : deny(denied('SignInTooOld', stale));
}

function whyNotThese(
  people: readonly Pick<Person, 'subject' | 'name' | 'verifiedEmail'>[],
  { askedBy }: Override,
  requests: readonly Approval[],
  { makersMayDecide }: Pick<ApprovalPolicy, 'makersMayDecide'>,
  dotsIgnoredIn: readonly string[],
): OverrideDenial | undefined {
  for (const one of people) {
    if (one.verifiedEmail === '')
      return denied(
        'NoVerifiedEmail',
        `${one.name} has no verified e-mail address, so we cannot tell whether they asked or made this change. Ask an administrator to verify it in the user pool, then sign in again.`,
      );
    if (isSamePerson(one, askedBy, dotsIgnoredIn))
      return denied('SamePerson', `${one.name} asked to go on. Another approver must confirm or decline.`);
    const part = requests
      .map((request) => partThatForbids(one, request, makersMayDecide))
      .find((found) => found !== undefined);
    if (part !== undefined)
      return denied(
        'MadeTheChange',
        `${one.name} ${part} this change. Another approver must confirm or decline.`,
      );
  }
  return undefined;
}

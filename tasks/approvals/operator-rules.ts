import type { Person } from '../ledger/items.ts';
import { staleSignIn } from './fresh-sign-in.ts';

/** The group whose members redrive and stop promotions, go back, and declare freezes. */
const OPERATORS = 'operator';

/** What the rules say about a person who wants to do what operators do. */
export type OperatorRuling =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'denied';
      readonly reason: 'NotInRole' | 'SignInTooOld';
      readonly message: string;
    };

/** Whether this person may do now what operators do: the one place that rules on it. */
export function mayOperate({
  person,
  signedInAt,
  freshSignInMinutes,
  now,
}: {
  readonly person: Pick<Person, 'name' | 'groups'>;
  /** In ms since the epoch. */
  readonly signedInAt: number;
  readonly freshSignInMinutes: number;
  readonly now: Date;
}): OperatorRuling {
  if (!person.groups.includes(OPERATORS))
    return {
      kind: 'denied',
      reason: 'NotInRole',
      message: `${person.name} is not in the group ${OPERATORS}: only its members redrive and stop promotions, go back to releases, and declare and override freezes.`,
    };
  const message = staleSignIn(signedInAt, now, freshSignInMinutes, 'do what operators do');
  return message === undefined ? { kind: 'ok' } : { kind: 'denied', reason: 'SignInTooOld', message };
}

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

/** Somebody who wants to do something that only members of some groups do, after a recent sign-in. */
export interface ActingPerson {
  readonly person: Pick<Person, 'name' | 'groups'>;
  /** In ms since the epoch. */
  readonly signedInAt: number;
  readonly freshSignInMinutes: number;
  readonly now: Date;
}

/**
 * Whether this person may do now what members of these groups do.
 * @param others what somebody else is told, behind their name: `is not in the group …`
 * @param doing what they sign in again for: `mark a commit bad`
 */
export function mayAsMember(
  { person, signedInAt, freshSignInMinutes, now }: ActingPerson,
  groups: readonly string[],
  others: string,
  doing: string,
): OperatorRuling {
  if (!person.groups.some((group) => groups.includes(group)))
    return { kind: 'denied', reason: 'NotInRole', message: `${person.name} ${others}` };
  const message = staleSignIn(signedInAt, now, freshSignInMinutes, doing);
  return message === undefined ? { kind: 'ok' } : { kind: 'denied', reason: 'SignInTooOld', message };
}

/** Whether this person may do now what operators do: the one place that rules on it. */
export const mayOperate = (acting: ActingPerson): OperatorRuling =>
  mayAsMember(
    acting,
    [OPERATORS],
    `is not in the group ${OPERATORS}: only its members redrive and stop promotions, go back to releases, and declare and override freezes.`,
    'do what operators do',
  );

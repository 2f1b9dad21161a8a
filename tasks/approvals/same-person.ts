import type { Person, RecordedDecision } from '../ledger/items.ts';
import type { Asker } from '../payloads.ts';
import type { Review } from './review.ts';
import { foldedAddress } from './same-maker.ts';

type Identity = Pick<Person, 'subject' | 'verifiedEmail'>;

/**
 * One person may have two accounts: the same subject or the same verified e-mail address is the same person (T48).
 * @param dotsIgnoredIn domains in which dots make no other address. Where a request is not known, none: the rules judge
 * absences again when somebody decides
 */
export const isSamePerson = (a: Identity, b: Identity, dotsIgnoredIn: readonly string[] = []): boolean =>
  a.subject === b.subject ||
  (a.verifiedEmail !== '' &&
    foldedAddress(a.verifiedEmail, dotsIgnoredIn) === foldedAddress(b.verifiedEmail, dotsIgnoredIn));

/** Domains whose addresses are compared without dots, by any of these requests: an earlier configuration may have named fewer. */
export const dotsIgnoredBy = (
  ...requests: readonly { readonly review: Pick<Review, 'dotsIgnoredIn'> }[]
): readonly string[] => requests.flatMap(({ review }) => review.dotsIgnoredIn ?? []);

/** What is recorded of a person. */
export const identityOf = ({
  subject,
  name,
  verifiedEmail,
}: Pick<Person, 'subject' | 'name' | 'verifiedEmail'>): RecordedDecision['person'] => ({
  subject,
  name,
  verifiedEmail,
});

/** A person as somebody who asks for something. */
export const askerFrom = (person: Pick<Person, 'subject' | 'name' | 'verifiedEmail'>): Asker => ({
  type: 'person',
  ...identityOf(person),
});

/** Whom a decision counts for: who decided, and the absent person for whom they did. */
export const peopleOf = ({
  person,
  absence,
}: Pick<RecordedDecision, 'person' | 'absence'>): readonly RecordedDecision['person'][] =>
  absence === undefined ? [person] : [person, absence.absent];

/** Somebody whom two decisions count for; nobody may be counted twice. */
export const sharedPerson = (
  a: Pick<RecordedDecision, 'person' | 'absence'>,
  b: Pick<RecordedDecision, 'person' | 'absence'>,
  dotsIgnoredIn: readonly string[],
): RecordedDecision['person'] | undefined =>
  peopleOf(a).find((one) => peopleOf(b).some((other) => isSamePerson(one, other, dotsIgnoredIn)));

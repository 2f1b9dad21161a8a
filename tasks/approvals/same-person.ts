import type { Person, RecordedDecision } from '../ledger/items.ts';
import { foldedAddress } from './same-maker.ts';

type Identity = Pick<Person, 'subject' | 'verifiedEmail'>;

/** One person may have two accounts: the same subject or the same verified e-mail address is the same person (T48). */
export const isSamePerson = (a: Identity, b: Identity): boolean =>
  a.subject === b.subject ||
  (a.verifiedEmail !== '' && foldedAddress(a.verifiedEmail, []) === foldedAddress(b.verifiedEmail, []));

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
): RecordedDecision['person'] | undefined =>
  peopleOf(a).find((one) => peopleOf(b).some((other) => isSamePerson(one, other)));

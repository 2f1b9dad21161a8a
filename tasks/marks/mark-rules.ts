import { pusherOf } from '../approvals/makers.ts';
import { type ActingPerson, mayAsMember, type OperatorRuling } from '../approvals/operator-rules.ts';
import type { ContainedBad } from '../approvals/review.ts';
import { isSameMaker } from '../approvals/same-maker.ts';
import { isSamePerson } from '../approvals/same-person.ts';
import type { Asker } from '../payloads.ts';
import { askerName, utcTime } from '../words.ts';
import type { BadMark, BadSubject, MarkChange, Marking } from './bad-mark.ts';
import { subjectOf, subjectText } from './bad-subject.ts';

/** The groups whose members mark something bad, and unmark it. */
const MARKERS = ['operator', 'qc', 'pmo'];

/** Markings that are kept of one subject: the latest. */
export const MOST_MARKINGS = 20;

/** Whether this person may mark something bad, and unmark what others marked. */
export const mayMark = (acting: ActingPerson): OperatorRuling =>
  mayAsMember(
    acting,
    MARKERS,
    `is in none of the groups ${MARKERS.join(', ')}: only their members mark something bad and unmark it.`,
    'mark something bad or unmark it',
  );

/** How something is marked bad now; undefined if it is not. */
export function badMarking(mark: Pick<BadMark, 'markings'> | undefined): Marking | undefined {
  const last = mark?.markings.at(-1);
  return last?.unmarked === undefined ? last : undefined;
}

/**
 * A mark after somebody marks something bad.
 * @returns undefined if that changes nothing: it is bad already, or the same go-back marked it before and somebody unmarked it since
 */
export function markedBad(
  before: BadMark | undefined,
  marked: BadSubject & Pick<BadMark, 'application'>,
  marking: Omit<Marking, 'unmarked'>,
): BadMark | undefined {
  const markings = before?.markings ?? [];
  const { goBack } = marking;
  if (badMarking(before) !== undefined) return undefined;
  if (goBack !== undefined && markings.some((one) => one.goBack === goBack)) return undefined;
  return {
    application: marked.application,
    ...subjectOf(marked),
    markings: [...markings, marking].slice(-MOST_MARKINGS),
    isUnrecorded: true,
  };
}

/** A name that a tool chose for a role's session, and that names nobody: an instance's, an SDK's. */
const nameless = /^(?:|unknown|root|i-[0-9a-f]+|\d+|(?:botocore|aws)-.*)$/i;

/** Whom an ARN names, as a maker; undefined if it names nobody. */
const namedBy = (arn: string): ReturnType<typeof pusherOf> | undefined => {
  const maker = pusherOf(arn);
  return /:user\/|:assumed-role\//.test(arn) && !nameless.test(maker.name) ? maker : undefined;
};

/** Dots make no other person here: who may be the same one counts as the same. */
const domainsOf = (...addresses: readonly string[]): readonly string[] =>
  addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase());

/** Whether two who asked are one person, by the rules for approvers and makers; `unclear` if these cannot tell. */
export function comparedAskers(one: Asker, other: Asker): 'same' | 'different' | 'unclear' {
  if (one.type === 'person' && other.type === 'person') {
    if (isSamePerson(one, other, domainsOf(one.verifiedEmail, other.verifiedEmail))) return 'same';
    return one.verifiedEmail === '' || other.verifiedEmail === '' ? 'unclear' : 'different';
  }
  if (one.type === 'person') return comparedAskers(other, one);
  const maker = namedBy(one.arn);
  if (one.type === other.type && one.arn === other.arn) return 'same';
  const named = other.type === 'person' ? other : namedBy(other.arn);
  if (maker === undefined || named === undefined) return 'unclear';
  const address = other.type === 'person' ? other.verifiedEmail : named.name.includes('@') ? named.name : '';
  if (isSameMaker({ name: named.name, verifiedEmail: address }, maker, domainsOf(address))) return 'same';
  return other.type === 'person' && address === '' ? 'unclear' : 'different';
}

/** What the rules say about unmarking. */
export type UnmarkRuling =
  | { readonly kind: 'ok'; readonly marking: Marking }
  | {
      readonly kind: 'denied';
      readonly reason: 'NotBad' | 'SamePerson' | 'PersonUnclear';
      readonly message: string;
    };

/** Whether somebody may unmark something: it takes another person than the one who marked it, or who asked to go back. */
export function mayUnmark(mark: BadMark | undefined, by: Asker): UnmarkRuling {
  const marking = badMarking(mark);
  if (mark === undefined || marking === undefined)
    return { kind: 'denied', reason: 'NotBad', message: 'It is not marked bad.' };
  const who = askerName(marking.by);
  const what = 'commitId' in mark ? 'this commit' : 'imageId' in mark ? 'this image' : 'this package';
  const did = marking.goBack === undefined ? `marked ${what} bad` : `went back from ${what}`;
  switch (comparedAskers(by, marking.by)) {
    case 'same':
      return {
        kind: 'denied',
        reason: 'SamePerson',
        message: `${who} ${did}. Another operator or approver must unmark it.`,
      };
    case 'unclear':
      return {
        kind: 'denied',
        reason: 'PersonUnclear',
        message: `${who} ${did}, and we cannot rule out that ${askerName(by)} is the same person: both need a verified e-mail address, or the name of an IAM user or role session. Another operator or approver must unmark it.`,
      };
    case 'different':
      return { kind: 'ok', marking };
  }
}

/** A mark after somebody unmarks it, as `mayUnmark` allows. */
export const unmarkedBy = (mark: BadMark, marking: Marking, unmarked: MarkChange): BadMark => ({
  ...mark,
  markings: [...mark.markings.slice(0, -1), { ...marking, unmarked }],
  isUnrecorded: true,
});

/** Who marked something, when and why, in one sentence: `olga marked commit 8f0c1d2e bad on 29 Nov 2026, 10:10 UTC: it loses orders`. */
export const markText = (subject: BadSubject, { by, at, reason, goBack }: Marking): string =>
  goBack === undefined
    ? `${askerName(by)} marked ${subjectText(subject)} bad on ${utcTime(at)}: ${reason}`
    : `${askerName(by)} went back from ${subjectText(subject)}, which marked it bad on ${utcTime(at)}: ${reason}`;

/** Bad commits that a warning names, at most: they are a part of a request, which has a largest size. */
const MOST_CONTAINED = 50;

/**
 * The bad commits that a change contains. They may be fixed by a later commit of it, so approvers are only told.
 * @param commits ids of the commits that Prod does not have
 */
export const containedBad = (
  marks: readonly BadMark[],
  commits: ReadonlySet<string>,
): readonly ContainedBad[] =>
  marks
    .flatMap((mark): ContainedBad[] => {
      const marking = badMarking(mark);
      if (marking === undefined || !('commitId' in mark) || !commits.has(mark.commitId)) return [];
      const { unmarked: _, ...bad } = marking;
      return [{ commitId: mark.commitId, ...bad }];
    })
    .slice(0, MOST_CONTAINED);

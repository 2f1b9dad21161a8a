import fc from 'fast-check';
import type { BadMark } from '../../../tasks/marks/bad-mark.ts';
import { markBad, unmarkBad } from '../../../tasks/marks/mark-bad.ts';
import {
  badMarking,
  comparedAskers,
  containedBad,
  MOST_MARKINGS,
  markedBad,
  markText,
  mayMark,
  mayUnmark,
  unmarkedBy,
} from '../../../tasks/marks/mark-rules.ts';
import type { Asker } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aMarking, COMMIT } from '../doubles/samples.ts';

const person = (name: string, verifiedEmail = `${name}@example.com`): Asker => ({
  type: 'person',
  subject: `sub-of-${name}`,
  name,
  verifiedEmail,
});
const identity = (rest: string): Asker => ({ type: 'identity', arn: `arn:aws:${rest}` });
const session = (name: string) => identity(`sts::000000000000:assumed-role/Operator/${name}`);
const user = (name: string) => identity(`iam::000000000000:user/${name}`);
const commit = { application: 'shop', commitId: COMMIT };
const aMark = (...markings: BadMark['markings']): BadMark => ({ ...commit, markings });

describe('who may mark a commit bad', () => {
  const now = new Date('2026-11-22T12:00:00.000Z');
  it.each([
    [['operator'], 0, 'ok'],
    [['qc'], 15, 'ok'],
    [['pmo', 'other'], 0, 'ok'],
    [['qc'], 16, 'SignInTooOld'],
    [[], 0, 'NotInRole'],
    [['operators'], 0, 'NotInRole'],
  ])('in the groups %j, signed in %i minutes ago: %s', (groups, ago, expected) => {
    const ruling = mayMark({
      person: { name: 'olga', groups },
      signedInAt: now.getTime() - ago * 60_000,
      freshSignInMinutes: 15,
      now,
    });
    expect(ruling.kind === 'ok' ? 'ok' : ruling.reason).toBe(expected);
  });
});

describe('whether two are one person', () => {
  it.each<[Asker, Asker, ReturnType<typeof comparedAskers>]>([
    [person('olga'), person('olga'), 'same'],
    [person('olga'), person('olga2', 'OLGA+x@example.com'), 'same'],
    [person('olga', 'o.lga@example.com'), person('olga2', 'olga@example.com'), 'same'],
    [person('olga'), person('quinn'), 'different'],
    [person('olga', ''), person('quinn'), 'unclear'],
    [person('olga', ''), person('olga', ''), 'same'],
    [person('olga'), session('olga'), 'same'],
    [session('olga@example.com'), person('o', 'olga@example.com'), 'same'],
    [user('Olga'), person('olga'), 'same'],
    [user('quinn'), person('olga'), 'different'],
    [user('quinn'), person('olga', ''), 'unclear'],
    [user('olga'), session('olga'), 'same'],
    [user('olga'), session('quinn'), 'different'],
    [session('i-0123456789abcdef0'), person('olga'), 'unclear'],
    [session('botocore-session-1732270000'), person('olga'), 'unclear'],
    [session('1732270000123'), session('quinn'), 'unclear'],
    [session('1732270000123'), session('1732270000123'), 'same'],
    [identity('iam::000000000000:root'), person('olga'), 'unclear'],
    [{ type: 'identity', arn: 'unknown' }, person('olga'), 'unclear'],
  ])('%j, %j: %s', (one, other, expected) => {
    expect([comparedAskers(one, other), comparedAskers(other, one)]).toEqual([expected, expected]);
  });
});

const asker = fc.oneof(
  fc
    .tuple(fc.constantFrom('olga', 'quinn', 'sam'), fc.boolean())
    .map(([name, hasAddress]) => person(name, hasAddress ? undefined : '')),
  fc.constantFrom('olga', 'quinn', 'i-0123', '17').map(session),
  fc.constantFrom('olga', 'sam').map(user),
);

it('takes another person to unmark, in any order of marking and unmarking; nothing is lost but the oldest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('mark', 'unmark', 'go back'), asker), { maxLength: 70 }),
      async (steps) => {
        const ledger = createMemoryLedger();
        let changes = 0;
        for (const [index, [what, by]] of steps.entries()) {
          const before = badMarking(await ledger.mark('shop', COMMIT));
          const change = { by, at: new Date(index * 1000).toISOString(), reason: `reason ${index}` };
          if (what === 'unmark') {
            const { kind } = await unmarkBad(ledger, commit, change);
            const isOther = before !== undefined && comparedAskers(by, before.by) === 'different';
            expect(kind).toBe(isOther ? 'ok' : 'denied');
            if (kind === 'ok') changes += 1;
          } else {
            const goBack = what === 'go back' ? { goBack: `go-back-${index}` } : {};
            const { kind } = await markBad(ledger, commit, { ...change, ...goBack });
            expect(kind).toBe(before === undefined ? 'marked' : 'already');
            if (kind === 'marked') changes += 1;
          }
          const after = await ledger.mark('shop', COMMIT);
          // Only the last marking may be in force.
          expect(after?.markings.slice(0, -1).filter(({ unmarked }) => unmarked === undefined) ?? []).toEqual(
            [],
          );
          expect(after?.markings.length ?? 0).toBe(Math.min(Math.ceil(changes / 2), MOST_MARKINGS));
          if (what !== 'unmark') expect(badMarking(after)).toBeDefined();
        }
      },
    ),
    { numRuns: 100 },
  );
});

it('says why somebody may not unmark a commit', () => {
  const messages = [
    mayUnmark(undefined, person('quinn')),
    mayUnmark(aMark({ ...aMarking(), unmarked: aMarking() }), person('quinn')),
    mayUnmark(aMark(aMarking()), person('olga')),
    mayUnmark(aMark(aMarking({ goBack: 'goes-back' })), person('olga')),
    mayUnmark(aMark(aMarking()), person('quinn', '')),
  ].map((ruling) => (ruling.kind === 'ok' ? 'ok' : `${ruling.reason}: ${ruling.message}`));
  expect(messages).toEqual([
    'NotBad: It is not marked bad.',
    'NotBad: It is not marked bad.',
    'SamePerson: olga marked this commit bad. Another operator or approver must unmark it.',
    'SamePerson: olga went back from this commit. Another operator or approver must unmark it.',
    expect.stringMatching(
      /^PersonUnclear: olga marked this commit bad, and we cannot rule out that quinn is/,
    ),
  ]);
});

it('a go-back marks what it left once: after somebody has unmarked it, its repetition changes nothing', () => {
  const marking = aMarking({ goBack: 'goes-back' });
  const marked = markedBad(undefined, commit, marking);
  expect(marked).toEqual({ ...commit, markings: [marking], isUnrecorded: true });
  const unmarked = unmarkedBy(marked ?? aMark(), marking, aMarking({ by: person('quinn') }));
  expect(markedBad(unmarked, commit, marking)).toBeUndefined();
  expect(badMarking(markedBad(unmarked, commit, aMarking({ goBack: 'another' })))?.goBack).toBe('another');
  expect(badMarking(markedBad(unmarked, commit, aMarking()))).toEqual(aMarking());
});

it('names the bad commits of a change, and no other', () => {
  const marks = [
    aMark(aMarking()),
    { ...aMark(aMarking()), commitId: 'not in the change' },
    { ...aMark({ ...aMarking(), unmarked: aMarking() }), commitId: 'unmarked' },
  ];
  expect(containedBad(marks, new Set([COMMIT, 'unmarked', 'good']))).toEqual([
    { commitId: COMMIT, ...aMarking() },
  ]);
});

it('says who marked a commit, when and why', () => {
  expect(markText({ commitId: COMMIT }, aMarking())).toBe(
    'olga marked commit 8f0c9c1f bad on 22 Nov 2026, 11:00 UTC: it loses orders',
  );
  expect(markText({ commitId: COMMIT }, aMarking({ goBack: 'goes-back' }))).toBe(
    'olga went back from commit 8f0c9c1f, which marked it bad on 22 Nov 2026, 11:00 UTC: it loses orders',
  );
});

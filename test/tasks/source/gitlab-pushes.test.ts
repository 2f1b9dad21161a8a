import fc from 'fast-check';
import { type PushEvent, pushesTo } from '../../../tasks/source/gitlab-pushes.ts';

const NOTHING = '0'.repeat(40);
const id = (number: number) => number.toString(16).padStart(40, 'f');
const [A, B, C] = [id(1), id(2), id(3)];
const unclear = (what: string) => new Error(what);
const bulk = (author: string | undefined, at = 0): PushEvent => ({ author, at });
const push = (author: string | undefined, before: string, after: string, branch = 'main'): PushEvent => ({
  author,
  at: 0,
  moved: { branch, before, after },
});
const found = (...events: readonly PushEvent[]) =>
  pushesTo('main', events, unclear).map(({ pushedBy, commitId }) => [pushedBy, commitId]);

describe('who moved a branch', () => {
  it.each<[string, readonly PushEvent[], readonly (readonly string[])[]]>([
    [
      'those who pushed to it',
      [push('dana', NOTHING, A), push('erin', A, B)],
      [
        ['dana', A],
        ['erin', B],
      ],
    ],
    ['nobody who pushed to another', [push('dana', NOTHING, A), push('erin', A, B, 'other')], [['dana', A]]],
    [
      'somebody who pushed the same commit again',
      [push('dana', NOTHING, A), push('erin', A, A)],
      [
        ['dana', A],
        ['erin', A],
      ],
    ],
    [
      'nobody who pushed many branches while it stayed',
      [push('dana', NOTHING, A), bulk('erin'), push('dana', A, B)],
      [
        ['dana', A],
        ['dana', B],
      ],
    ],
    [
      'everybody who pushed many branches while it was moved',
      [push('dana', NOTHING, A), bulk('erin'), bulk('faye'), push('dana', B, C)],
      [
        ['dana', A],
        ['erin', B],
        ['faye', B],
        ['dana', C],
      ],
    ],
    [
      'somebody who pushed many branches before the first event',
      [bulk('erin'), push('dana', A, B)],
      [
        ['erin', A],
        ['dana', B],
      ],
    ],
    ['nobody who pushed many branches after the last', [push('dana', A, B), bulk('erin')], [['dana', B]]],
    ['nobody who only deleted it', [push('dana', A, NOTHING)], []],
    [
      'those who made it again',
      [push('dana', NOTHING, A), push('dana', A, NOTHING), push('erin', NOTHING, B)],
      [
        ['dana', A],
        ['erin', B],
      ],
    ],
  ])('are %s', (_, events, pushers) => {
    expect(found(...events)).toEqual(pushers);
  });

  it.each<[string, readonly PushEvent[], string]>([
    ['a move without event', [push('dana', NOTHING, A), push('dana', B, C)], `from ${A} to ${B}`],
    ['a push without account', [push(undefined, A, B)], `moved main to ${B}`],
    [
      'a push to many branches without account',
      [push('dana', NOTHING, A), bulk(undefined), push('dana', B, C)],
      `moved main to ${B}`,
    ],
  ])('fails with %s', (_, events, reason) => {
    expect(() => found(...events)).toThrow(reason);
  });

  it('are all who moved it, no matter which pushes are told together: a person is missing only where it fails', () => {
    const pushes = fc.array(
      fc.record({ author: fc.constantFrom('dana', 'erin', 'faye'), isBulk: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(pushes, (all) => {
        const events = all.map(({ author, isBulk }, index) =>
          isBulk ? bulk(author) : push(author, id(index), id(index + 1)),
        );
        // What follows the last event of its own, an event of its own shows later.
        events.push(push('olga', id(all.length), id(all.length + 1)));
        const pushers = new Set(found(...events).map(([pushedBy]) => pushedBy));
        expect([...pushers]).toEqual(expect.arrayContaining(all.map(({ author }) => author)));
      }),
    );
  });
});

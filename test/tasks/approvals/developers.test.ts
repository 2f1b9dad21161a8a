import fc from 'fast-check';
import { developersAmong, type MakerName, makersOfPromotion } from '../../../tasks/approvals/developers.ts';
import { pusherOf } from '../../../tasks/approvals/makers.ts';
import { aPromotion } from '../doubles/samples.ts';

const people = [
  { email: 'Dana@example.com', pusherNames: ['dana', 'd-hub'], commitAddresses: ['dana@home.example'] },
];
const among = developersAmong({
  developers: ['dana@example.com', 'Erin@example.com', 'f.ink@mail.example', 'erin@example.com'],
  people,
  dotsIgnoredIn: ['mail.example'],
});
const author = (address: string): MakerName => ({ name: 'Somebody', address });
const session = (name: string) => pusherOf(`arn:aws:sts::000000000000:assumed-role/Developers/${name}`);

describe('the developers among makers', () => {
  it.each<[string, MakerName, readonly string[]]>([
    ['an IAM user, by a further name', pusherOf('arn:aws:iam::000000000000:user/dana'), ['dana@example.com']],
    ['a login, by a further name', pusherOf('D-hub'), ['dana@example.com']],
    [
      'a session that is named by the address',
      session('Erin@Example.com'),
      ['Erin@example.com', 'erin@example.com'],
    ],
    ['a commit address, by a further one', author('dana@home.example'), ['dana@example.com']],
    ['a commit address of their own', author('dana+work@example.com'), ['dana@example.com']],
    ['an address whose dots do not count', author('fi.nk@mail.example'), ['f.ink@mail.example']],
    ['a name that only looks like an address', { name: 'dana@example.com', address: '' }, []],
    ['a commit by the name of a login', { name: 'dana', address: 'x@example.com' }, []],
    ['somebody else', author('olga@example.com'), []],
    ['a pusher whom nobody knows', pusherOf('unknown'), []],
    ['a maker without name and address', { name: '', address: '' }, []],
  ])('are known: %s', (_, maker, found) => {
    expect(among([maker])).toEqual(found);
  });

  it('are each told once, however many names they have', () => {
    const makers = makersOfPromotion(aPromotion());
    expect(makers).toEqual([
      { name: 'dana', address: '', arn: 'arn:aws:iam::000000000000:user/dana' },
      { name: 'Dana', address: 'dana@example.com' },
    ]);
    expect(among(makers)).toEqual(['dana@example.com']);
  });

  it('are configured ones only, for any names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: fc.string(), address: fc.string(), arn: fc.string() })),
        (makers) => {
          const developers = ['dana@example.com'];
          const found = developersAmong({ developers, people: [], dotsIgnoredIn: [] })(makers);
          expect(developers).toEqual(expect.arrayContaining([...found]));
        },
      ),
    );
  });
});

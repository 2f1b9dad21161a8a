import { recordOf } from '../../../tasks/approvals/commit-record.ts';

const who = { name: 'Dana', email: 'dana@example.com', date: '1 +0000' };
const trailersOf = (message: string) =>
  recordOf({ commitId: 'a', author: who, committer: who, message }).claims.slice(2);

it('names author and committer, and nobody who has neither name nor address', () => {
  expect(
    recordOf({ commitId: 'a', parents: ['b'], author: who, committer: { name: ' ', email: '' } }),
  ).toEqual({
    commitId: 'a',
    parents: ['b'],
    claims: [{ role: 'author', name: 'Dana', address: 'dana@example.com' }],
  });
});

it('names those whom a signed archive names as its pushers', () => {
  expect(recordOf({ commitId: 'v1', parents: ['b'], pushedBy: ['quinn'] }).claims).toEqual([
    { role: 'pusher', name: 'quinn', address: '' },
  ]);
});

it.each<[string, string, object[]]>([
  [
    'Co-authored-by: Erin <erin@example.com>',
    'a trailer',
    [{ role: 'co-author', name: 'Erin', address: 'erin@example.com' }],
  ],
  [
    'co-AUTHORED-by:<erin@example.com>',
    'another spelling',
    [{ role: 'co-author', name: '', address: 'erin@example.com' }],
  ],
  [
    'Signed-off-by: erin@example.com',
    'an address alone',
    [{ role: 'signed off', address: 'erin@example.com' }],
  ],
  ['Signed-off-by: Erin', 'a name alone', [{ role: 'signed off', name: 'Erin', address: '' }]],
  [
    '  Co-authored-by: Erin\n   <erin@example.com>\n  Co-authored-by: Sam <sam@example.com>',
    'trailers of several lines, and indented',
    [{ address: 'erin@example.com' }, { address: 'sam@example.com' }],
  ],
  [
    'Co-authored-by: Erin <erin@example.com>, Sam <sam@example.com>',
    'several people in one trailer',
    [{ address: 'erin@example.com' }, { address: 'sam@example.com' }],
  ],
  [
    'Co-authored-by: Erin <erin@example.com>\r\nSigned-off-by: Sam <sam@example.com>\r\n',
    'line breaks of Windows',
    [{ address: 'erin@example.com' }, { address: 'sam@example.com' }],
  ],
])('reads %j: %s', (trailer, _, expected) => {
  const atTheEnd = trailersOf(`Show the cart\n\nWhy.\n\n${trailer}`);
  expect(atTheEnd).toMatchObject(expected);
  expect(atTheEnd).toHaveLength(expected.length);
  expect(trailersOf(`Show the cart\n${trailer}\nand why`)).toEqual(atTheEnd);
});

it('reads no trailer into other text', () => {
  expect(trailersOf('We need a Signed-off-by: line\nReviewed-by: Erin <erin@example.com>')).toEqual([]);
});

import { aPromotion, aRelease, COMMIT } from '../tasks/doubles/samples.ts';
import { createCommandLine } from './command-line.ts';

const VERSION = 'Kd8eAbC1.9vX';
const mark = (commit: string) =>
  ({ name: 'mark-bad', application: 'shop', commit, reason: 'loses orders' }) as const;

describe('a commit that is to be marked bad', () => {
  it.each([
    ['by its beginning', COMMIT.slice(0, 7), COMMIT],
    ['in capitals', COMMIT.toUpperCase(), COMMIT],
    ['by its beginning in capitals', COMMIT.slice(0, 7).toUpperCase(), COMMIT],
    ['although nobody promoted it', 'AB'.repeat(20), 'ab'.repeat(20)],
    ['as a version of an object', VERSION.slice(0, 6), VERSION],
  ])('is found %s', async (_, given, commitId) => {
    const cli = createCommandLine();
    await cli.ledger.addPromotion(aPromotion());
    await cli.ledger.addPromotion(aPromotion({ promotionId: 'shop-of-a-version', commitId: VERSION }));
    expect((await cli.run(mark(given))).json).toMatchObject({ commitId, outcome: 'marked' });
    expect(await cli.ledger.mark('shop', commitId)).toBeDefined();
  });

  it.each(['8f0', 'kd8eabc1', 'ffff'])('is not found by %s, and nothing is marked', async (given) => {
    const cli = createCommandLine();
    await cli.ledger.addPromotion(aPromotion());
    await cli.ledger.addPromotion(aPromotion({ promotionId: 'shop-of-a-version', commitId: VERSION }));
    await expect(cli.run(mark(given))).rejects.toThrow(
      `No promotion of shop has the commit "${given}". Give the first 4 characters or more of one that has a promotion, or all 40 of any other.`,
    );
    expect(await cli.ledger.marks('shop')).toEqual([]);
  });
});

it('is said to run where it does when it is marked, with the way back', async () => {
  const cli = createCommandLine();
  await cli.ledger.addPromotion(aRelease({ promotionId: 'shop-release-1', commitId: COMMIT }));
  expect((await cli.run(mark(COMMIT))).text).toContain('Neither QAT nor Prod of shop runs it.');
  await cli.ledger.noteLive({
    application: 'shop',
    promotionId: 'shop-release-1',
    since: '2026-11-22T10:00:00.000Z',
  });
  expect(await cli.run(mark(COMMIT))).toMatchObject({
    text: expect.stringMatching(
      /Nothing changed: .*\nProd of shop runs it\. To take it out of Prod: .* go-back shop P --reason TEXT$/,
    ),
    json: { outcome: 'already', runIn: ['prod'] },
  });
});

it('may be an image or a package, in any list as well, and somebody else unmarks it', async () => {
  const cli = createCommandLine();
  await cli.ledger.addPromotion(
    aPromotion({ promotionId: 'shop-in-progress', images: { qat: 'ami-0123456789abcdef0' } }),
  );
  expect((await cli.run(mark('ami-0123456789abcdef0'))).text).toContain(
    'In progress, and recalled now: shop-in-progress.',
  );
  expect((await cli.run(mark('OpenSSL 3.2.2'))).json).toMatchObject({
    packageVersion: 'openssl@3.2.2',
    outcome: 'marked',
  });
  const { text } = await cli.run({ name: 'bad', application: 'shop' });
  expect(text).toContain('image ami-0123456789abcdef0');
  expect(text).toContain('package openssl 3.2.2');
  await expect(cli.run({ ...mark('openssl@3.2.2'), name: 'unmark-bad' })).rejects.toThrow(
    'marked this package bad. Another operator or approver must unmark it.',
  );
});

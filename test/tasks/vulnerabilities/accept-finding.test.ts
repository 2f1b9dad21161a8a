import type { Asker } from '../../../tasks/payloads.ts';
import { acceptFinding } from '../../../tasks/vulnerabilities/accept-finding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion } from '../doubles/samples.ts';
import { anAcceptance } from './sample-findings.ts';

const { by: quinn } = anAcceptance();
const now = () => new Date('2026-11-22T10:00:00.000Z');
const asked = { vulnerabilityId: 'CVE-2026-1', until: '2026-12-31', reason: 'We parse no certificates' };
const accept = async (change: Partial<typeof asked> = {}, by: Asker = quinn) => {
  const ledger = createMemoryLedger();
  const ruling = await acceptFinding({ ledger, now })(aPromotion(), { ...asked, ...change }, by);
  return { ruling, kept: await ledger.acceptances('shop') };
};

it('accepting a vulnerability is kept with who, when, why and until when', async () => {
  const { ruling, kept } = await accept();
  expect(ruling).toEqual({ kind: 'ok' });
  const { promotionId } = aPromotion();
  expect(kept).toEqual([
    { application: 'shop', ...asked, by: quinn, at: '2026-11-22T10:00:00.000Z', promotionId },
  ]);
});

it('the latest acceptance of a vulnerability counts', async () => {
  const ledger = createMemoryLedger();
  const again = acceptFinding({ ledger, now });
  await again(aPromotion(), asked, quinn);
  await again(aPromotion(), { ...asked, until: '2026-11-22' }, quinn);
  expect(await ledger.acceptances('shop')).toMatchObject([{ until: '2026-11-22' }]);
});

it.each(['2026-11-21', '2027-11-23', '2026-13-01', '2026-02-30', '31.12.2026', ''])(
  'the last day is from today to a year from now, and not "%s"',
  async (until) => {
    const { ruling, kept } = await accept({ until });
    expect(ruling).toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining('from 2026-11-22 to 2027-11-22; received '),
    });
    expect(kept).toEqual([]);
  },
);

it.each(['', 'x', 'CVE 1', 'CVE-1\nCVE-2'])('%j is no vulnerability', async (vulnerabilityId) => {
  expect((await accept({ vulnerabilityId })).ruling).toMatchObject({ reason: 'Invalid' });
});

it.each<readonly [string, Asker, boolean]>([
  ['who pushed', { type: 'identity', arn: aPromotion().pushedBy }, false],
  [
    'who wrote the commit',
    { type: 'person', subject: 'sub-of-d', name: 'd', verifiedEmail: 'Dana@example.com' },
    false,
  ],
  ['somebody else', { type: 'identity', arn: 'arn:aws:iam::000000000000:user/olga' }, true],
])('%s may accept it for a promotion: %#', async (_, by, may) => {
  const { ruling, kept } = await accept({}, by);
  expect(ruling.kind).toBe(may ? 'ok' : 'denied');
  if (!may) expect(ruling).toMatchObject({ reason: 'Maker' });
  expect(kept).toHaveLength(may ? 1 : 0);
});

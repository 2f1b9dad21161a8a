import { canonicalJson } from '../../../tasks/canonical-json.ts';
import type { EnvironmentStatus, ExpectedRelease } from '../../../tasks/drift/environment-status.ts';
import { imageObjectKey } from '../../../tasks/image-inventory/image-objects.ts';
import { findingsDigest, imageFindings } from '../../../tasks/vulnerabilities/finding.ts';
import { laterFindingsNotice } from '../../../tasks/vulnerabilities/later-notice.ts';
import { findLater, lookAgain, untold } from '../../../tasks/vulnerabilities/look-again.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aJob, aPromotion, aRelease } from '../doubles/samples.ts';
import { aFinding } from './sample-findings.ts';

const release: ExpectedRelease = {
  promotionId: 'release-a',
  commitId: 'c',
  imageId: 'ami-a',
  deploymentId: 'd-a',
};
const at = new Date('2026-11-22T10:00:00.000Z');
const [old, later] = [aFinding('CVE-1'), aFinding('CVE-2')];
/** What was found when the image was built. */
const kept = imageFindings('ami-a', 'build', [old]);

describe('what is known of a release', () => {
  const begin = async (output: Readonly<Record<string, string>> = {}) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aRelease());
    await ledger.addPromotion(aPromotion({ promotionId: 'back', goBack: aGoBack() }));
    const job = aJob({ promotionId: 'release-a', status: 'SUCCEEDED' });
    await ledger.addJob({ ...job, output: { imageId: 'ami-a', ...output } });
    return findLater({
      ledger,
      active: async () => [old, later, later],
      read: async (key) =>
        key === imageObjectKey('shop', 'ami-a', findingsDigest(kept), 'findings.json')
          ? canonicalJson(kept)
          : undefined,
    });
  };
  it.each(['release-a', 'back'])(
    'leaves out what its image was known for when it was built: %s',
    async (promotionId) => {
      const find = await begin({ findings: findingsDigest(kept) });
      expect(await find({ ...release, promotionId })).toEqual([later]);
    },
  );
  it('is all of it where the image was not scanned', async () => {
    expect(await (await begin())(release)).toEqual([old, later]);
  });
  it('fails where its findings are gone', async () => {
    await expect((await begin({ findings: 'gone' }))(release)).rejects.toThrow('does not have the findings');
  });
});

describe('Inspector', () => {
  const lookedAt = (time: string, imageId = 'ami-a') =>
    ({
      vulnerabilities: { imageId, at: time, findings: [old], unlisted: 0, told: ['CVE-1'] },
    }) as unknown as EnvironmentStatus;
  const ask = async () => [old, later];

  it.each<[string, EnvironmentStatus | undefined, boolean]>([
    ['is asked the first time', undefined, true],
    ['is not asked again within a day', lookedAt('2026-11-21T10:00:01.000Z'), false],
    ['is asked again after a day', lookedAt('2026-11-21T10:00:00.000Z'), true],
    ['is asked about another image at once', lookedAt('2026-11-22T09:59:00.000Z', 'ami-b'), true],
  ])('%s', async (_, last, isAsked) => {
    const seen = await lookAgain(release, last, at, ask);
    expect(seen?.at === at.toISOString()).toBe(isAsked);
    expect(seen?.findings).toEqual(isAsked ? [old, later] : [old]);
  });

  it('leaves what is known of the same image if it cannot be asked', async () => {
    const [same, other] = [
      lookedAt('2026-11-20T10:00:00.000Z'),
      lookedAt('2026-11-20T10:00:00.000Z', 'ami-b'),
    ];
    expect(await lookAgain(release, same, at, async () => undefined)).toBe(same.vulnerabilities);
    expect(await lookAgain(release, other, at, async () => undefined)).toBeUndefined();
    expect(await lookAgain(undefined, same, at, ask)).toBe(same.vulnerabilities);
  });

  it('has each vulnerability mailed once', async () => {
    expect(untold(await lookAgain(release, lookedAt('2026-11-20T10:00:00.000Z'), at, ask))).toEqual([later]);
  });

  it('may know very many: 50 are recorded, the most urgent first', async () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      aFinding(`CVE-${index}`, { isKnownExploited: index === 59 }),
    );
    const seen = await lookAgain(release, undefined, at, async () => many);
    expect([seen?.findings.length, seen?.unlisted, seen?.findings[0]?.vulnerabilityId]).toEqual([
      50,
      10,
      'CVE-59',
    ]);
  });
});

it('the mail names 20 of them, the image and the section of the runbook', () => {
  const many = Array.from({ length: 25 }, (_, index) => aFinding(`CVE-${index}`));
  const status = {
    application: 'shop',
    environment: 'prod',
    at: at.toISOString(),
    release,
  } as EnvironmentStatus;
  const { role, subject, message } = laterFindingsNotice(status, many, 'https://approvals.example.com');
  expect([role, subject]).toEqual(['operator', 'New vulnerabilities: Prod of shop']);
  for (const text of [
    '- CVE-0 (critical)',
    'and 5 more',
    'ami-a',
    '"New vulnerabilities are known"',
    '/live',
  ])
    expect(message).toContain(text);
  expect(message).not.toContain('CVE-20 ');
});

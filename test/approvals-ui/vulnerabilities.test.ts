import type { Review, ReviewedFinding } from '../../tasks/approvals/review.ts';
import { reviewPackages } from '../../tasks/approvals/review-packages.ts';
import { reviewVulnerabilities } from '../../tasks/approvals/review-vulnerabilities.ts';
import { anApproval, aPromotion, aReview } from '../tasks/doubles/samples.ts';
import { manyPackages, sampleInventory } from '../tasks/image-inventory/sample-inventory.ts';
import { aFinding, anAcceptance } from '../tasks/vulnerabilities/sample-findings.ts';
import { liveStatus } from './support/lifelike-scene.ts';
import { createScene } from './support/scene.ts';

const { promotionId } = aPromotion();
const PATH = `/promotions/${promotionId}`;

const CANDIDATE_IMAGE = anApproval().candidate.qatImageId;

const pageWith = async (change: Partial<Review>): Promise<string> => {
  const scene = createScene();
  const { approvalId } = await scene.addQcRequest({ review: aReview(change) });
  return (await scene.get(`/approvals/${approvalId}`, await scene.signIn('quinn'))).text();
};

describe('the page of a request', () => {
  const [exploited, fixed] = [
    aFinding('CVE-2026-2', { isKnownExploited: true, isFixable: false }),
    aFinding('CVE-2026-3'),
  ];
  it('says which vulnerabilities are new, still there and fixed, and who accepted one', async () => {
    const html = await pageWith({
      vulnerabilities: reviewVulnerabilities(
        [exploited, fixed],
        [exploited, aFinding('CVE-2026-1')],
        [anAcceptance()],
      ),
    });
    for (const text of [
      '1 new, 1 still there, 1 fixed.',
      'CVE-2026-1',
      'known exploited',
      'no fix yet',
      'fixed in 1:3.0.9-1',
      '<del>CVE-2026-3</del>',
      'Accepted until 2026-11-30 by',
      'We do not use that cipher',
    ])
      expect(html).toContain(text);
    expect(html).not.toContain('all count as new');
  });

  it('says that what Prod runs was not scanned', async () => {
    expect(await pageWith({ vulnerabilities: reviewVulnerabilities(undefined, [exploited]) })).toContain(
      'What Prod runs was not scanned: all count as new.',
    );
  });

  it('says that there are none; and nothing where images are not scanned', async () => {
    expect(await pageWith({ vulnerabilities: reviewVulnerabilities([], []) })).toContain(
      'Amazon Inspector found none.',
    );
    expect(await pageWith({})).not.toContain('Known vulnerabilities');
  });

  it.each([
    ['grype', true],
    ['trivy', false],
  ] as const)('names %s, which scanned the image, and what it leaves unknown', async (name, tells) => {
    const scanner = { name, version: '1.2.3', at: '2026-11-22T10:00:00.000Z' };
    const none = await pageWith({ vulnerabilities: { ...reviewVulnerabilities([], []), scanner } });
    expect(none).toContain(`${name} 1.2.3 found none.`);
    const some = await pageWith({
      vulnerabilities: {
        ...reviewVulnerabilities([], [fixed]),
        scanner,
        otherScanner: 'Amazon Inspector',
      },
    });
    expect(some).toMatch(new RegExp(`Scanned by ${name} 1\\.2\\.3 while\\s+the image was built, .*2026`));
    expect(some).toMatch(/Nothing\s+looks again while the image is live/);
    expect(some).toContain('What Prod runs was scanned by Amazon Inspector');
    expect(some.includes('does not tell what is known to be exploited')).toBe(!tells);
  });

  it.each([
    [CANDIDATE_IMAGE, true],
    ['ami-of-another', false],
  ])('says what became known of the QAT image while it waits: of %s %s', async (imageId, isTold) => {
    const scene = createScene();
    const { approvalId } = await scene.addQcRequest();
    await scene.ledger.replaceEnvironmentStatus(undefined, {
      ...liveStatus(scene.dependencies.now()),
      environment: 'qat',
      vulnerabilities: { imageId, at: '2026-11-22T10:00:00.000Z', findings: [fixed], unlisted: 1, told: [] },
    });
    const html = await (await scene.get(`/approvals/${approvalId}`, await scene.signIn('quinn'))).text();
    expect(html.includes('2 vulnerabilities became known since the image was built')).toBe(isTold);
    expect(html.includes('CVE-2026-3')).toBe(isTold);
  });

  it('stays below 100 KB with 3,000 packages and 1,000 vulnerabilities, and never folds what was accepted', async () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      aFinding(`CVE-2026-${String(index).padStart(5, '0')}`, { packages: [...manyPackages(20)] }),
    );
    const last = 'CVE-2026-00090';
    const inventoryWith = (version: string) =>
      sampleInventory({ packages: manyPackages(3000).map(({ name }) => ({ name, version })) });
    const html = await pageWith({
      packages: reviewPackages(
        { before: inventoryWith('0'), now: inventoryWith('1') },
        { before: many, now: [] },
      ),
      vulnerabilities: reviewVulnerabilities([], many, [anAcceptance({ vulnerabilityId: last })]),
    });
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    expect(html.indexOf(last)).toBeLessThan(html.indexOf('id="more-vulnerabilities"'));
    expect(html).toContain('The first 100 of 1000. The evidence has all.');
  });

  it('says which updates are security updates, and what they fix', async () => {
    const images = {
      before: sampleInventory({ packages: [{ name: 'openssl', version: '1:3.0.8-1' }] }),
      now: sampleInventory({ packages: [{ name: 'openssl', version: '1:3.0.9-1' }] }),
    };
    const html = await pageWith({ packages: reviewPackages(images, { before: [fixed], now: [] }) });
    expect(html).toContain('1 newer (1 of them security updates)');
    expect(html).toContain('fixes CVE-2026-3');
  });

  it('shows names that would imitate or break it as text', async () => {
    const odd: Partial<ReviewedFinding> = { packages: [{ name: '<script>\u202e', version: '1' }] };
    const html = await pageWith({ vulnerabilities: reviewVulnerabilities([], [aFinding('CVE-1', odd)]) });
    expect(html).toContain('&lt;script&gt;\\u202e 1');
  });
});

describe('a vulnerability that stopped a promotion', () => {
  const form = { vulnerability: ' CVE-2026-1 ', until: '2026-12-31', reason: 'We parse no certificates' };
  const stopped = async () => {
    const scene = createScene();
    const cause = 'The QAT image does not pass image.gate.\nCVE-2026-1 (critical) in openssl 3.';
    await scene.ledger.addPromotion(aPromotion({ status: 'FAILED', error: 'ImageGateFailed', cause }));
    return scene;
  };

  it.each([
    ['olga', true],
    ['quinn', true],
    ['parker', true],
    ['dana', false],
  ])('%s may accept it: %s', async (name, may) => {
    const scene = await stopped();
    const cookie = await scene.signIn(name);
    expect((await (await scene.get(PATH, cookie)).text()).includes(`href="${PATH}/accept-finding"`)).toBe(
      may,
    );
    const page = await scene.get(`${PATH}/accept-finding`, cookie);
    expect([page.status, (await page.text()).includes('CVE-2026-1 (critical) in openssl 3.')]).toEqual([
      may ? 200 : 403,
      may,
    ]);
    expect((await scene.post(`${PATH}/accept-finding`, cookie, form)).status).toBe(may ? 303 : 403);
    expect(await scene.ledger.acceptances('shop')).toMatchObject(
      may ? [{ vulnerabilityId: 'CVE-2026-1', by: { type: 'person', name }, reason: form.reason }] : [],
    );
  });

  it.each([{ reason: ' ' }, { until: '2020-01-01' }, { vulnerability: '' }])(
    'is not accepted with %j; what was typed stays',
    async (change) => {
      const scene = await stopped();
      const answer = await scene.post(`${PATH}/accept-finding`, await scene.signIn('quinn'), {
        ...form,
        ...change,
      });
      const html = await answer.text();
      expect([answer.status, html.includes('Nothing was accepted')]).toEqual([400, true]);
      if (change.reason === undefined) expect(html).toContain(form.reason);
      expect(await scene.ledger.acceptances('shop')).toEqual([]);
    },
  );

  it('is accepted by nobody who signed in too long ago', async () => {
    const scene = await stopped();
    const cookie = await scene.signIn('quinn');
    scene.advance(16 * 60_000);
    expect((await scene.post(`${PATH}/accept-finding`, cookie, form)).status).toBe(403);
    expect(await scene.ledger.acceptances('shop')).toEqual([]);
  });
});

it('a promotion that failed otherwise offers nothing to accept', async () => {
  const scene = createScene();
  await scene.ledger.addPromotion(aPromotion({ status: 'FAILED', error: 'ImageBuildFailed' }));
  expect(await (await scene.get(PATH, await scene.signIn('olga'))).text()).not.toContain('accept-finding');
});

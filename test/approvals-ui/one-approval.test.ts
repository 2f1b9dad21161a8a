import type { SecretScan } from '../../tasks/secret-scan/secret-scan.ts';
import { aMaker, anApproval, aPromotion, aReview, COMMIT } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const scan = (change: Partial<SecretScan>): SecretScan => ({
  at: '2026-11-22T10:00:00.000Z',
  files: 3,
  findings: [],
  findingCount: 0,
  notScanned: [],
  notScannedCount: 0,
  ...change,
});
const WEEK = 7 * 24 * 60 * 60_000;
describe('one approval', () => {
  it('shows what is decided upon, and a form to those who may', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    for (const text of [
      approval.candidate.commitId,
      approval.candidate.qatImageId,
      approval.candidate.qatDeploymentId,
      'Show the cart',
      'Dana',
      'value="approve"',
      'value="reject"',
      'waiting for QC',
    ])
      expect(html).toContain(text);
  });

  describe('compares with what is in Prod', () => {
    const changed = 'Prod has changed since this request';
    /** A request that was made when `live` was live, and its page. */
    const page = async (noted?: string) => {
      const scene = createScene();
      for (const promotionId of ['live', 'newer'])
        await scene.addPromotion(
          {
            promotionId,
            executionArn: `arn:${promotionId}`,
            commitId: 'f'.repeat(40),
            commitMessage: `What is ${promotionId}`,
            status: 'SUCCEEDED',
            startedAt: '2026-11-01T10:00:00.000Z',
            deployments: { prod: `d-${promotionId}` },
          },
          (history) => history.succeeded(),
        );
      for (let index = 0; index < 60; index++)
        await scene.ledger.addPromotion(
          aPromotion({ promotionId: `orders-${index}`, application: 'orders' }),
        );
      if (noted !== undefined)
        await scene.ledger.noteLive({
          application: 'shop',
          promotionId: noted,
          since: '2026-11-01T11:00:00.000Z',
        });
      const live = { promotionId: 'live', commitId: 'f'.repeat(40) };
      await scene.addQcRequest({ review: aReview({ live }) });
      return (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    };

    it.each([
      ['as it is noted', 'live'],
      ['as the request knows it, in a ledger from before it was noted', undefined],
    ])('%s, however many promotions of others came since', async (_, noted) => {
      const html = await page(noted);
      expect(html).toContain('href="/promotions/live"');
      expect(html).toContain('What is live');
      expect(html).not.toContain(changed);
    });

    it('and says when it has changed since', async () => {
      const html = await page('newer');
      expect(html).toContain('What is newer');
      expect(html).toContain(changed);
    });
  });

  it('shows no form to somebody of another role, and says which it needs', async () => {
    const scene = createScene();
    await scene.addQcRequest();
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('parker'))).text();
    expect(html).toContain('Only QC decides here');
    expect(html).not.toContain('<form method="post" action="/approvals');
  });

  it('says when it has expired, or was withdrawn', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    scene.advance(WEEK);
    expect(await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text()).toContain(
      'This request has expired',
    );
    scene.advance(-WEEK);
    scene.executions.clear();
    await scene.ledger.updatePromotion(approval.promotionId, { status: 'ABORTED' });
    expect(await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text()).toContain(
      'This request was withdrawn',
    );
  });

  it.each([
    ['WITHDRAWN', 'This request was withdrawn', 'QC&#39;s request was withdrawn'],
    ['EXPIRED', 'This request has expired', 'QC did not decide in time'],
  ] as const)('says that it is %s, and nothing else', async (status, title, line) => {
    const scene = createScene();
    await scene.addQcRequest({ status, expiresAt: '2026-11-22T10:20:00.000Z' });
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    expect(html).toContain(title);
    expect(html).toContain(line);
    expect(html).not.toMatch(/QC (rejected|approved)|value="approve"/);
  });

  it('names the newer promotion that took its place', async () => {
    const scene = createScene();
    await scene.addQcRequest({
      status: 'WITHDRAWN',
      withdrawnBecause: 'The newer commit bbbbbbbb superseded this one.',
      supersededBy: { promotionId: 'newer-1', commitId: 'b'.repeat(40), at: '2026-11-22T10:20:00.000Z' },
    });
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    expect(html).toContain('The newer commit bbbbbbbb superseded this one.');
    expect(html).toContain('<a href="/promotions/newer-1">');
    expect(html).not.toContain('value="approve"');
  });

  it('is not found under an id that was never given', async () => {
    const scene = createScene();
    const cookie = await scene.signIn('quinn');
    expect((await scene.get('/approvals/unknown', cookie)).status).toBe(404);
    expect((await scene.post('/approvals/unknown/decision', cookie, { decision: 'approve' })).status).toBe(
      404,
    );
  });

  it.each([
    ['https://console.aws.amazon.com/codesuite/build', true],
    ['javascript:alert(1)', false],
  ])("links to the tests' report at %s: %s", async (qatTestsUrl, isLinked) => {
    const scene = createScene();
    await scene.addQcRequest({ candidate: { ...anApproval().candidate, qatTestsUrl } });
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    expect(html.includes(`href="${qatTestsUrl}"`)).toBe(isLinked);
  });

  it('shows what the commit was built into, by version and digest', async () => {
    const scene = createScene();
    const built = {
      bucket: 'b',
      key: 'lockstep-builds/1/revision.zip',
      version: 'v-1',
      sha256: 'a1'.repeat(32),
    };
    await scene.addQcRequest({ candidate: { ...anApproval().candidate, built } });
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    for (const part of [built.key, built.version, built.sha256]) expect(html).toContain(part);
  });

  it('shows the makers with why, as claimed or as IAM names them, and imitating characters by their code', async () => {
    const scene = createScene();
    const makers = [
      aMaker('d\u0430na@example.com', { name: 'Dana\u202e' }),
      {
        name: 'ci-1',
        address: '',
        arn: 'arn:aws:iam::000000000000:user/ci-1',
        person: 'erin@example.com',
        because: [{ role: 'pusher' as const, commitId: COMMIT, count: 3 }],
      },
    ];
    await scene.ledger.addPromotion(aPromotion());
    await scene.ledger.addApproval(anApproval({ review: aReview({ makers }) }));
    const html = await (await scene.get('/approvals/qc-request-1', await scene.signIn('quinn'))).text();
    expect(html).toContain('2 makers');
    expect(html).toContain('<bdi>Dana\\u202e</bdi>');
    expect(html).toContain('d\\u0430na@example.com');
    expect(html).toContain('Claimed as author of 8f0c9c1f, committer of 8f0c9c1f');
    expect(html).toContain('arn:aws:iam::000000000000:user/ci-1');
    expect(html).toContain('pusher of 8f0c9c1f and 2 more');
    expect(html).not.toMatch(/[\u202e\u0430]/);
  });

  it('warns of hooks that QAT does not run, if the change brings some (T70)', async () => {
    const title = 'QAT cannot try a part of this change';
    const scene = createScene();
    await scene.addQcRequest();
    const other = anApproval({ approvalId: 'hooks', promotionId: 'hooks' });
    await scene.ledger.addPromotion(aPromotion({ promotionId: 'hooks', executionArn: 'arn:hooks' }));
    const untriedHooks = [
      { name: 'BeforeBlockTraffic', files: ['appspec.yml', 'scripts/before.sh'] },
      { name: 'AfterBlockTraffic', files: ['scripts/after.sh'] },
    ] as const;
    await scene.ledger.addApproval({ ...other, review: aReview({ untriedHooks }) });
    const cookie = await scene.signIn('quinn');
    const textOf = async (id: string) =>
      (await (await scene.get(`/approvals/${id}`, cookie)).text())
        .replace(/<[^>]+>/g, '')
        .replace(/\s+/g, ' ');
    const text = await textOf('hooks');
    expect(text).toContain(title);
    expect(text).toContain('BeforeBlockTraffic: appspec.yml, scripts/before.sh');
    expect(text).toContain('AfterBlockTraffic: scripts/after.sh');
    expect(await textOf('qc-request-1')).not.toContain(title);
  });

  it('warns of what is probably a mistake in appspec.yml, as text', async () => {
    const scene = createScene();
    const other = anApproval({ approvalId: 'appspec', promotionId: 'appspec' });
    await scene.ledger.addPromotion(aPromotion({ promotionId: 'appspec', executionArn: 'arn:appspec' }));
    const appSpecWarnings = ['files[0].over<b>write</b>\u202e: ignored'];
    await scene.ledger.addApproval({ ...other, review: aReview({ appSpecWarnings }) });
    const html = await (await scene.get('/approvals/appspec', await scene.signIn('quinn'))).text();
    expect(html).toContain('Look at appspec.yml');
    expect(html).toContain('files[0].over&lt;b&gt;write&lt;/b&gt;\\u202e: ignored');
  });

  it.each<[string, SecretScan, readonly string[], readonly string[]]>([
    [
      'none',
      scan({}),
      ['No secret was found in 3 added or changed files.'],
      ['possible secret', 'scanned for secrets'],
    ],
    [
      'what was found',
      scan({ findings: [{ path: 'a<b>\u202e', line: 7, rule: 'aws/KEY' }], findingCount: 60 }),
      ['60 possible secrets', 'a&lt;b&gt;\\u202e', 'line 7: aws/KEY', 'and 59 more.'],
      ['No secret was found', 'a<b>'],
    ],
    [
      'files that were not scanned',
      scan({ notScanned: [{ path: 'logo.png', why: 'binary' }], notScannedCount: 1 }),
      ['1 file was not, or not wholly, scanned', 'logo.png', ': binary'],
      ['more.'],
    ],
    [
      'that there was no scan',
      scan({ failed: 'Error: no <b>answer</b>' }),
      ['This commit was not scanned for secrets', 'Error: no &lt;b&gt;answer'],
      ['No secret was found'],
    ],
  ])('tells of the scan for secrets: %s', async (_, secretScan, told, untold) => {
    const scene = createScene();
    const other = anApproval({ approvalId: 'scanned', promotionId: 'scanned' });
    await scene.ledger.addPromotion(aPromotion({ promotionId: 'scanned', executionArn: 'arn:scanned' }));
    await scene.ledger.addApproval({ ...other, review: aReview({ secretScan }) });
    const html = await (await scene.get('/approvals/scanned', await scene.signIn('quinn'))).text();
    for (const text of told) expect(html.replaceAll(/<\/?(?:code|bdi)[^>]*>/g, '')).toContain(text);
    for (const text of untold) expect(html).not.toContain(text);
  });

  it('shows markup in texts from outside as text', async () => {
    const scene = createScene();
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'';
    await scene.addQcRequest(
      {
        application: evil,
        candidate: { ...anApproval().candidate, application: evil, branch: evil, pushedBy: evil },
      },
      {
        commitMessage: `${evil}\n${evil}`,
        commitAuthor: evil,
        commitAuthorEmail: evil,
        branch: evil,
        application: evil,
      },
    );
    const cookie = await scene.signIn('quinn');
    await scene.post('/approvals/qc-request-1/decision', cookie, { decision: 'approve', comment: evil });
    for (const path of [
      '/',
      '/approvals/qc-request-1',
      '/promotions',
      `/promotions/${anApproval().promotionId}`,
    ]) {
      const html = await (await scene.get(path, cookie)).text();
      expect(html).not.toContain('<script>');
      expect(html).not.toContain('<img');
    }
  });
});

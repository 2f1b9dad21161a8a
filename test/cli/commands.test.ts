import type { Promotion } from '../../tasks/ledger/items.ts';
import { utcTime } from '../../tasks/words.ts';
import {
  aGoBack,
  aJob,
  aMaker,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aReview,
  aWaiter,
  COMMIT,
  PROMOTION_ID,
} from '../tasks/doubles/samples.ts';
import { createCommandLine, END, failedExecution } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;

beforeEach(() => {
  cli = createCommandLine();
});

describe('promotions', () => {
  it('are listed newest first, of one application if asked', async () => {
    for (const [index, application] of ['shop', 'till', 'shop'].entries())
      await cli.ledger.addPromotion(
        aPromotion({ promotionId: `p${index}`, application, startedAt: `2026-11-22T1${index}:00:00.000Z` }),
      );
    const ids = async (application?: string, limit = 20) => {
      const { json } = await cli.run({ name: 'promotions', limit, ...(application && { application }) });
      return (json as Promotion[]).map(({ promotionId }) => promotionId);
    };
    expect(await ids()).toEqual(['p2', 'p1', 'p0']);
    expect(await ids('shop')).toEqual(['p2', 'p0']);
    expect(await ids('shop', 1)).toEqual(['p2']);
  });

  it('that are none are said to be none', async () => {
    expect(await cli.run({ name: 'promotions', limit: 20 })).toMatchObject({
      text: 'There are no promotions.',
      json: [],
    });
  });
});

describe('locks', () => {
  const take = async () => {
    await cli.ledger.addPromotion(aPromotion({ promotionId: 'a', startedAt: '2026-11-22T10:00:00.000Z' }));
    await cli.ledger.addPromotion(
      aPromotion({ promotionId: 'b', startedAt: '2026-11-22T10:01:00.000Z', commitMessage: 'Say \u001b[2J' }),
    );
    const free = await cli.ledger.lock('shop', 'qat');
    const { taskToken: _, ...holder } = aWaiter('a');
    await cli.ledger.replaceLock(free, { ...free, holder, waiting: [aWaiter('b')] });
  };
  const told = [
    'QAT of shop: a0000000 Show the cart (a) is about to start, since 22 Nov 2026, 10:00 UTC',
    '  1. b0000000 Say \\u001b[2J (b), waiting since 22 Nov 2026, 10:00 UTC for a:',
    '     a0000000 is being built, deployed or verified.',
  ].join('\n');

  it('are told with who waits for whom and why', async () => {
    await take();
    const { text, json } = await cli.run({ name: 'locks' });
    expect(text).toBe(`${told}\nProd of shop: free`);
    expect(json).toMatchObject([{ environment: 'qat', waiting: [{ place: 1 }] }, { environment: 'prod' }]);
    expect((await cli.run({ name: 'locks', application: 'till' })).json).toEqual([]);
  });

  it('are told below the promotions', async () => {
    await take();
    expect((await cli.run({ name: 'promotions', limit: 20 })).text).toContain(`\n\n${told}`);
  });

  it('that ended for a newer commit name it', async () => {
    await cli.failed({
      status: 'SUPERSEDED',
      supersededBy: { promotionId: 'b', commitId: '1a2b3c4d'.repeat(5) },
    });
    expect((await cli.run({ name: 'promotions', limit: 20 })).text).toContain('SUPERSEDED by 1a2b3c4d');
  });
});

describe('what is live', () => {
  const release = async () => {
    await cli.ledger.addPromotion(
      aPromotion({
        promotionId: 'live',
        status: 'SUCCEEDED',
        commitMessage: 'Say \u001b[2J',
        images: { qat: 'ami-1', prod: 'ami-2' },
        deployments: { qat: 'd-1', prod: 'd-2' },
        endedAt: END,
      }),
    );
    await cli.ledger.addApproval(anApproval({ promotionId: 'live', ...approvedBy(aPerson('quinn')) }));
    await cli.ledger.noteLive({ application: 'shop', promotionId: 'live', since: END });
    await cli.ledger.addPromotion(aPromotion({ promotionId: 'next' }));
    await cli.ledger.addApproval(anApproval({ promotionId: 'next', approvalId: 'next' }));
  };

  it('is told of each application, with what comes next and for whom it waits', async () => {
    await release();
    const { text, json } = await cli.run({ name: 'live' });
    expect(text).toContain('Prod of shop runs 8f0c9c1f Say \\u001b[2J');
    expect(text).toContain('Verify Prod saw this commit and image on every instance that served');
    expect(text).toContain('Approved by  quinn (QC)');
    expect(text).toContain(
      'In progress of shop:\n  8f0c9c1f Show the cart (next) is at QC approval, waits for QC',
    );
    expect(text).toContain('Prod of till:\n  No promotion has been deployed to Prod yet.');
    expect(json).toMatchObject([
      {
        application: 'shop',
        environments: [{ environment: 'qat' }, { environment: 'prod', release: { deploymentId: 'd-2' } }],
        next: [{ whereabouts: { state: 'QC approval', waitsFor: { role: 'qc' } } }],
      },
      { application: 'till' },
    ]);
    await cli.ledger.addPromotion(
      aPromotion({ promotionId: 'back', startedAt: END, pushedAt: END, goBack: aGoBack() }),
    );
    expect((await cli.run({ name: 'live' })).text).toMatch(
      /\n {2}Go-back to 8f0c9c1f Show the cart \(back\) is /,
    );
    // No task token leaves the ledger.
    expect(JSON.stringify(json)).not.toContain('token');
  });

  it('is told with alarms, drift and its remedy, and what could not be read', async () => {
    await release();
    const expected = { promotionId: 'live', commitId: COMMIT, imageId: 'ami-2', deploymentId: 'd-2' };
    await cli.ledger.replaceEnvironmentStatus(undefined, {
      application: 'shop',
      environment: 'prod',
      at: new Date().toISOString(),
      region: 'us-east-1',
      release: expected,
      unread: ['The alarm own does not exist.'],
      instances: [{ instanceId: 'i-1', state: 'serves', drift: ['runs image ami-x, not ami-2'] }],
      unlisted: 0,
      alarms: [{ name: 'slow', since: END, meaning: 'Prod is \u001b[2Jslow.' }],
      told: [],
    });
    const { text, json } = await cli.run({ name: 'live' });
    expect(text).toContain('the one instance that serves runs something else.');
    expect(text).toContain(`Alarm slow is on since ${utcTime(END)}. Prod is \\u001b[2Jslow.`);
    expect(text).toContain(
      '  Drift: i-1 runs image ami-x, not ami-2.\n  Terminate the instances that differ',
    );
    expect(text).toContain('  Not read: The alarm own does not exist.');
    expect(json).toMatchObject([
      {
        environments: [
          {},
          { certainty: 'drifted', drift: [{ instanceId: 'i-1' }], status: { release: expected } },
        ],
      },
      {},
    ]);
  });

  it('is told with what ran before', async () => {
    await release();
    const { text, json } = await cli.run({ name: 'releases', application: 'shop', limit: 20 });
    expect(text).toMatch(
      /Prod of shop\nFROM.*\n22 Nov 2026.*8f0c9c1f Say .*ami-2.*SUCCEEDED.*quinn \(QC\).*live/,
    );
    expect(json).toMatchObject([
      { environment: 'qat', releases: [{ promotionId: 'live' }] },
      { environment: 'prod', releases: [{ promotionId: 'live' }] },
    ]);
  });

  it('fails for an application that is not deployed', async () => {
    await expect(cli.run({ name: 'releases', application: 'shpo', limit: 20 })).rejects.toThrow(
      'There is no application "shpo". Give one of: shop, till.',
    );
  });

  it('is told in the list of promotions, which says where those in progress are', async () => {
    await release();
    const { text, json } = await cli.run({ name: 'promotions', limit: 20 });
    expect(text).toContain('RUNNING, at QC approval, waits for QC');
    expect(json).toContainEqual(
      expect.objectContaining({
        promotionId: 'next',
        whereabouts: expect.objectContaining({ state: 'QC approval' }),
      }),
    );
  });
});

describe('a promotion', () => {
  it('is meant by its id, or by the beginning of id or commit', async () => {
    await cli.ledger.addPromotion(aPromotion());
    for (const promotion of [PROMOTION_ID, 'shop-8f0c', COMMIT, COMMIT.slice(0, 7)])
      expect((await cli.run({ name: 'show', promotion })).json).toMatchObject({
        promotion: { promotionId: PROMOTION_ID },
      });
  });

  it.each(['unknown', 'sho', ''])('fails to be meant by "%s"', async (promotion) => {
    await cli.ledger.addPromotion(aPromotion());
    await expect(cli.run({ name: 'show', promotion })).rejects.toThrow('There is no promotion');
  });

  it('fails to be meant where others are too, and lists them', async () => {
    await cli.ledger.addPromotion(aPromotion());
    await cli.ledger.addPromotion(aPromotion({ promotionId: 'shop-8f0c-other' }));
    await expect(cli.run({ name: 'show', promotion: 'shop-8f0c' })).rejects.toThrow(
      /more than one promotion.*\n[\s\S]*shop-8f0c-other/,
    );
  });

  it('is shown with what belongs to it, and without any task token', async () => {
    cli.execution = failedExecution({ redrives: 1 });
    await cli.failed({ commitMessage: 'Say \u001b[2Jhello', cause: 'line one\nline \u202etwo', redrives: 1 });
    await cli.ledger.addJob(aJob({ attempt: 2, status: 'FAILED', error: 'ImageBuildFailed', endedAt: END }));
    await cli.ledger.addApproval(
      anApproval({
        ...approvedBy(aPerson('quinn'), { at: END, comment: 'Fine' }),
        completedToken: 'qc-token-1',
      }),
    );
    const person = aPerson('sam');
    for (const at of [END, '2026-11-22T11:05:00.000Z'])
      await cli.ledger.addDenial({
        promotionId: PROMOTION_ID,
        approvalId: 'a',
        role: 'pmo',
        person,
        reason: 'Expired',
        at,
      });
    const { text, json } = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    for (const part of [
      'FAILED, redriven 1 ×',
      'Say \\u001b[2Jhello',
      'Build QAT image (attempt 2)  FAILED',
      'quinn: Fine',
      'sam  as pmo  Expired  2 times, last 22 Nov 2026, 11:05 UTC',
      '  line one\n  line \\u202etwo',
      'not signed yet',
    ])
      expect(text).toContain(part);
    expect(JSON.stringify(json)).not.toMatch(/token/i);
    expect(json).toMatchObject({ approvals: [{ decisions: [{ comment: 'Fine' }] }], jobs: [{ attempt: 2 }] });
  });
});

describe('makers', () => {
  it('are listed with why each is in the list; hidden characters are shown', async () => {
    await cli.ledger.addPromotion(aPromotion());
    const review = aReview({
      makers: [
        aMaker('d\u0430na@example.com', { name: 'Dana\u202e' }),
        {
          name: 'ci-1',
          address: '',
          arn: 'arn:aws:iam::000000000000:user/ci-1',
          person: 'dana@example.com',
          because: [{ role: 'pusher', commitId: COMMIT, count: 2 }],
        },
      ],
    });
    await cli.ledger.addApproval(anApproval({ review }));
    const { text, json } = await cli.run({ name: 'makers', promotion: PROMOTION_ID });
    expect(text).toBe(
      [
        'Makers of 8f0c9c1f (1 commits, since 11111111):',
        'Dana\\u202e <d\\u0430na@example.com>',
        '  author of 8f0c9c1f, committer of 8f0c9c1f',
        'arn:aws:iam::000000000000:user/ci-1',
        '  is dana@example.com, by the configuration',
        '  pusher of 8f0c9c1f and 1 more',
        'Names in commits are free text; IAM names the pushers.',
      ].join('\n'),
    );
    expect(json).toMatchObject({ commitId: COMMIT, makers: review.makers });
  });

  it('fails before anybody is asked', async () => {
    await cli.ledger.addPromotion(aPromotion());
    await expect(cli.run({ name: 'makers', promotion: PROMOTION_ID })).rejects.toThrow(
      'read when QC is asked',
    );
  });
});

import { UsageError } from '../../cli/arguments.ts';
import type { Execution } from '../../tasks/executions/execution.ts';
import { readCause } from '../../tasks/failure-cause.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import {
  aJob,
  aMaker,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aRelease,
  aReview,
  aWaiter,
  COMMIT,
  PROMOTION_ID,
} from '../tasks/doubles/samples.ts';

import { CALLER, createCommandLine, END, failedExecution } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;

beforeEach(() => {
  cli = createCommandLine();
});

const redrive = { name: 'redrive', promotion: PROMOTION_ID, yes: true } as const;

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
    // No task token leaves the ledger.
    expect(JSON.stringify(json)).not.toContain('token');
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

describe('a redrive', () => {
  it('is recorded with who asked, and continues the execution', async () => {
    await cli.failed();
    const { text, json } = await cli.run(redrive);
    expect(cli.redriven).toEqual([aPromotion().executionArn]);
    expect(text).toContain(CALLER);
    expect(text).toContain('Resumes at: Build QAT image, attempt 2; then Point QAT at image');
    expect(json).toEqual({
      promotionId: PROMOTION_ID,
      redriven: true,
      redrive: 1,
      by: CALLER,
      advice: expect.objectContaining({ mayRedrive: true, taking: 'starts' }),
    });
    expect((await cli.store.entries(PROMOTION_ID)).at(-1)).toMatchObject({
      kind: 'redrive-asked',
      actor: { arn: CALLER },
    });
  });

  it('tells what it would do, and asks first', async () => {
    await cli.failed();
    const asked: string[] = [];
    const answering = (answer: string) => async (question: string) => {
      asked.push(question);
      return answer;
    };
    const { yes: _, ...plain } = redrive;
    for (const answer of ['', 'n', 'no', 'maybe'])
      expect(await cli.run({ ...plain, yes: false }, answering(answer))).toMatchObject({
        text: 'Not redriven. Nothing was changed.',
        json: { redriven: false },
        end: 'failed',
      });
    expect(cli.redriven).toEqual([]);
    expect(await cli.store.entries(PROMOTION_ID)).toHaveLength(1);
    const { text } = await cli.run({ ...plain, yes: false }, answering(' Y '));
    expect(text).toBe(`Redrive 1 of ${PROMOTION_ID}, by ${CALLER}: it resumes at Build QAT image.`);
    expect(cli.redriven).toHaveLength(1);
    expect(asked[0]).toContain('You can redrive it until 6 Dec 2026, 11:00 UTC.\nFix first: ');
    expect(asked[0]).toMatch(/\nRedrive it\? \[y\/N\] $/);
  });

  it('fails with the usage where there is nobody to ask and nobody said yes', async () => {
    await cli.failed();
    const call = cli.run({ ...redrive, yes: false });
    await expect(call).rejects.toThrow(UsageError);
    await expect(call).rejects.toThrow(/add --yes\.\nYou can redrive it/);
    expect(cli.redriven).toEqual([]);
  });

  it.each<[string, Partial<Execution>, string]>([
    ['runs', { status: 'RUNNING' }, 'in progress'],
    ['succeeded', { status: 'SUCCEEDED' }, 'promotion succeeded'],
    ['was rejected', { error: 'Rejected' }, 'A rejection is final'],
    ['ended long ago', { endedAt: Date.parse('2026-11-01T00:00:00.000Z') }, '14 days'],
    ['Step Functions offers none for', { redrivable: false, redriveDenial: 'It is odd' }, '(It is odd)'],
  ])('of one that %s fails by the rules of the site, and nothing is recorded', async (_, change, why) => {
    await cli.failed();
    cli.execution = failedExecution(change);
    await expect(cli.run(redrive)).rejects.toThrow(why);
    expect(cli.redriven).toEqual([]);
    expect(await cli.store.entries(PROMOTION_ID)).toHaveLength(1);
  });

  it('that Step Functions does not take fails with its reason', async () => {
    await cli.failed();
    cli.redriveAnswer = { kind: 'failed', message: 'Execution is RUNNING' };
    await expect(cli.run(redrive)).rejects.toThrow('Step Functions did not redrive it: Execution is RUNNING');
  });

  it('that did not get to Prod is shown with what serves there', async () => {
    await cli.failed({ prodRestored: { redrives: 0, imageId: 'ami-old', at: END } });
    const { text } = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    expect(text).toMatch(/^Prod +restored to ami-old, 22 Nov 2026, 11:00 UTC$/m);
  });

  it('is advised on when one that failed is shown, and not when one runs', async () => {
    await cli.failed();
    const { text, json } = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    expect(text).toContain('\n\nRedrive\n  You can redrive it until 6 Dec 2026, 11:00 UTC.\n  Fix first: ');
    expect(json).toMatchObject({ redrive: { mayRedrive: true, resumesAt: { attempt: 2 } } });
    cli.execution = failedExecution({ status: 'RUNNING' });
    const running = await cli.run({ name: 'show', promotion: PROMOTION_ID });
    expect(running.json).not.toHaveProperty('redrive');
    expect(running.text).not.toContain('Redrive\n');
  });
});

describe('a stop', () => {
  const stop = { name: 'stop', promotion: PROMOTION_ID, reason: '  Wrong\nbranch ' } as const;

  it('is recorded with who and why, then ends the execution with an error and a cause of ours', async () => {
    await cli.ledger.addPromotion(aPromotion());
    cli.execution = failedExecution({ status: 'RUNNING' });
    const { text, json } = await cli.run(stop);
    expect(cli.stopped).toEqual([
      {
        executionArn: aPromotion().executionArn,
        error: 'Stopped',
        cause: expect.any(String),
        recorded: ['push-event', 'stop-asked'],
      },
    ]);
    expect(readCause(cli.stopped[0]?.cause ?? '')).toEqual({
      cause: `${CALLER} stopped this promotion: Wrong branch`,
      code: 'StoppedByOperator',
      stopped: { by: CALLER, reason: 'Wrong branch' },
    });
    expect((await cli.store.entries(PROMOTION_ID)).at(-1)).toMatchObject({
      kind: 'stop-asked',
      actor: { type: 'identity', arn: CALLER },
      what: { reason: 'Wrong branch' },
    });
    expect(text).toContain(`Stopped ${PROMOTION_ID}, by ${CALLER}: Wrong branch`);
    expect(json).toEqual({ promotionId: PROMOTION_ID, stopped: true, by: CALLER, reason: 'Wrong branch' });
  });

  it.each(['FAILED', 'SUCCEEDED', 'ABORTED'])('of one that has ended as %s fails', async (status) => {
    await cli.ledger.addPromotion(aPromotion());
    cli.execution = failedExecution({ status });
    await expect(cli.run(stop)).rejects.toThrow(`is not running (${status})`);
    expect([cli.stopped, await cli.store.entries(PROMOTION_ID)]).toMatchObject([
      [],
      [{ kind: 'push-event' }],
    ]);
  });

  it.each(['', ' \n', 'x'.repeat(501)])('for the reason %j fails with the usage', async (reason) => {
    await cli.ledger.addPromotion(aPromotion());
    cli.execution = failedExecution({ status: 'RUNNING' });
    await expect(cli.run({ ...stop, reason })).rejects.toThrow(UsageError);
    expect(cli.stopped).toEqual([]);
  });
});

describe('a redrive that cannot be recorded', () => {
  it('is not made: it is recorded before Step Functions is asked', async () => {
    const cli = createCommandLine();
    await cli.failed();
    cli.recordRedrive = () => Promise.reject(new Error('the table is gone'));
    await expect(cli.run(redrive)).rejects.toThrow('the table is gone');
    expect(cli.redriven).toEqual([]);
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

describe('go-back', () => {
  const live = async (system: ReturnType<typeof createCommandLine>) => {
    await system.ledger.addPromotion(aRelease());
    await system.ledger.addPromotion(
      aRelease({
        promotionId: 'release-b',
        commitId: 'b'.repeat(40),
        startedAt: '2026-11-21T10:00:00.000Z',
      }),
    );
    await system.ledger.noteLive({ application: 'shop', promotionId: 'release-b', since: END });
  };
  const command = {
    name: 'go-back',
    application: 'shop',
    promotion: 'release-a',
    reason: ' Cart\nempty ',
  } as const;

  it("starts the release again, with the caller's ARN and both approvals", async () => {
    const system = createCommandLine();
    await live(system);
    const { json, text } = await system.run(command);
    const { promotionId } = json as { promotionId: string };
    expect(system.started).toEqual([promotionId]);
    expect(text).toContain('Cart empty');
    const shown = await system.run({ name: 'show', promotion: promotionId });
    expect(shown.text).toMatch(/Goes back +to release-a, asked by arn:\S+olga: Cart empty/);
    expect((await system.ledger.promotion(promotionId))?.goBack).toMatchObject({
      to: 'release-a',
      reason: 'Cart empty',
      askedBy: { type: 'identity', arn: CALLER },
      approvals: 'both',
    });
  });

  it.each([
    ['another application', { application: 'orders' }, 'is a promotion of shop, not of orders'],
    ['what Prod runs', { promotion: 'release-b' }, 'Prod runs commit'],
    ['an empty reason', { reason: ' ' }, '--reason takes 1 to'],
  ])('fails for %s, and starts nothing', async (_, change, message) => {
    const system = createCommandLine();
    await live(system);
    await expect(system.run({ ...command, ...change })).rejects.toThrow(message);
    expect(system.started).toEqual([]);
  });
});

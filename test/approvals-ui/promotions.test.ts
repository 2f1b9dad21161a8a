import { ExecutionNotRedrivable, SFNClient } from '@aws-sdk/client-sfn';
import { createSfnExecutions } from '../../tasks/executions/execution-history.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { aJob, aPromotion, aWaiter, PROMOTION_ID } from '../tasks/doubles/samples.ts';
import type { History } from './support/history.ts';
import { createScene, untilProd, untilQc } from './support/scene.ts';

const ARN = aPromotion().executionArn;
const PATH = `/promotions/${aPromotion().promotionId}`;

const failedAtProd = (history: History) =>
  untilProd(history)
    .enter(stateNames.buildProdImage)
    .schedule()
    .wait(9000)
    .taskFailed('ImageBuildFailed', 'phase validate failed\nlast line of the log <b>')
    .executionFailed('ImageBuildFailed', 'phase validate failed');

const denied = (history: History) => {
  untilQc(history).add('TaskSucceeded');
  return history
    .exit(stateNames.qcApproval)
    .choose(stateNames.didQcApprove)
    .enter(stateNames.rejected, 'Fail')
    .executionFailed('Rejected', 'QC rejected: quinn');
};

const failedScene = async () => {
  const scene = createScene();
  await scene.addPromotion({ status: 'FAILED', endedAt: '2026-11-22T10:20:00.000Z' }, failedAtProd);
  return scene;
};

describe('promotions', () => {
  it('are listed newest first, for everybody who is signed in', async () => {
    const scene = createScene();
    for (const [id, startedAt] of [
      ['old', '2026-11-20T10:00:00.000Z'],
      ['new', '2026-11-21T10:00:00.000Z'],
    ] as const)
      await scene.ledger.addPromotion(aPromotion({ promotionId: id, startedAt }));
    const html = await (await scene.get('/promotions', await scene.signIn('dana'))).text();
    expect(html.indexOf('/promotions/new')).toBeGreaterThan(0);
    expect(html.indexOf('/promotions/old')).toBeGreaterThan(html.indexOf('/promotions/new'));
  });

  it('are paged', async () => {
    const scene = createScene();
    for (let number = 10; number < 35; number++)
      await scene.ledger.addPromotion(
        aPromotion({ promotionId: `p-${number}`, startedAt: `2026-11-20T10:${number}:00.000Z` }),
      );
    const cookie = await scene.signIn('dana');
    const first = await (await scene.get('/promotions', cookie)).text();
    const next = /href="(\/promotions\?next=[^"]+)"/.exec(first)?.[1] ?? '';
    const second = await (await scene.get(next, cookie)).text();
    expect(first.match(/href="\/promotions\/p-/g)).toHaveLength(20);
    expect(second.match(/href="\/promotions\/p-/g)).toHaveLength(5);
  });
});

describe('locks', () => {
  const take = async () => {
    const scene = createScene();
    for (const [promotionId, title] of [
      ['a', 'Sort <articles>'],
      ['b', 'Show the sum'],
    ] as const)
      await scene.addPromotion(
        { promotionId, executionArn: `arn:${promotionId}`, commitMessage: title },
        (history) => history,
      );
    const free = await scene.ledger.lock('shop', 'qat');
    const { taskToken: _, ...holder } = aWaiter('a');
    await scene.ledger.replaceLock(free, { ...free, holder, waiting: [aWaiter('b')] });
    return scene;
  };

  it('are shown with who waits for whom and why, to everybody', async () => {
    const scene = await take();
    const html = await (await scene.get('/promotions', await scene.signIn('dana'))).text();
    const [, qat = '', prod = ''] = html.split('data-lock=');
    expect(qat).toContain('<a href="/promotions/a">Sort &lt;articles&gt;</a> is about to start');
    expect(qat).toContain('<a href="/promotions/b">Show the sum</a> is next');
    expect(qat).toContain('a0000000 is being built, deployed or verified.');
    expect(prod).toContain('Free');
    expect(html).toContain('a0000000 holds QAT of shop, 1 waiting.');
    expect(html.match(/class="chip is-waiting">.*?Waiting for QAT/g)).toHaveLength(1);
  });

  it('are told on the page of a promotion that waits', async () => {
    const scene = await take();
    const html = await (await scene.get('/promotions/b', await scene.signIn('dana'))).text();
    expect(html).toContain('Waiting for the QAT lock: next in the queue');
    expect(html).toContain('<a href="/promotions/a">Open the promotion before it</a>');
    expect(html).toContain('<p class="summary">Waiting for the QAT lock.</p>');
    expect(await (await scene.get('/promotions/a', await scene.signIn('dana'))).text()).not.toContain(
      'Waiting for',
    );
  });

  it('are not shown further back', async () => {
    const scene = await take();
    const html = await (await scene.get('/promotions?next=e30', await scene.signIn('dana'))).text();
    expect(html).not.toContain('data-lock');
  });
});

it.each([
  ['SUPERSEDED', 'Superseded by the newer commit 1a2b3c4d (promotion b).'],
  ['STALE', 'Prod runs the newer commit 1a2b3c4d (promotion b).'],
  ['RECALLED', 'olga marked commit 1a2b3c4d bad on 22 Nov 2026, 11:00 UTC: it loses orders'],
] as const)('a promotion that ended as %s says why in the list', async (status, cause) => {
  const scene = createScene();
  await scene.ledger.addPromotion(aPromotion({ status, cause }));
  expect(await (await scene.get('/promotions', await scene.signIn('dana'))).text()).toContain(cause);
});

describe('one promotion', () => {
  it('shows the graph coloured by its history, and every attempt', async () => {
    const scene = createScene();
    await scene.addPromotion({ redrives: 1 }, (history) =>
      failedAtProd(history).redrive(stateNames.buildProdImage),
    );
    const html = await (await scene.get(PATH, await scene.signIn('dana'))).text();
    expect(html).toMatch(new RegExp(`class="node is-done"[^>]*data-state="${stateNames.lockQat}"`));
    expect(html).toMatch(new RegExp(`class="node is-running"[^>]*data-state="${stateNames.buildProdImage}"`));
    expect(html).toMatch(new RegExp(`class="node is-idle[^>]*data-state="${stateNames.rejected}"`));
    expect(html).toContain('attempt 2');
    expect(html).toContain('phase validate failed\nlast line of the log &lt;b&gt;');
  });

  it('gives the part that follows events alone', async () => {
    const scene = createScene();
    await scene.addPromotion({}, untilQc);
    const html = await (await scene.get(`${PATH}?part=refresh`, await scene.signIn('dana'))).text();
    expect(html).toMatch(/^<div id="refresh"/);
    expect(html).toContain(`data-refresh="${PATH}?part=refresh"`);
    expect(html).not.toContain('data-refresh-ended');
    expect(html).not.toContain('<html');
  });

  it('follows no longer once it has ended', async () => {
    const scene = await failedScene();
    expect(await (await scene.get(PATH, await scene.signIn('dana'))).text()).toContain('data-refresh-ended');
  });

  it('believes Step Functions where the ledger is behind', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'FAILED', endedAt: '2026-11-22T10:20:00.000Z' }, untilProd, {
      status: 'RUNNING',
    });
    const html = await (await scene.get(PATH, await scene.signIn('olga'))).text();
    expect(html).toContain('In progress');
    expect(html).not.toContain('data-refresh-ended');
  });

  it('links the console on AWS, and shows the ids alone on this machine', async () => {
    const job = aJob({
      status: 'SUCCEEDED',
      startedAt: '2026-11-22T10:00:01.000Z',
      externalId: 'arn:x/shop/1.0.0/7',
    });
    for (const [siteUrl, expected] of [
      ['https://approvals.example.com', true],
      ['http://127.0.0.1:4567', false],
    ] as const) {
      const scene = createScene({ siteUrl });
      await scene.addPromotion({}, untilQc);
      await scene.ledger.addJob(job);
      const html = await (await scene.get(PATH, await scene.signIn('dana'))).text();
      expect(html).toContain('1.0.0/7');
      expect(html.includes('console.aws.amazon.com')).toBe(expected);
    }
  });

  it('is still shown when Step Functions has forgotten the execution', async () => {
    const scene = createScene();
    await scene.ledger.addPromotion(aPromotion({ status: 'SUCCEEDED', endedAt: '2026-11-22T10:20:00.000Z' }));
    const answer = await scene.get(PATH, await scene.signIn('dana'));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('this one is gone');
  });

  it('says what serves in Prod when it did not get there', async () => {
    const scene = createScene();
    await scene.ledger.addPromotion(
      aPromotion({
        status: 'FAILED',
        images: { prod: 'ami-new' },
        prodRestored: { redrives: 0, imageId: 'ami-old', at: '2026-11-22T10:20:00.000Z' },
      }),
    );
    const html = await (await scene.get(PATH, await scene.signIn('dana'))).text();
    expect(html).toContain('ami-new');
    expect(html).toContain('not deployed; Prod was restored to ami-old,');
  });

  it('shows attempts to decide that were not accepted', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    await scene.post(`/approvals/${approval.approvalId}/decision`, await scene.signIn('olga'), {
      decision: 'approve',
    });
    const html = await (await scene.get(PATH, await scene.signIn('dana'))).text();
    expect(html).toContain('NotInRole');
    expect(html).toContain('<bdi>olga</bdi>');
  });

  it('is not found under an unknown id', async () => {
    const scene = createScene();
    const cookie = await scene.signIn('olga');
    expect((await scene.get('/promotions/unknown', cookie)).status).toBe(404);
    expect((await scene.post('/promotions/unknown/redrive', cookie)).status).toBe(404);
  });

  it('stays below 72 KB with the longest cause that Step Functions keeps', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'FAILED' }, (history) =>
      history
        .enter(stateNames.buildQatImage)
        .schedule()
        .taskFailed('ImageBuildFailed', 'x'.repeat(32_768))
        .executionFailed('ImageBuildFailed', 'x'.repeat(32_768)),
    );
    const html = await (await scene.get(PATH, await scene.signIn('olga'))).text();
    const css = await (await scene.site.request('/assets/site.css')).text();
    const script = await (await scene.site.request('/assets/auto-refresh.js')).text();
    expect(html.length + css.length + script.length).toBeLessThan(72_000);
  });
});

describe('a redrive', () => {
  it('is offered to operators only', async () => {
    const scene = await failedScene();
    const form = `action="${PATH}/redrive"`;
    expect(await (await scene.get(PATH, await scene.signIn('olga'))).text()).toContain(form);
    const other = await (await scene.get(PATH, await scene.signIn('sam'))).text();
    expect(other).not.toContain(form);
    expect(other).toContain('An operator can redrive it');
  });

  it('by an operator continues the execution, and is logged with the name', async () => {
    const scene = await failedScene();
    const answer = await scene.post(`${PATH}/redrive`, await scene.signIn('olga'));
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(PATH);
    expect(scene.redriven).toEqual([ARN]);
    expect(scene.notedRedrives).toEqual([[PROMOTION_ID, 1, 'olga']]);
    expect(scene.log).toContainEqual(
      expect.objectContaining({ event: 'redrive', person: 'olga', outcome: 'redriven' }),
    );
  });

  it.each(['olga', 'dana'])('is advised on for %s, who may see the page', async (name) => {
    const scene = await failedScene();
    const html = await (await scene.get(PATH, await scene.signIn(name))).text();
    for (const part of [
      'You can redrive it until 6 Dec 2026, 10:20 UTC.',
      '<dt>Fix first</dt>',
      'See RUNBOOK.md, &quot;Build QAT image, Build Prod image&quot;.',
      'Build Prod image, attempt 2; then Point Prod at image',
      'Unchanged since the promotion started.',
    ])
      expect(html).toContain(part);
  });

  it('warns when the state machine has changed since', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'FAILED', endedAt: '2026-11-22T10:20:00.000Z' }, failedAtProd, {
      currentDefinition: '{"StartAt":"New","States":{"New":{"Type":"Succeed"}}}',
    });
    const html = await (await scene.get(PATH, await scene.signIn('dana'))).text();
    expect(html).toContain('<strong>Careful: </strong><bdi>It has changed since');
  });

  it('that may not be is shown to operators as a button that does nothing, with the reason', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'REJECTED', endedAt: '2026-11-22T10:20:00.000Z' }, denied);
    const html = await (await scene.get(PATH, await scene.signIn('olga'))).text();
    expect(html).toMatch(
      /<button class="primary" type="button" disabled="" aria-describedby="redrive-verdict"/,
    );
    expect(html).toMatch(
      /<p id="redrive-verdict">An approver rejected this promotion. A rejection is final./,
    );
    expect(await (await scene.get(PATH, await scene.signIn('dana'))).text()).not.toContain(
      'Redrive</button>',
    );
  });

  it('is not taken while another promotion has the environment, and says which', async () => {
    const scene = await failedScene();
    await scene.ledger.addPromotion(aPromotion({ promotionId: 'other' }));
    const free = await scene.ledger.lock('shop', 'prod');
    const { taskToken: _, ...holder } = aWaiter('other');
    await scene.ledger.replaceLock(free, { ...free, holder });
    const cookie = await scene.signIn('olga');
    const html = await (await scene.get(PATH, cookie)).text();
    expect(html).toMatch(/disabled="" aria-describedby="redrive-verdict">\s*Redrive from Build Prod image/);
    const answer = await scene.post(`${PATH}/redrive`, cookie);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('Not now: Prod is locked by commit other000 (promotion other)');
    expect(scene.redriven).toEqual([]);
  });

  it.each(['RUNNING', 'SUCCEEDED'] as const)('is no matter for one that is %s', async (status) => {
    const scene = createScene();
    await scene.addPromotion({ status }, untilProd);
    expect(await (await scene.get(PATH, await scene.signIn('olga'))).text()).not.toContain('redrive-title');
  });

  it.each(['quinn', 'parker', 'sam', 'dana'])('by %s is denied', async (name) => {
    const scene = await failedScene();
    const answer = await scene.post(`${PATH}/redrive`, await scene.signIn(name));
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('data-reason="NotInRole"');
    expect(scene.redriven).toEqual([]);
  });

  it('does not revive a rejection', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'REJECTED', endedAt: '2026-11-22T10:20:00.000Z' }, denied);
    const cookie = await scene.signIn('olga');
    expect(await (await scene.get(PATH, cookie)).text()).not.toContain(`action="${PATH}/redrive"`);
    const answer = await scene.post(`${PATH}/redrive`, cookie);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('A rejection is final');
    expect(scene.redriven).toEqual([]);
  });

  it('does not revive a Fail state either, before the ledger knows of the rejection', async () => {
    const scene = createScene();
    await scene.addPromotion({ status: 'FAILED', endedAt: '2026-11-22T10:20:00.000Z' }, denied);
    const answer = await scene.post(`${PATH}/redrive`, await scene.signIn('olga'));
    expect(answer.status).toBe(409);
    expect(scene.redriven).toEqual([]);
  });

  it.each([
    ['RUNNING', 'in progress'],
    ['SUCCEEDED', 'promotion succeeded'],
  ] as const)('of a promotion that is %s is not possible', async (status, text) => {
    const scene = createScene();
    await scene.addPromotion({ status }, untilProd);
    const answer = await scene.post(`${PATH}/redrive`, await scene.signIn('olga'));
    expect(answer.status).toBe(409);
    const html = await answer.text();
    expect(html).toContain('data-reason="NotRedrivable"');
    expect(html).toContain(text);
  });

  it('is not made when it cannot be recorded: it is recorded before Step Functions is asked', async () => {
    const scene = createScene({
      overrides: { noteRedrive: () => Promise.reject(new Error('the table is gone')) },
    });
    await scene.addPromotion({ status: 'FAILED', endedAt: '2026-11-22T10:20:00.000Z' }, untilProd);
    const response = await scene.post(`${PATH}/redrive`, await scene.signIn('olga'));
    expect(response.status).toBe(500);
    expect(scene.redriven).toEqual([]);
  });

  it('shows why Step Functions did not take it', async () => {
    const client = new SFNClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    client.middlewareStack.add(
      () => async () => {
        throw new ExecutionNotRedrivable({
          message: 'Execution is RUNNING and cannot be redriven',
          $metadata: {},
        });
      },
      { step: 'initialize' },
    );
    expect(await createSfnExecutions(client).redrive(ARN)).toEqual({
      kind: 'failed',
      message: 'Execution is RUNNING and cannot be redriven',
    });
  });
});

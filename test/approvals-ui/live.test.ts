import { parse } from 'node-html-parser';
import { aGoBack, aJob, anApproval, aPerson, aPromotion, approvedBy } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const minute = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 10, minutes)).toISOString();

/** A scene whose Prod runs one promotion, while QC is asked about the next. */
const liveScene = async () => {
  const scene = createScene();
  const { ledger } = scene;
  await ledger.addPromotion(
    aPromotion({
      promotionId: 'live',
      commitId: '1a2b3c4d'.repeat(5),
      commitMessage: 'Sort <articles>',
      status: 'SUCCEEDED',
      startedAt: minute(0),
      endedAt: minute(12),
      images: { qat: 'ami-0aaa', prod: 'ami-0bbb' },
      deployments: { qat: 'd-QAT1', prod: 'd-PROD1' },
      verifiedInstances: ['i-0ccc'],
    }),
  );
  await ledger.addJob(
    aJob({
      promotionId: 'live',
      state: 'Build Prod image',
      status: 'SUCCEEDED',
      output: { imageId: 'ami-0bbb' },
      endedAt: minute(8),
    }),
  );
  await ledger.addJob(
    aJob({
      promotionId: 'live',
      state: 'Deploy to Prod',
      kind: 'pipeline-run',
      parameters: { environment: 'prod', pipelineName: 'shop-prod' },
      status: 'SUCCEEDED',
      output: { pipelineExecutionId: 'e-1', deploymentId: 'd-PROD1' },
      endedAt: minute(11),
    }),
  );
  await ledger.addApproval(
    anApproval({ approvalId: 'old', promotionId: 'live', ...approvedBy(aPerson('quinn')) }),
  );
  await ledger.noteLive({ application: 'shop', promotionId: 'live', since: minute(11) });
  await scene.addQcRequest({}, { promotionId: 'next', startedAt: minute(13) });
  return scene;
};

type Scene = Awaited<ReturnType<typeof liveScene>>;

const pageOf = async (scene: Scene, path: string, name = 'dana') => {
  const response = await scene.get(path, await scene.signIn(name));
  return { status: response.status, document: parse(await response.text()) };
};

const textOf = (page: { document: ReturnType<typeof parse> }, selector: string): string =>
  (page.document.querySelector(selector)?.structuredText ?? '').replace(/\s+/g, ' ');

describe('the first page', () => {
  it('is what is live, for those with nothing to decide', async () => {
    const page = await pageOf(await liveScene(), '/');
    expect(page.document.querySelector('h1')?.text).toBe('What is live where');
    // It goes on as that page, also if something waits for the person by then.
    expect(page.document.querySelector('[data-refresh]')?.getAttribute('data-refresh')).toBe(
      '/live?part=refresh',
    );
  });

  it('is what waits for them, for those with something to decide', async () => {
    const page = await pageOf(await liveScene(), '/', 'quinn');
    expect(page.document.querySelector('h1')?.text).toBe('Waiting for you');
    expect(page.document.querySelector('[data-refresh]')?.getAttribute('data-refresh')).toBe(
      '/approvals?part=refresh',
    );
  });
});

describe('what is live', () => {
  it('is shown with commit, image, deployment, approvers, and as of when it is known', async () => {
    const page = await pageOf(await liveScene(), '/live');
    const prod = textOf(page, '[data-live=prod]');
    expect(page.document.querySelector('[data-live=prod] .live-commit a')?.getAttribute('href')).toBe(
      '/promotions/live',
    );
    for (const text of [
      'Sort &lt;articles&gt;',
      '1a2b3c4d on main',
      'Since 22 Nov 2026, 10:11 UTC · 19 min',
      'ami-0bbb · 22 min old',
      'd-PROD1',
      'quinn (QC)',
      'Verified',
      'Verify Prod saw this commit and image on the one instance that served on 22 Nov 2026, 10:12 UTC.',
      'Lockstep has not looked at the instances since.',
    ])
      expect(prod).toContain(text.replace('&lt;', '<').replace('&gt;', '>'));
    expect(textOf(page, '[data-live=qat]')).toContain('Nothing yet');
  });

  it('is shown with what comes next, at which state it is and for whom it waits', async () => {
    const scene = await liveScene();
    await scene.ledger.addPromotion(aPromotion({ promotionId: 'back', goBack: aGoBack() }));
    const page = await pageOf(scene, '/live');
    expect(textOf(page, '[data-next=back]')).toContain('goes back to it');
    expect(textOf(page, '[data-next=next]')).toContain('Show the cart is at QC approval, waits for QC');
    expect(textOf(page, '[data-next=next]')).not.toContain('goes back to it');
    expect(page.document.querySelector('[data-next=next] a[href^="/approvals/"]')?.getAttribute('href')).toBe(
      '/approvals/qc-request-1',
    );
  });

  it('comes next from a promotion whose page says for whom it waits', async () => {
    const scene = await liveScene();
    expect(textOf(await pageOf(scene, '/promotions/next'), '.summary')).toBe('QC approval: waiting for QC.');
  });

  it('is shown as not certain where Verify Prod has not seen it', async () => {
    const scene = await liveScene();
    await scene.ledger.updatePromotion('live', { status: 'FAILED' });
    const prod = textOf(await pageOf(scene, '/live'), '[data-live=prod]');
    expect(prod).toContain('Not certain');
    expect(prod).toContain('ended before Verify Prod had seen all instances');
  });
});

describe('the releases of an application', () => {
  it('are what each environment ran', async () => {
    const page = await pageOf(await liveScene(), '/releases/shop');
    expect(textOf(page, '[data-history=prod]')).toContain(
      'Sort <articles> 1a2b3c4d · since 22 Nov 2026, 10:11 UTC',
    );
    expect(textOf(page, '[data-history=prod]')).toContain('Promoted · approved by quinn (QC)');
    expect(textOf(page, '[data-history=qat]')).toContain('d-QAT1');
  });

  it('fail to be found of one that is not configured', async () => {
    expect((await pageOf(await liveScene(), '/releases/nothing')).status).toBe(404);
  });
});

describe('a search', () => {
  it.each([
    ['ami-0bbb', 'Prod image'],
    ['i-0ccc', 'Prod instance'],
    ['quinn', 'approved as QC'],
  ])('for %s finds the promotion by its %s', async (text, because) => {
    const page = await pageOf(await liveScene(), `/search?q=${text}`);
    expect(page.document.querySelectorAll('.row')).toHaveLength(1);
    expect(textOf(page, '.row')).toContain(`Found by: ${because}`);
    expect(textOf(page, '.searched')).toContain('1 found among 2 promotions, back to 22 Nov 2026, 10:00 UTC');
  });

  it('says where a promotion is that is in progress', async () => {
    const page = await pageOf(await liveScene(), '/search?q=next');
    expect(textOf(page, '.row')).toContain('At QC approval, waits for QC.');
    expect(textOf(page, '.row .chip')).toContain('Waiting for QC');
  });

  it('shows as text what was searched for', async () => {
    const page = await pageOf(
      await liveScene(),
      `/search?q=${encodeURIComponent('"><script>alert(1)</script>')}`,
    );
    expect(page.document.querySelector('#q')?.getAttribute('value')).toBe('"><script>alert(1)</script>');
    expect(page.document.querySelectorAll('script')).toHaveLength(1);
  });

  it('goes on with older promotions', async () => {
    const scene = await liveScene();
    for (let index = 0; index < 100; index++)
      await scene.ledger.addPromotion(aPromotion({ promotionId: `p${index}`, startedAt: minute(20) }));
    const first = await pageOf(scene, '/search?q=ami-0bbb');
    expect(textOf(first, '.searched')).toContain('Older ones have not been searched');
    const href = first.document.querySelector('a[rel=next]')?.getAttribute('href') ?? '';
    const second = await pageOf(scene, href.replaceAll('&amp;', '&'));
    expect(second.document.querySelectorAll('.row')).toHaveLength(1);
    expect(textOf(second, '.searched')).toContain('There are no older ones');
  });

  it('asks for more than a character or two', async () => {
    const page = await pageOf(await liveScene(), '/search?q=a');
    expect(textOf(page, '.empty')).toContain('Give at least 3 characters');
  });
});

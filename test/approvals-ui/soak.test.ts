import path from 'node:path';
import type { Page } from 'playwright-core';
import type { FiredAlarm } from '../../tasks/alarms/alarms.ts';
import type { Job } from '../../tasks/ledger/items.ts';
import type { Soak, SoakRequest } from '../../tasks/soak/soak-request.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { aJob, aPromotion } from '../tasks/doubles/samples.ts';
import {
  fitOf,
  openBrowser,
  prepareLook,
  violationsOf,
  writeScreenshot,
  writesScreenshots,
} from './support/browser.ts';
import { createScene } from './support/scene.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(120_000);

const { promotionId } = aPromotion();
const PATH = `/promotions/${promotionId}`;
const soak: Soak = {
  deploymentId: 'd-1',
  since: '2026-11-22T10:28:00.000Z',
  until: '2026-11-22T10:33:00.000Z',
  alarms: [
    {
      name: 'Lockstep-shop-ProdAlarmsErrors',
      state: 'OK',
      meaning: 'Instances of shop have answered 10 requests or more with a server error within five minutes.',
    },
    { name: 'Lockstep-shop-ProdAlarmsSlow', state: 'INSUFFICIENT_DATA', meaning: '' },
  ],
};
const on: Soak = {
  ...soak,
  alarms: [{ name: 'errors', state: 'ALARM', since: '2026-11-22T10:29:00.000Z', meaning: '' }],
  alarmsLeftOut: ['slow'],
};
const prodJob = (change: Partial<Job> = {}): Job =>
  aJob({
    state: stateNames.deployToProd,
    kind: 'pipeline-run',
    parameters: { environment: 'prod' },
    status: 'RUNNING',
    externalId: 'shop-prod/e-1',
    startedAt: '2026-11-22T10:20:00.000Z',
    ...change,
  });
const fired: FiredAlarm = {
  name: 'Lockstep-shop-ProdAlarmsErrors38919E81-12739C3AE9A2',
  since: '2026-11-22T10:25:00.000Z',
  meaning: 'Instances of shop have answered 10 requests or more with a server error within five minutes.',
  graph: {
    metric: 'HTTPCode_Target_5XX_Count',
    statistic: 'Sum',
    periodSeconds: 300,
    threshold: 10,
    comparison: '≥',
    points: [1, 0, 3, 2, 0, 1, 4, 2, 1, 0, 38, 61].map((value, index) => ({
      at: new Date(Date.parse('2026-11-22T09:30:00.000Z') + index * 300_000).toISOString(),
      value,
    })),
  },
};

/** A promotion at "Deploy to Prod", and what was asked of its soak. */
const running = async (shown: Soak | undefined, notPossible?: string) => {
  const asked: SoakRequest[] = [];
  const scene = createScene({
    overrides: {
      askSoak: async (application, request) => {
        expect(application).toBe('shop');
        if (request.action !== 'look') asked.push(request);
        if (request.action !== 'look')
          return notPossible ? { kind: 'not-possible', message: notPossible } : { kind: 'done' };
        if (shown === undefined) throw new Error('soak-prod is away');
        return { kind: 'soaking', soak: shown };
      },
    },
  });
  await scene.addPromotion({}, (history) => history.enter(stateNames.deployToProd).schedule());
  await scene.ledger.addJob(prodJob());
  return { scene, asked };
};
const failed = async (job: Partial<Job>, error: string) => {
  const scene = createScene();
  await scene.addPromotion({ status: 'FAILED', error, endedAt: '2026-11-22T10:26:00.000Z' }, (history) =>
    history.enter(stateNames.deployToProd).schedule().taskFailed(error, 'An alarm').executionFailed(error),
  );
  await scene.ledger.addJob(prodJob({ status: 'FAILED', error, ...job }));
  return scene;
};

describe('a promotion that soaks', () => {
  it.each([
    ['olga', true],
    ['quinn', false],
  ])('shows %s how long, and which alarms watch; and what operators can do: %s', async (name, isOperator) => {
    const { scene } = await running(soak);
    const text = await (await scene.get(PATH, await scene.signIn(name))).text();
    expect(text).toContain('3 min left');
    expect(text).toContain('value="40"');
    expect(text).toContain('Lockstep-shop-ProdAlarmsErrors');
    expect(text.includes(`href="${PATH}/send-back"`)).toBe(isOperator);
    expect(text.includes(`action="${PATH}/end-soak"`)).toBe(isOperator);
  });

  it('cannot be ended while an alarm is on, and says which were left out', async () => {
    const { scene } = await running(on);
    const text = await (await scene.get(PATH, await scene.signIn('olga'))).text();
    expect(text).toMatch(/<button[^>]*id="end-soak"[^>]* disabled=""/);
    expect(text).toContain('<strong>errors</strong>: on since 22 Nov 2026, 10:29 UTC');
    expect(text).toContain('errors is on: the soak can be ended when its alarms are quiet.');
    expect(text).toContain('slow was on before the deployment began');
  });

  it('that cannot be asked about still has its page', async () => {
    const { scene } = await running(undefined);
    const page = await scene.get(PATH, await scene.signIn('olga'));
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain('soak-card');
    expect(scene.log).toContainEqual(expect.objectContaining({ event: 'soak-not-read' }));
  });

  it('its traffic is sent back by an operator with a reason, its soak ended without one', async () => {
    const { scene, asked } = await running(soak);
    const olga = await scene.signIn('olga');
    expect((await scene.post(`${PATH}/send-back`, olga, { reason: ' ' })).status).toBe(400);
    expect(asked).toEqual([]);
    const answer = await scene.post(`${PATH}/send-back`, olga, { reason: 'Empty\ncart' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, PATH]);
    await scene.post(`${PATH}/end-soak`, olga);
    const askedBy = {
      type: 'person',
      subject: 'sub-of-olga',
      name: 'olga',
      verifiedEmail: 'olga@example.com',
    };
    expect(asked).toEqual([
      { promotionId, action: 'send-back', reason: 'Empty cart', askedBy },
      { promotionId, action: 'end', askedBy },
    ]);
  });

  it.each(['send-back', 'end-soak', 'despite-alarms'])(
    '%s is denied to others and to stale sign-ins',
    async (action) => {
      const { scene, asked } = await running(soak);
      const quinn = await scene.signIn('quinn');
      expect((await scene.post(`${PATH}/${action}`, quinn, { reason: 'Empty cart' })).status).toBe(403);
      const olga = await scene.signIn('olga');
      scene.advance(16 * 60_000);
      expect((await scene.post(`${PATH}/${action}`, olga, { reason: 'Empty cart' })).status).toBe(403);
      expect(asked).toEqual([]);
    },
  );

  it.each(['send-back', 'end-soak'])('says why %s was not possible', async (action) => {
    const { scene } = await running(soak, 'The deployment has ended meanwhile.');
    const answer = await scene.post(`${PATH}/${action}`, await scene.signIn('olga'), {
      reason: 'Empty cart',
    });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('The deployment has ended meanwhile.');
  });
});

describe('a promotion that alarms kept out of Prod', () => {
  it('shows what each alarm measured, with the same in words', async () => {
    const scene = await failed({ code: 'AlarmActive', alarms: [fired] }, 'DeploymentFailed');
    const text = await (await scene.get(PATH, await scene.signIn('quinn'))).text();
    expect(text.match(/<rect class="breaching"/g)).toHaveLength(2);
    expect(text.match(/<rect class="within"/g)).toHaveLength(10);
    expect(text).toContain('alarm at ≥ 10. Highest of 12 values: 61, 22 Nov 2026, 10:25 UTC.</title>');
  });

  it('is redriven despite them by an operator with a reason, for one attempt', async () => {
    const scene = await failed({}, 'AlarmOn');
    const olga = await scene.signIn('olga');
    expect(await (await scene.get(PATH, olga)).text()).toContain(`href="${PATH}/despite-alarms"`);
    expect((await scene.post(`${PATH}/despite-alarms`, olga, { reason: '' })).status).toBe(400);
    expect(scene.redriven).toEqual([]);
    await scene.post(`${PATH}/despite-alarms`, olga, { reason: 'It is the fix' });
    expect(scene.redriven).toHaveLength(1);
    expect((await scene.ledger.promotion(promotionId))?.despiteAlarms).toMatchObject({
      attempt: 2,
      reason: 'It is the fix',
      askedBy: { name: 'olga' },
    });
  });

  it('is not if something else was the reason', async () => {
    const scene = await failed({ code: 'ScriptFailed' }, 'DeploymentFailed');
    const olga = await scene.signIn('olga');
    expect(await (await scene.get(PATH, olga)).text()).not.toContain('despite-alarms');
    await scene.post(`${PATH}/despite-alarms`, olga, { reason: 'It is the fix' });
    expect(scene.redriven).toEqual([]);
  });
});

describe.each([1280, 320])('in a browser %i pixels wide', (width) => {
  it.each(['light', 'dark'] as const)('soak and graph fit and have no violation: %s', async (colorScheme) => {
    const site = await serveSite({
      askSoak: async () => ({ kind: 'soaking', soak: { ...on, alarms: [...soak.alarms, ...on.alarms] } }),
    });
    try {
      await site.addPromotion({}, (history) => history.enter(stateNames.deployToProd).schedule());
      await site.ledger.addJob(prodJob({ attempt: 1, status: 'FAILED', alarms: [fired] }));
      await site.ledger.addJob(prodJob({ attempt: 2, startedAt: '2026-11-22T10:26:00.000Z' }));
      const { page, problems } = await openBrowser({ width, colorScheme });
      await signIn(page, site.siteUrl);
      await page.goto(`${site.siteUrl}${PATH}`);
      await page.waitForSelector('.soak-card');
      await prepareLook(page);
      expect(await violationsOf(page)).toEqual([]);
      expect(await fitOf(page, width)).toEqual({ overflow: 0, clipped: [] });
      if (writesScreenshots && width > 1000 && colorScheme === 'light')
        await writeScreenshot(page, path.resolve('docs/screenshots/promotion-soak.png'), true);
      expect(problems).toEqual([]);
    } finally {
      await site.stop();
    }
  });
});

const signIn = async (page: Page, siteUrl: string) => {
  await page.goto(`${siteUrl}/`);
  await page.click('button[value="olga"]');
  await page.waitForURL(`${siteUrl}/`);
};

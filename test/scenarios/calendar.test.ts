import fs from 'node:fs';
import path from 'node:path';
import { createClock, readOutbox } from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import type { EvidenceFile } from '../../tasks/evidence/evidence-file.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstep } from './support/command-line.ts';
import { eventually, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const DAY = 86_400_000;
/** Thursday before the weekend on which Berlin's clocks go forward. */
const BEGIN = Date.parse('2027-03-25T09:00:00Z');

describe('a calendar in the week before the clocks go forward', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    const ahead = BEGIN - Date.now();
    scenario = await startScenario({
      clock: createClock(() => Date.now() + ahead),
      lockstep: {
        approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
        operators: ['olga@example.com'],
        calendar: {
          timeZone: 'Europe/Berlin',
          freezes: [{ name: 'weekend', from: 'Fri 16:00', until: 'Mon 07:00' }],
        },
        applications: [{ name: 'orders', runtime: 'nodejs' }],
      },
    });
  });
  afterAll(() => scenario?.stop());

  const now = () => scenario.run.clock.now();
  const site = () => scenario.system.siteUrl;
  /** What is typed for a time. */
  const typed = (at: number) => new Date(at).toISOString().slice(0, 16);
  const submit = async (person: string, path: string, form: string, values: Record<string, string>) => {
    const signedIn = await signInAs(person, site());
    const page = await signedIn.open(`${site()}${path}`);
    const found = page.document.querySelector(`form[action$="${form}"]`);
    if (!found) throw new Error(`${page.url} has no form ${form}: ${page.document.text}`);
    return signedIn.submit(page, found, values);
  };
  const declare = async (until: number, environment = 'prod') => {
    const answer = await submit('olga', '/calendar', '/freezes', {
      application: 'orders',
      environment,
      until: typed(until),
      reason: 'incident 42',
    });
    expect(answer.status).toBe(200);
  };
  const pageOf = async ({ id }: ScenarioPromotion) => {
    const quinn = await signInAs('quinn', site());
    const page = await quinn.open(`${site()}/promotions/${id}`);
    return page.document.text.replace(/\s+/g, ' ');
  };
  /** The promotion's record, once it is sealed, by the command line. */
  const evidenceOf = async ({ id }: ScenarioPromotion): Promise<EvidenceFile> => {
    let records = 0;
    return eventually('the sealed record', async () => {
      const file = `record-${++records}.json`;
      const { code } = await lockstep(scenario, 'evidence', id, '--out', file);
      if (code !== 0) return undefined;
      const read = JSON.parse(fs.readFileSync(path.join(scenario.stateDir, file), 'utf8')) as EvidenceFile;
      return read.entries.some(({ kind }) => kind === 'ended') ? read : undefined;
    });
  };
  const lock = async () => {
    const { holder, waiting } = await scenario.system.ledger.lock('orders', 'prod');
    return { holder: holder?.promotionId, waiting: waiting.map(({ promotionId }) => promotionId) };
  };
  const untilWaiting = ({ id }: ScenarioPromotion) =>
    eventually(`${id} to wait for Prod`, async () =>
      (await lock()).waiting.includes(id) ? true : undefined,
    );
  const approve = async (promotion: ScenarioPromotion) => {
    await promotion.decide('qc', 'quinn');
    await promotion.decide('pmo', 'parker');
  };
  const succeeds = async (promotion: ScenarioPromotion) =>
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });

  it('holds a promotion while a freeze is declared that came while approvals were open, until it ends early', async () => {
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    await declare(now() + DAY);
    await approve(promotion);
    await untilWaiting(promotion);
    expect(await lock()).toEqual({ holder: undefined, waiting: [promotion.id] });
    expect(await pageOf(promotion)).toContain('Frozen until Fri 26 Mar 2027');
    scenario.advance({ minutes: 60 });
    expect(await lock()).toEqual({ holder: undefined, waiting: [promotion.id] });
    const [freeze] = await scenario.system.ledger.declaredFreezes('orders');
    await submit('olga', '/calendar', `/${freeze?.freezeId}/end`, { reason: 'incident is over' });
    await eventually('Prod to be begun at once', async () =>
      (await lock()).holder === promotion.id ? true : undefined,
    );
    await succeeds(promotion);
    // What was declared stays, with who and why.
    expect(await scenario.system.ledger.declaredFreezes('orders')).toMatchObject([
      { declaredBy: { name: 'olga' }, ended: { by: { name: 'olga' }, reason: 'incident is over' } },
    ]);
  });

  it('lets a promotion on by an operator and an approver, and nobody else', async () => {
    await declare(now() + DAY / 2);
    const promotion = await scenario.startPromotion();
    await approve(promotion);
    await untilWaiting(promotion);
    const path = `/promotions/${promotion.id}`;
    await submit('olga', `${path}/override`, '/override', { reason: 'the fix of incident 42' });
    const mails = readOutbox(scenario.run.host.store).filter(({ subject }) =>
      subject.startsWith('Go on during a freeze?'),
    );
    expect(mails.map(({ to }) => to).sort()).toEqual(['pmo@example.com', 'qc@example.com']);
    expect(mails[0]?.message).toContain(`${site()}${path}`);
    scenario.advance({ minutes: 5 });
    expect((await lock()).waiting).toEqual([promotion.id]);
    await submit('quinn', path, '/override/decision', { decision: 'confirm' });
    await eventually('Prod to be begun at once', async () =>
      (await lock()).holder === promotion.id ? true : undefined,
    );
    await succeeds(promotion);
    const { entries } = await evidenceOf(promotion);
    expect(entries.filter(({ kind }) => kind.startsWith('override'))).toMatchObject([
      {
        kind: 'override-asked',
        actor: { name: 'olga' },
        what: { reason: 'the fix of incident 42', holds: [{ name: 'incident 42' }] },
      },
      { kind: 'override-decided', actor: { name: 'quinn' }, what: { decision: 'confirm', role: 'qc' } },
    ]);
  });

  it('lets what has begun go on, and a redriven state not begin again', async () => {
    scenario.advance({ minutes: 12 * 60 });
    const first = await scenario.startPromotion();
    await scenario.failNext(names.deployToProd);
    await first.decide('qc', 'quinn');
    await first.decide('pmo', 'parker');
    await eventually('Prod to be begun', async () => ((await lock()).holder === first.id ? true : undefined));
    await declare(now() + DAY / 4);
    // It built and pointed Prod although the freeze had begun.
    expect(await first.ended()).toMatchObject({ status: 'FAILED' });
    // Restoring is tried every five minutes. What it does takes real time, in which the freeze must not end.
    let advancedAt = 0;
    await eventually('the lock to be free', async () => {
      if (Date.now() - advancedAt > 2_000) {
        scenario.advance({ minutes: 5 });
        advancedAt = Date.now();
      }
      return (await lock()).holder === undefined ? true : undefined;
    });
    const page = await pageOf(first);
    expect(page).toContain('Not now: Prod is frozen');
    await scenario.run.host.call({ kind: 'administrator' }, 'states', 'RedriveExecution', {
      executionArn: first.executionArn,
    });
    const again = await first.ended();
    expect(again).toMatchObject({ status: 'FAILED', error: 'EnvironmentFrozen', redriveCount: 1 });
    scenario.advance({ minutes: 6 * 60 });
    await first.redrive();
    await succeeds(first);
  });

  it('waits for the time that an approver said, and then over the weekend, to the minute in summer time', async () => {
    const promotion = await scenario.startPromotion();
    await promotion.decide('qc', 'quinn');
    const { approvalId } = await promotion.asked('pmo');
    const friday = Date.parse('2027-03-26T15:30:00Z');
    expect(now()).toBeLessThan(friday - 3_600_000);
    await submit('parker', `/approvals/${approvalId}`, '/decision', {
      decision: 'approve',
      notBefore: typed(friday),
    });
    await untilWaiting(promotion);
    // Friday 16:30 is in the weekend's freeze, which ends on Monday at 07:00 in summer time: 05:00 UTC.
    expect(await pageOf(promotion)).toContain(
      'Frozen until Mon 29 Mar 2027, 07:00 CEST: parker said not before; weekend',
    );
    scenario.run.clock.advance(Date.parse('2027-03-29T04:59:00Z') - now());
    expect(await lock()).toEqual({ holder: undefined, waiting: [promotion.id] });
    scenario.advance({ minutes: 6 });
    await succeeds(promotion);
  });
});

import { readOutbox } from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import type { Environment } from '../../tasks/payloads.ts';
import { stateNames } from '../../workflows/state-names.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  scenarioOf,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

const people = {
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['olga@example.com'],
};

/** One system with an application of each kind: orders supersedes who waits for QC, books waits. */
let orders: Scenario;
let books: Scenario;
beforeAll(async () => {
  orders = await startScenario({
    lockstep: {
      ...people,
      applications: [
        { name: 'orders', runtime: 'nodejs' },
        { name: 'books', runtime: 'nodejs', whenNewer: 'wait' },
      ],
    },
  });
  books = await scenarioOf(orders.run, orders.stateDir, 'books');
});
afterAll(() => orders.stop());

const lock = async (scenario: Scenario, environment: Environment = 'qat') => {
  const { holder, waiting } = await scenario.system.ledger.lock(scenario.application.name, environment);
  return { holder: holder?.promotionId, waiting: waiting.map(({ promotionId }) => promotionId) };
};
const untilWaiting = (scenario: Scenario, { id }: ScenarioPromotion) =>
  eventually(`${id} to wait`, async () => ((await lock(scenario)).waiting.includes(id) ? true : undefined));
const untilTracked = (scenario: Scenario, { id }: ScenarioPromotion) =>
  eventually(`the end of ${id} in the ledger`, async () => {
    const promotion = await scenario.system.ledger.promotion(id);
    return promotion?.status === 'RUNNING' ? undefined : promotion;
  });
const untilIn = (promotion: ScenarioPromotion, state: string) =>
  eventually(`${promotion.id} in ${state}`, async () =>
    (await promotion.states()).at(-1)?.[0] === state ? true : undefined,
  );
const abort = (scenario: Scenario, { executionArn }: ScenarioPromotion) =>
  scenario.run.host.call({ kind: 'administrator' }, 'states', 'StopExecution', { executionArn });

const redrivePastThePage = (scenario: Scenario, { executionArn }: ScenarioPromotion) =>
  scenario.run.host.call({ kind: 'administrator' }, 'states', 'RedriveExecution', { executionArn });

describe('with whenNewer supersede', () => {
  it('a push while the first waits for QC supersedes it: its mail and its link say so, and the second goes on', async () => {
    const first = await orders.startPromotion();
    const { approvalId } = await first.asked('qc');
    const second = await orders.startPromotion();
    const ended = await first.ended();
    expect(ended).toMatchObject({ status: 'FAILED', error: 'Superseded' });
    expect(ended.cause).toContain(`commit ${second.commitId.slice(0, 8)} (promotion ${second.id})`);
    expect((await first.states()).slice(-2)).toEqual([
      [stateNames.qcApproval, 'FAILED'],
      [stateNames.superseded, 'FAILED'],
    ]);
    expect(await untilTracked(orders, first)).toMatchObject({ status: 'SUPERSEDED' });

    const mail = await eventually('the mail', () =>
      readOutbox(orders.run.host.store).find(({ subject }) => subject.startsWith('QC request withdrawn')),
    );
    expect(mail.to).toBe('qc@example.com');
    expect(mail.message).toContain(`promotion ${second.id}`);
    const quinn = await signInAs('quinn', orders.system.siteUrl);
    const decided = await quinn.decide(`${orders.system.siteUrl}/approvals/${approvalId}`, 'approve');
    expect(decided).toMatchObject({ kind: 'denied', reason: 'Withdrawn' });
    expect((decided as { text: string }).text).toContain(second.commitId.slice(0, 8));

    await second.asked('qc');
    expect(await lock(orders)).toEqual({ holder: second.id, waiting: [] });
  });

  it('ten pushes in a row end with the last one promoted and the others superseded', async () => {
    const commits: string[] = [];
    for (let push = 0; push < 10; push += 1) {
      commits.push(await orders.commit());
      await orders.push();
    }
    const last = await orders.promotion(commits.at(-1));
    expect(await approveBoth(last)).toMatchObject({ status: 'SUCCEEDED' });
    const others = (await orders.executions()).filter((arn) => arn !== last.executionArn);
    expect(others).toHaveLength(11);
    for (const executionArn of others)
      expect(
        await orders.run.host.call({ kind: 'administrator' }, 'states', 'DescribeExecution', {
          executionArn,
        }),
      ).toMatchObject({ status: 'FAILED', error: 'Superseded' });
  });

  it('when one is promoted, an older one that waits for PMO ends', async () => {
    const older = await orders.startPromotion();
    await older.decide('qc', 'quinn');
    await older.asked('pmo');
    const newer = await orders.startPromotion();
    expect(await approveBoth(newer)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await older.ended()).toMatchObject({ status: 'FAILED', error: 'Superseded' });
    expect((await older.states()).at(-1)).toEqual([stateNames.superseded, 'FAILED']);
  });
});

describe('with whenNewer wait', () => {
  it('a newer one waits until QC has decided; in Prod, what is older than what is live is stale', async () => {
    const first = await books.startPromotion();
    await first.asked('qc');
    const second = await books.startPromotion();
    await untilWaiting(books, second);
    expect(await lock(books)).toEqual({ holder: first.id, waiting: [second.id] });
    await first.decide('qc', 'quinn');
    await second.decide('qc', 'quinn');
    await second.decide('pmo', 'parker');
    await untilIn(second, stateNames.buildProdImage);
    await first.decide('pmo', 'parker');
    await untilIn(first, stateNames.lockProd);
    expect(await second.ended()).toMatchObject({ status: 'SUCCEEDED' });
    const stale = await first.ended();
    expect(stale).toMatchObject({ status: 'FAILED', error: 'Stale' });
    expect(stale.cause).toContain(`commit ${second.commitId.slice(0, 8)} (promotion ${second.id})`);
    expect((await first.states()).slice(-2)).toEqual([
      [stateNames.lockProd, 'FAILED'],
      [stateNames.stale, 'FAILED'],
    ]);
    expect(await untilTracked(books, first)).toMatchObject({ status: 'STALE' });
  });

  it('a stopped holder releases the lock, and a redriven one does not wait for one that has ended', async () => {
    await books.failNext(stateNames.buildQatImage);
    const failed = await books.startPromotion();
    expect(await failed.ended()).toMatchObject({ status: 'FAILED', error: 'ImageBuildFailed' });
    await untilTracked(books, failed);
    const holder = await books.startPromotion();
    await holder.asked('qc');
    const waiter = await books.startPromotion();
    await untilWaiting(books, waiter);

    // The page does not offer it; the console redrives all the same.
    await expect(failed.redrive()).rejects.toThrow('Not now: QAT is locked by');
    await redrivePastThePage(books, failed);
    const taken = await failed.ended();
    expect(taken).toMatchObject({ status: 'FAILED', error: 'EnvironmentLocked', redriveCount: 1 });
    expect(taken.cause).toContain(`promotion ${holder.id}`);

    await abort(books, holder);
    await waiter.asked('qc');
    expect(await lock(books)).toEqual({ holder: waiter.id, waiting: [] });
    await abort(books, waiter);
    await eventually('QAT to be free', async () => ((await lock(books)).holder ? undefined : true));

    await failed.redrive();
    await failed.asked('qc');
    expect(await failed.describe()).toMatchObject({ redriveCount: 2 });
    expect(await lock(books)).toEqual({ holder: failed.id, waiting: [] });
    await abort(books, failed);
  });

  it('one that failed after pointing QAT is not redriven once another has pointed QAT', async () => {
    await books.failNext(stateNames.refreshQatInstance);
    const failed = await books.startPromotion();
    expect(await failed.ended()).toMatchObject({ status: 'FAILED', error: 'InstanceRefreshFailed' });
    await untilTracked(books, failed);
    const other = await books.startPromotion();
    await other.asked('qc');
    await abort(books, other);
    await eventually('QAT to be free', async () => ((await lock(books)).holder ? undefined : true));

    await expect(failed.redrive()).rejects.toThrow(
      `QAT now runs the image of commit ${other.commitId.slice(0, 8)} (promotion ${other.id})`,
    );
    await redrivePastThePage(books, failed);
    const changed = await failed.ended();
    expect(changed).toMatchObject({ status: 'FAILED', error: 'QatChanged', redriveCount: 1 });
    expect(changed.cause).toContain(`promotion ${other.id}`);
    expect(await lock(books)).toEqual({ holder: undefined, waiting: [] });
    await untilTracked(books, other);
    await other.redrive();
    await other.asked('qc');
  });

  it('everything that was done was allowed', () => {
    expect(orders.run.host.accessReport().denied).toEqual([]);
  });
});

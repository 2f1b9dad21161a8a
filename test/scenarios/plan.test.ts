import fs from 'node:fs';
import path from 'node:path';
import type { Plan } from '../../cli/plan/plan.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import { git } from '../../infra/local/run/git.ts';
import { lockstep as runLockstep } from './support/command-line.ts';
import { approveBoth, eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(600_000);

/** A branch that is not promoted: what is on it can be planned. */
const CANDIDATE = 'candidate';

let orders: Scenario;
beforeAll(async () => {
  orders = await startScenario();
});
afterAll(() => orders?.stop());

const lockstep = (...args: readonly string[]) => runLockstep(orders, ...args);

const json = async <Value>(...args: readonly string[]): Promise<Value> => {
  const { out, error } = await lockstep(...args, '--json');
  if (out === '') throw new Error(error);
  return JSON.parse(out) as Value;
};

const plan = async (commitId: string): Promise<Plan> => {
  const made = await json<Plan>('plan', commitId);
  expect(made.unknown.filter((one) => !one.startsWith('Alarms of Prod'))).toEqual([]);
  return made;
};

/** Commits a change and plans it before it is pushed to the promoted branch. */
const planNext = async (message?: string): Promise<Plan> => {
  const commitId = await orders.commit(message);
  await orders.push(CANDIDATE);
  return plan(commitId);
};

const pushed = async ({ commitId }: Plan) => {
  await orders.push();
  return orders.promotion(commitId);
};

/** Has start-promotion take a promotion's push once more, as if its event came only now. @returns the new execution's ARN */
const deliverLate = async ({ id, commitId }: { id: string; commitId: string }): Promise<string> => {
  const { host, stacks } = orders.run;
  const recorded = await orders.system.ledger.promotion(id);
  const found = stacks
    .resourcesOfType('AWS::Lambda::Function')
    .find(({ state }) => /StartPromotion/.test(state.physicalId));
  const { Payload } = await host.call<{ Payload?: Uint8Array }>(
    { kind: 'administrator' },
    'lambda',
    'Invoke',
    {
      FunctionName: found?.state.physicalId,
      Payload: JSON.stringify({
        id: '00000000-0000-4000-8000-000000000139',
        source: 'aws.codecommit',
        'detail-type': 'CodeCommit Repository State Change',
        time: recorded?.pushedAt,
        detail: {
          event: 'referenceUpdated',
          repositoryName: 'orders',
          referenceType: 'branch',
          referenceName: 'main',
          commitId,
          callerUserArn: recorded?.pushedBy,
        },
      }),
    },
  );
  const { promotionId } = JSON.parse(Buffer.from(Payload ?? '{}').toString()) as { promotionId: string };
  return orders.application.stateMachineArn
    .replace(':stateMachine:', ':execution:')
    .concat(`:${promotionId}`);
};

/** Ends the freeze on the site, which lets those that wait go on at once. */
const unfreeze = async () => {
  const { siteUrl, ledger } = orders.system;
  const [freeze] = await ledger.declaredFreezes('orders');
  const olga = await signInAs('olga', siteUrl);
  const page = await olga.open(`${siteUrl}/calendar`);
  const form = page.document.querySelector(`form[action$="/${freeze?.freezeId}/end"]`);
  if (!form) throw new Error(`No form ends the freeze: ${page.document.text}`);
  await olga.submit(page, form, { reason: 'closed' });
};

/** Names of the states that a promotion entered, each once. */
const entered = async (promotion: { states: () => Promise<readonly (readonly [string, string])[]> }) => [
  ...new Set((await promotion.states()).map(([name]) => name)),
];

const decidedBy = (one: Plan, role: string) => one.gates.find((gate) => gate.role === role);

it('says how the first promotion goes, who may not decide, and that both images are built', async () => {
  fs.appendFileSync(path.join(orders.source.directory, 'CHANGES.md'), 'By Quinn\n');
  await git(orders.source.directory, ['add', '--all']);
  await git(orders.source.directory, [
    ...['commit', '--quiet', '--message', 'By Quinn', '--author', 'Quinn <quinn@example.com>'],
  ]);
  const planned = await planNext('By Dana');
  expect(planned).toMatchObject({
    begins: 'A push of it to main begins it.',
    end: { name: 'Promoted' },
    locks: [{ kind: 'acquires' }, { kind: 'acquires' }],
    builds: [{ state: 'Build QAT image' }, { state: 'Build Prod image' }],
    imageChanges: ['Prod runs no promoted image yet.'],
  });
  expect(planned.builds.filter(({ reuses }) => reuses)).toEqual([]);
  expect([planned.time, planned.cost]).toEqual([undefined, undefined]);
  expect(decidedBy(planned, 'qc')).toMatchObject({ mayDecide: ['sam'], mayNot: [{ name: 'quinn' }] });
  expect(decidedBy(planned, 'pmo')).toMatchObject({ mayDecide: ['parker', 'sam'] });

  const promotion = await pushed(planned);
  const asked = await promotion.asked('qc');
  const { commitCount, fileCount } = asked.review;
  expect(planned.change).toEqual({ commitCount, fileCount, bad: [] });
  const denied = await promotion.decide('qc', 'quinn');
  expect(JSON.stringify(denied)).toContain('MadeTheChange');
  const [denial] = await orders.system.ledger.denials(promotion.id);
  expect(denial).toMatchObject({ reason: 'MadeTheChange', person: { name: 'quinn' } });
  await promotion.decide('qc', 'sam');
  await promotion.decide('pmo', 'parker');
  expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
  expect(await entered(promotion)).toEqual(planned.states);
  const jobs = await orders.system.ledger.jobs(promotion.id);
  expect(jobs.filter(({ kind }) => kind === 'image-build').map(({ state }) => state)).toEqual(
    planned.builds.map(({ state }) => state),
  );

  // What it cost is what the next one is expected to cost.
  const next = await planNext();
  const { total } = await json<{ total: number }>('cost', promotion.id);
  expect(next.cost?.median).toBeCloseTo(total, 6);
  expect(next.time).toMatchObject({ promotions: 1 });
  expect(next.time?.states.map(({ state }) => state)).toEqual(jobs.map(({ state }) => state));
  expect(next.imageChanges).toEqual([]);
});

it('says which promotion a newer one supersedes, and how long a freeze holds it', async () => {
  const superseded = await pushed(await planNext());
  await superseded.asked('qc');
  const running = await json<Plan>('plan', superseded.commitId);
  expect(running.end).toMatchObject({
    name: 'InProgress',
    because: expect.stringContaining(`${superseded.id} is at QC approval, waits for QC`),
  });
  expect(running.begins).toBeUndefined();

  const until = new Date(orders.run.clock.now() + 3 * 3_600_000).toISOString().slice(0, 16);
  await lockstep('freeze', 'orders', '--until', until, '--reason', 'year-end close');
  const planned = await planNext();
  expect(planned.end.name).toBe('Promoted');
  const [qat, prod] = planned.locks;
  expect(qat).toMatchObject({ kind: 'acquires', supersedes: [{ promotionId: superseded.id }] });
  expect(prod).toMatchObject({ kind: 'frozen', until: `${until}:00.000Z` });

  const promotion = await pushed(planned);
  expect(await superseded.ended()).toMatchObject({ error: 'Superseded' });
  await promotion.decide('qc', 'quinn');
  await promotion.decide('pmo', 'parker');
  const held = await eventually('the promotion to wait for Prod', async () => {
    const { waiting } = await orders.system.ledger.lock('orders', 'prod');
    return waiting.find(({ promotionId }) => promotionId === promotion.id);
  });
  expect(held).toBeDefined();
  await unfreeze();
  expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
  expect(await entered(promotion)).toEqual(planned.states);
});

it('says that it waits for one that is being built, and for what', async () => {
  const first = await planNext();
  const working = await pushed(first);
  await eventually('QAT to be locked', async () =>
    (await orders.system.ledger.lock('orders', 'qat')).holder?.promotionId === working.id ? true : undefined,
  );
  const planned = await planNext();
  expect(planned.locks[0]).toMatchObject({ kind: 'waits', behind: { promotionId: working.id } });
  await approveBoth(working);
});

it('names the state and the error of a revision without an AppSpec file, and of one whose script is missing', async () => {
  const appSpec = path.join(orders.source.directory, 'appspec.yml');
  const text = fs.readFileSync(appSpec, 'utf8');
  fs.rmSync(appSpec);
  const without = await planNext('Without an AppSpec file');
  fs.writeFileSync(appSpec, text.replace(/(ValidateService:\s+- location: )\S+/, '$1none.sh'));
  const broken = await planNext('With a script that is missing');
  for (const planned of [without, broken]) {
    expect(planned.end).toMatchObject({ name: 'DeploymentFailed', state: 'Deploy to QAT' });
    expect(planned.states.at(-1)).toBe('Deploy to QAT');
    expect(planned.gates).toEqual([]);
    await git(orders.source.directory, ['checkout', '--quiet', planned.commitId]);
    const promotion = await pushed(planned);
    expect(await promotion.ended()).toMatchObject({ status: 'FAILED', error: planned.end.name });
    expect(await entered(promotion)).toEqual(planned.states);
  }
  await git(orders.source.directory, ['checkout', '--quiet', 'main']);
  fs.writeFileSync(appSpec, text);
});

it('says that a bad commit and an unknown one start nothing', async () => {
  const commitId = await orders.commit();
  await orders.push(CANDIDATE);
  await lockstep('mark-bad', commitId, '--application', 'orders', '--reason', 'loses orders');
  const bad = await plan(commitId);
  expect(bad.end).toMatchObject({ name: 'Recalled', because: expect.stringContaining('loses orders') });
  expect([bad.begins, bad.states, bad.gates]).toEqual([undefined, [], []]);
  const before = await orders.executions();
  await orders.push();
  const good = await planNext();
  expect(good.warnings.join('\n')).toContain('loses orders');
  const promotion = await pushed(good);
  await promotion.asked('qc');
  expect((await orders.executions()).length).toBe(before.length + 1);
  expect((await promotion.asked('qc')).review.bad).toMatchObject([{ commitId }]);
  await approveBoth(promotion);

  const unknown = await lockstep('plan', 'f'.repeat(40));
  expect(unknown.code).toBe(1);
  expect(unknown.out).toContain('orders has no commit ffff');
});

it('says that Prod is not taken back by a push that comes late', async () => {
  const older = await pushed(await planNext());
  await older.decide('qc', 'quinn', 'reject');
  await older.ended();
  expect(await approveBoth(await pushed(await planNext()))).toMatchObject({ status: 'SUCCEEDED' });
  const planned = await plan(older.commitId);
  expect(planned.begins).toContain('has gone on from it');
  expect(planned.end).toMatchObject({ name: 'Superseded', state: 'QC approval' });
  const executionArn = await deliverLate(older);
  const late = orders.promotionOf(executionArn, older.commitId);
  expect(await late.ended()).toMatchObject({ error: planned.end.name });
  expect((await entered(late)).filter((state) => state !== 'Superseded')).toEqual(planned.states);
});

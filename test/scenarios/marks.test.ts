import fs from 'node:fs';
import path from 'node:path';
import type { ListActionExecutionsOutput } from '@aws-sdk/client-codepipeline';
import { readOutbox } from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import { git } from '../../infra/local/run/git.ts';
import type { EvidenceFile } from '../../tasks/evidence/evidence-file.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstepJson } from './support/command-line.ts';
import { servedInProd } from './support/go-back.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(600_000);

const administrator = { kind: 'administrator' } as const;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await startScenario({
    lockstep: {
      approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
      operators: ['olga@example.com'],
      applications: [
        { name: 'orders', runtime: 'nodejs', developers: ['dana@example.com'], whenNewer: 'wait' },
      ],
    },
  });
});
afterAll(() => scenario?.stop());

const ledger = () => scenario.system.ledger;
/** Marks or unmarks a promotion's commit on its page. */
const press = async (
  { id }: Pick<ScenarioPromotion, 'id'>,
  person: string,
  reason: string,
  action: 'mark-bad' | 'unmark-bad' = 'mark-bad',
): Promise<number> => {
  const signedIn = await signInAs(person, scenario.system.siteUrl);
  const page = await signedIn.open(`${scenario.system.siteUrl}/promotions/${id}/${action}`);
  const form = page.document.querySelector(`form[action$="/${action}"]`);
  if (!form) return 0;
  return (await signedIn.submit(page, form, { reason })).status;
};
const tracked = (promotion: ScenarioPromotion) =>
  eventually(`the end of ${promotion.id} in the ledger`, async () => {
    const recorded = await ledger().promotion(promotion.id);
    return recorded?.status === 'RUNNING' ? undefined : recorded;
  });
const mails = (subject: RegExp) =>
  readOutbox(scenario.run.host.store).filter((one) => subject.test(one.subject));
const lockstep = (...args: string[]) => lockstepJson<unknown>(scenario, ...args);
const endsAsRecalled = async (promotion: ScenarioPromotion, state: string, reason: string) => {
  const end = await promotion.ended();
  expect(end).toMatchObject({ status: 'FAILED', error: 'Recalled' });
  expect(end.cause).toContain(`marked commit ${promotion.commitId.slice(0, 8)} bad`);
  expect(end.cause).toContain(reason);
  expect((await promotion.states()).slice(-2)).toEqual([
    [state, 'FAILED'],
    [names.recalled, 'FAILED'],
  ]);
  await eventually('the end in the ledger', async () =>
    (await ledger().promotion(promotion.id))?.status === 'RECALLED' ? true : undefined,
  );
};

let live: ScenarioPromotion;
let bad: ScenarioPromotion;

it('what was deployed goes on when its commit is marked bad meanwhile: it is verified, and the promotion succeeds', async () => {
  live = await scenario.startPromotion();
  await live.decide('qc', 'quinn');
  await live.decide('pmo', 'parker');
  await eventually('the deployment', async () => {
    const job = await ledger().latestJob(live.id, names.deployToProd);
    if (job?.externalId === undefined) return undefined;
    const [pipelineName, pipelineExecutionId] = job.externalId.split('/');
    const { actionExecutionDetails = [] } = await scenario.run.host.call<ListActionExecutionsOutput>(
      administrator,
      'codepipeline',
      'ListActionExecutions',
      { pipelineName, filter: { pipelineExecutionId } },
    );
    return actionExecutionDetails.some(({ input }) => input?.actionTypeId?.provider === 'CodeDeploy')
      ? true
      : undefined;
  });
  expect(await press(live, 'olga', 'it begins slowly')).toBe(200);
  expect(await live.ended()).toMatchObject({ status: 'SUCCEEDED' });
  expect(await tracked(live)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await servedInProd(scenario)).toBe(live.commitId);
  expect(await press(live, 'quinn', 'only the first request is slow', 'unmark-bad')).toBe(200);
});

it('while QC is asked, the request is withdrawn, its approvers are told why, and the promotion ends as Recalled', async () => {
  bad = await scenario.startPromotion();
  const { approvalId } = await bad.asked('qc');
  expect(await press(bad, 'parker', 'it loses orders')).toBe(200);
  await endsAsRecalled(bad, names.qcApproval, 'it loses orders');
  const [withdrawn] = await eventually('the mail', () => {
    const found = mails(/^QC request withdrawn/);
    return found.length > 0 ? found : undefined;
  });
  expect(withdrawn?.to).toBe('qc@example.com');
  expect(withdrawn?.message).toContain('it loses orders');
  expect(mails(/^Recalled: /).map(({ to }) => to)).toEqual(['dana@example.com']);
  const quinn = await signInAs('quinn', scenario.system.siteUrl);
  expect(await quinn.decide(`${scenario.system.siteUrl}/approvals/${approvalId}`, 'approve')).toMatchObject({
    kind: 'denied',
    reason: 'Withdrawn',
  });
  await eventually('QAT to be free', async () =>
    (await ledger().lock('orders', 'qat')).holder === undefined ? true : undefined,
  );
  await expect(bad.redrive()).rejects.toThrow('was marked bad. That is final.');
});

it('another push of a bad commit starts nothing; operators and makers learn of it', async () => {
  const before = await scenario.executions();
  const { directory } = scenario.source;
  // The branch goes to the commit before, and to the bad one again.
  await git(directory, [
    'push',
    '--quiet',
    '--force',
    scenario.application.remote,
    `${bad.commitId}~1:refs/heads/${scenario.application.branch}`,
  ]);
  await scenario.push();
  const told = await eventually('the mails', () => {
    const found = mails(/^Not started, the commit is bad: orders/);
    return found.length >= 2 ? found : undefined;
  });
  expect(told.map(({ to }) => to).sort()).toEqual(['dana@example.com', 'olga@example.com']);
  expect(told[0]?.message).toContain('it loses orders');
  for (const executionArn of await scenario.executions()) {
    if (before.includes(executionArn)) continue;
    const call = (operation: string) =>
      scenario.run.host.call<{ input?: string }>(administrator, 'states', operation, { executionArn });
    // Only the commit before it was promoted again.
    expect((await call('DescribeExecution')).input).toContain(live.commitId);
    await call('StopExecution');
  }
});

it('a later commit that contains it goes on, with a warning for its approvers; a mark while it waits for Prod takes it out of the queue', async () => {
  const holder = await scenario.startPromotion();
  const { review } = await holder.asked('qc');
  expect(review.bad).toMatchObject([
    { commitId: bad.commitId, by: { name: 'parker' }, reason: 'it loses orders' },
  ]);
  expect(mails(/^QC approval: orders/).at(-1)?.message).toContain(
    'contains a bad commit. parker marked commit',
  );
  await holder.decide('qc', 'quinn');
  const waiter = await scenario.startPromotion();
  await waiter.decide('qc', 'quinn');
  await waiter.asked('pmo');
  await holder.decide('pmo', 'parker');
  await eventually('the holder', async () =>
    (await ledger().lock('orders', 'prod')).holder?.promotionId === holder.id ? true : undefined,
  );
  await waiter.decide('pmo', 'parker');
  await eventually('the waiter', async () =>
    (await ledger().lock('orders', 'prod')).waiting.some(({ promotionId }) => promotionId === waiter.id)
      ? true
      : undefined,
  );
  expect(await press(waiter, 'quinn', 'it counts twice')).toBe(200);
  await endsAsRecalled(waiter, names.lockProd, 'it counts twice');
  expect(
    mails(/^Not promoted: orders/)
      .map(({ to }) => to)
      .sort(),
  ).toEqual(['pmo@example.com', 'qc@example.com']);
  expect(await holder.ended()).toMatchObject({ status: 'SUCCEEDED' });
  expect(await servedInProd(scenario)).toBe(holder.commitId);
});

it('between "Point Prod at image" and "Deploy to Prod" it ends as Recalled, and Prod is restored', async () => {
  const before = await servedInProd(scenario);
  // The first attempt to deploy fails, and somebody redrives it past the page after the mark.
  await scenario.failNext(names.deployToProd);
  const promotion = await scenario.startPromotion();
  await promotion.decide('qc', 'quinn');
  await promotion.decide('pmo', 'parker');
  expect(await promotion.ended()).toMatchObject({ status: 'FAILED' });
  const pointed = await tracked(promotion);
  expect(pointed?.images.prod).toBeDefined();
  expect(await press(promotion, 'olga', 'it forgets carts')).toBe(200);
  await expect(promotion.redrive()).rejects.toThrow('A redrive would end as Recalled');
  await scenario.run.host.call(administrator, 'states', 'RedriveExecution', {
    executionArn: promotion.executionArn,
  });
  await endsAsRecalled(promotion, names.deployToProd, 'it forgets carts');
  await eventually('Prod to be restored', async () =>
    (await ledger().promotion(promotion.id))?.prodRestored?.redrives === 1 ? true : undefined,
  );
  expect(await servedInProd(scenario)).toBe(before);
});

it('a go-back marks the commit that it left; who asked cannot unmark it, and evidence has every mark, sealed', async () => {
  const left = await ledger().live('orders');
  const leftId = left?.promotionId ?? '';
  const asker = await signInAs('olga', scenario.system.siteUrl);
  const page = await asker.open(`${scenario.system.siteUrl}/promotions/${live.id}/go-back`);
  const form = page.document.querySelector('form[action$="/go-back"]');
  if (!form) throw new Error(page.document.text);
  const answer = await asker.submit(page, form, { reason: 'orders vanish' });
  const id = new URL(answer.url).pathname.split('/').at(-1) ?? '';
  const goBack = scenario.promotionOf(live.executionArn.replace(live.id, id), live.commitId);
  expect(await approveBoth(goBack)).toMatchObject({ status: 'SUCCEEDED' });
  await tracked(goBack);
  const leftCommit = (await ledger().promotion(leftId))?.commitId ?? '';
  expect(await ledger().mark('orders', leftCommit)).toMatchObject({
    markings: [{ by: { name: 'olga' }, reason: 'orders vanish', goBack: id }],
  });
  expect(await press({ id: leftId }, 'olga', 'it was the disk', 'unmark-bad')).toBe(0);
  const refused = await lockstep(
    'mark-bad',
    leftCommit.slice(0, 12),
    '--application',
    'orders',
    '--reason',
    'again',
  );
  expect(refused).toMatchObject({ code: 0, json: { outcome: 'already' } });
  expect(await press({ id: leftId }, 'quinn', 'it was the disk', 'unmark-bad')).toBe(200);
  expect((await lockstep('bad', 'orders')).json).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ commitId: leftCommit, isBad: false }),
      expect.objectContaining({ commitId: bad.commitId, isBad: true }),
    ]),
  );

  scenario.advance({ minutes: 6 });
  await eventually('evidence of all marks', async () =>
    (await ledger().marks('orders')).every(({ isUnrecorded }) => !isUnrecorded) ? true : undefined,
  );
  expect(await lockstep('evidence', leftId, '--out', 'left.json')).toMatchObject({ code: 0 });
  const file = path.join(scenario.stateDir, 'left.json');
  const { entries, key } = JSON.parse(fs.readFileSync(file, 'utf8')) as EvidenceFile;
  fs.writeFileSync(path.join(scenario.stateDir, 'key.pem'), key?.publicKey ?? '');
  expect(await lockstep('verify', 'left.json', '--key', 'key.pem')).toMatchObject({ code: 0 });
  expect(entries.slice(-2)).toMatchObject([
    { kind: 'marked-bad', actor: { name: 'olga' }, what: { goBack: id, reason: 'orders vanish' } },
    { kind: 'unmarked-bad', actor: { name: 'quinn' }, what: { reason: 'it was the disk' } },
  ]);
  expect(scenario.run.host.accessReport().denied).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { readOutbox } from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import { addPendingApprovals, openApprovalsList } from './support/pending-approvals.ts';
import { eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;
const PENDING = 200;
const COMMITS = 1000;
/** More pages of the query for what is open. */
const MORE_CALLS = 5;

describe('approvals', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario.stop());

  const userPool = () => {
    const { stacks } = scenario.run;
    const outputs = stacks.stackNames().map((name) => stacks.stackOutputs(name));
    return String(outputs.find((one) => 'UserPoolId' in one)?.UserPoolId);
  };
  const inGroup = (action: 'AdminAddUserToGroup' | 'AdminRemoveUserFromGroup', Username: string) =>
    scenario.run.host.call(administrator, 'cognito-idp', action, {
      UserPoolId: userPool(),
      Username,
      GroupName: 'qc',
    });

  it('are asked for with the change against Prod, the images, the tests and the way to QAT', async () => {
    const promotion = await scenario.startPromotion();
    const { review } = await promotion.asked('qc');
    expect(review.gaps).toEqual([]);
    expect(review.commits[0]).toMatchObject({
      commitId: promotion.commitId,
      authorEmail: 'dana@example.com',
    });
    expect(review.makers).toMatchObject([
      { address: 'dana@example.com', because: [{ role: 'author' }, { role: 'committer' }] },
      { name: 'dana', because: [{ role: 'pusher', commitId: promotion.commitId }] },
    ]);
    expect(review.images.qat?.components.length).toBeGreaterThan(0);
    expect(review.tests).toMatchObject([{ status: 'Succeeded' }]);
    expect(review.tests[0]?.events).toContainEqual({ name: 'ValidateService', status: 'Succeeded' });
    const answer = await fetch(review.qatUrl ?? '');
    expect(await answer.text()).toContain(promotion.commitId.slice(0, 7));

    // Somebody who has left the group decides nothing, even on a page that was opened as a member.
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const { approvalId } = await promotion.asked('qc');
    const page = await quinn.open(`${scenario.system.siteUrl}/approvals/${approvalId}`);
    const form = page.document.querySelector('form[action$="/decision"]');
    if (!form) throw new Error('The page has no form for a decision.');
    await inGroup('AdminRemoveUserFromGroup', 'quinn');
    const denied = await quinn.submit(page, form, { decision: 'approve', comment: '' });
    expect(denied.document.querySelector('[data-reason]')?.getAttribute('data-reason')).toBe('NotInRole');
    await inGroup('AdminAddUserToGroup', 'dana');
    expect(await promotion.decide('qc', 'dana')).toMatchObject({ kind: 'denied', reason: 'MadeTheChange' });
    await inGroup('AdminRemoveUserFromGroup', 'dana');
    await inGroup('AdminAddUserToGroup', 'quinn');

    await promotion.decide('qc', 'quinn');
    await promotion.decide('pmo', 'parker');
    await promotion.ended();
    const outcomes = () =>
      readOutbox(scenario.run.host.store)
        .map(({ to, subject }) => `${to} ${subject.split(':')[0]}`)
        .filter((line) => line.endsWith('approved'));
    expect(
      await eventually('the outcomes', () => (outcomes().length === 3 ? outcomes() : undefined)),
    ).toEqual(
      expect.arrayContaining([
        'qc@example.com QC approved',
        'pmo@example.com PMO approved',
        'qc@example.com PMO approved',
      ]),
    );
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('of a second promotion are against what the first brought to Prod', async () => {
    const promotion = await scenario.startPromotion();
    const { review } = await promotion.asked('qc');
    expect(review.live?.commitId).toMatch(/^[0-9a-f]{40}$/);
    expect(review.commits.map(({ commitId }) => commitId)).toEqual([promotion.commitId]);
    expect(review.fileCount).toEqual({ added: 0, changed: 1, removed: 0 });
    expect(review.images.prod?.recipe).toBe(review.images.qat?.recipe);

    scenario.advance({ days: 1, minutes: 6 });
    await eventually('a reminder', () =>
      readOutbox(scenario.run.host.store).find(({ subject }) => subject.startsWith('Reminder, QC approval')),
    );
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('that nobody may decide are told to operators and the pusher, and so is the end', async () => {
    await scenario.commit(
      'Pair\n\nCo-authored-by: Q <quinn@example.com>\nCo-authored-by: S <sam@example.com>',
    );
    await scenario.push();
    const promotion = await scenario.promotion();
    await promotion.asked('qc');
    const about = (to: string) =>
      readOutbox(scenario.run.host.store).filter(
        (mail) => mail.to === to && mail.message.includes(promotion.commitId),
      );
    const [shortage, ...others] = await eventually('the mail to operators', () => {
      const found = about('operators@example.com');
      return found.length > 0 ? found : undefined;
    });
    expect([shortage?.subject.split(':')[0], others]).toEqual(['Nobody left to decide as QC', []]);
    expect(shortage?.message).toContain('The pusher gets a mail, too.');
    const subjects = () => about('dana@example.com').map(({ subject }) => subject.split(':')[0]);
    expect(subjects()).toEqual(['Your change needs other approvers']);
    expect(about('dana@example.com')[0]?.message).toContain('- quinn: ');

    await inGroup('AdminAddUserToGroup', 'parker');
    expect(await promotion.decide('qc', 'parker', 'reject')).toEqual({ kind: 'decided' });
    await inGroup('AdminRemoveUserFromGroup', 'parker');
    await promotion.ended();
    await eventually('the end', () => subjects().includes('Rejected') || undefined);
    expect(subjects().sort()).toEqual(['Rejected', 'Your change needs other approvers']);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it(`are listed page by page when ${PENDING} are pending, at no more calls than when few are`, async () => {
    const callsOf = async (list: () => Promise<number>) => {
      const before = scenario.run.host.accessReport().allowed;
      expect(await list()).toBe(20);
      return scenario.run.host.accessReport().allowed - before;
    };
    await addPendingApprovals(scenario, 20);
    const rows = await openApprovalsList(scenario);
    const callsForFew = await callsOf(() => rows(1));
    await addPendingApprovals(scenario, PENDING, 20);
    const calls: number[] = [];
    for (let page = 1; page <= PENDING / 20; page++) calls.push(await callsOf(() => rows(page)));
    // The fewest show what a page itself needs; the others also what reconciling does at the same time.
    expect(Math.min(...calls)).toBeLessThanOrEqual(callsForFew + MORE_CALLS);
  });

  it('of a thousand commits since the live one know the maker of each, the one dated 1970 too', async () => {
    const { directory, commitId: tip } = { ...scenario.source, commitId: await scenario.commit() };
    const commit = (mark: number, name: string, seconds: number, parents: readonly string[]) => [
      'commit refs/heads/main',
      `mark :${mark}`,
      `committer ${name} <${name}@example.com> ${seconds} +0000`,
      'data 0',
      `from ${parents[0]}`,
      ...parents.slice(1).map((parent) => `merge ${parent}`),
      '',
    ];
    const lines = [
      ...commit(1, 'sam', 0, [tip]),
      ...commit(2, 'dana', 1_764_000_000, [tip, ':1']),
      ...Array.from({ length: COMMITS }, (_, index) =>
        commit(index + 3, 'dana', 1_764_000_001 + index, [`:${index + 2}`]),
      ).flat(),
    ];
    execFileSync('git', ['-C', directory, 'fast-import', '--quiet', '--force'], { input: lines.join('\n') });
    execFileSync('git', ['-C', directory, 'reset', '--quiet', '--hard']);
    await scenario.push();
    const promotion = await scenario.promotion();
    const { review } = await promotion.asked('qc');
    expect(review.commitCount).toBeGreaterThan(COMMITS);
    expect(review.makers.map(({ address }) => address)).toContain('sam@example.com');
    expect(await promotion.decide('qc', 'sam')).toMatchObject({ kind: 'denied', reason: 'MadeTheChange' });
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});

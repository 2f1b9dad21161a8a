import { pause } from '../../infra/local/run/follow.ts';
import { git } from '../../infra/local/run/git.ts';
import { eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

describe('push events', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario.stop());

  const pushEvents = () =>
    scenario.run.services.events.recentEvents().filter((event) => event.source === 'aws.codecommit');

  /** The push event has reached its targets, and the functions that it woke have ended. */
  const settled = async (pushes: number) => {
    await eventually('the push event', () => (pushEvents().length >= pushes ? true : undefined));
    await pause(1500);
  };

  it('start one promotion when the event comes twice', async () => {
    const promotion = await scenario.startPromotion();
    const event = pushEvents().at(-1);
    scenario.run.services.events.redeliver(event?.id ?? '');
    await promotion.asked('qc');
    scenario.run.services.events.redeliver(event?.id ?? '');
    await pause(1500);
    expect(await scenario.executions()).toEqual([promotion.executionArn]);
    const promotions = await scenario.system.ledger.promotions();
    expect(promotions.items.map(({ promotionId }) => promotionId)).toEqual([promotion.id]);
  });

  it('of another branch start none', async () => {
    const before = await scenario.executions();
    const pushes = pushEvents().length;
    await scenario.commit();
    await scenario.push('feature/login');
    await settled(pushes + 1);
    expect(await scenario.executions()).toEqual(before);
  });

  it('of a deleted branch start none', async () => {
    const before = await scenario.executions();
    const pushes = pushEvents().length;
    const { repositoryPath } = scenario.application;
    await git(scenario.source.directory, ['push', '--quiet', repositoryPath, ':refs/heads/feature/login']);
    await settled(pushes + 1);
    expect(pushEvents().at(-1)?.detail).toMatchObject({
      event: 'referenceDeleted',
      referenceName: 'feature/login',
    });
    expect(await scenario.executions()).toEqual(before);
  });

  it('that tell of the deletion of the promoted branch start none', async () => {
    const before = await scenario.executions();
    const pushes = pushEvents().length;
    const [push] = pushEvents();
    const { commitId, ...detail } = push?.detail ?? {};
    scenario.run.host.emit({
      source: 'aws.codecommit',
      detailType: push?.['detail-type'] ?? '',
      resources: push?.resources ?? [],
      detail: { ...detail, event: 'referenceDeleted', oldCommitId: commitId },
    });
    await settled(pushes + 1);
    expect(await scenario.executions()).toEqual(before);
  });
});

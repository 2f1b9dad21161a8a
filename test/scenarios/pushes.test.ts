import { randomUUID } from 'node:crypto';
import { describeExecution, historyOf, pause } from '../../infra/local/run/follow.ts';
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

  /** The commit that the promoted branch holds. */
  const head = () =>
    git(scenario.source.directory, ['ls-remote', scenario.application.remote, 'refs/heads/main']).then(
      (line) => line.split('\t')[0] ?? '',
    );

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
    const { remote } = scenario.application;
    await git(scenario.source.directory, ['push', '--quiet', remote, ':refs/heads/feature/login']);
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

  describe('that somebody makes up and hands to start-promotion', () => {
    const administrator = { kind: 'administrator' } as const;
    /** Invokes start-promotion with the event of the last push, changed. @returns the id of the promotion that it started */
    const invoke = async (detail: object): Promise<string | undefined> => {
      const { host, clock } = scenario.run;
      const { Functions } = await host.call<{ Functions: { FunctionName: string }[] }>(
        administrator,
        'lambda',
        'ListFunctions',
        {},
      );
      const push = pushEvents().at(-1);
      const event = {
        ...push,
        id: randomUUID(),
        time: new Date(clock.now()).toISOString(),
        detail: { ...push?.detail, ...detail },
      };
      const { Payload } = await host.call<{ Payload: Uint8Array }>(administrator, 'lambda', 'Invoke', {
        FunctionName: Functions.find(({ FunctionName }) => FunctionName.includes('StartPromotion'))
          ?.FunctionName,
        Payload: JSON.stringify(event),
      });
      return (JSON.parse(Buffer.from(Payload).toString()) as { promotionId?: string }).promotionId;
    };

    it('start nothing for a commit that was never pushed to the branch', async () => {
      const before = await scenario.executions();
      const commitId = await scenario.commit();
      expect(await invoke({ commitId })).toBeUndefined();
      await scenario.push('feature/later');
      expect(await invoke({ commitId })).toBeUndefined();
      expect(await scenario.executions()).toEqual(before);
    });

    it('ask nobody if they name a false pusher, and fail when the record still lacks that push', async () => {
      const promotion = await scenario.startPromotion();
      await promotion.asked('qc');
      const forged = await invoke({
        commitId: promotion.commitId,
        callerUserArn: 'arn:aws:iam::000000000000:user/erin',
      });
      const [name] = (await scenario.executions()).filter((arn) => arn.endsWith(forged ?? 'none'));
      const executionArn = name ?? '';
      const { host } = scenario.run;
      await eventually('the first failure', async () =>
        (await historyOf(host, executionArn)).some(({ type }) => type === 'TaskFailed') ? true : undefined,
      );
      const ended = await eventually('its end', async () => {
        scenario.advance({ minutes: 1 });
        await pause(200);
        const description = await describeExecution(host, executionArn);
        return description.status === 'RUNNING' ? undefined : description;
      });
      expect([ended.status, ended.error]).toEqual(['FAILED', 'PushNotConfirmed']);
      expect(await scenario.system.ledger.approvals(forged ?? '')).toEqual([]);
    });
  });

  it('that became dead letters are handed back through the queue, and start their promotion', async () => {
    const { host, stacks } = scenario.run;
    const administrator = { kind: 'administrator' } as const;
    const queueOf = (prefix: string): string =>
      String(
        stacks.resourcesOfType('AWS::SQS::Queue').find(({ logicalId }) => logicalId.startsWith(prefix))?.state
          .attributes.Arn,
      );
    const [deadLetters, retries] = ['FunctionsStartPromotion', 'FunctionsRetries'].map(queueOf);
    const before = await scenario.executions();
    const push = pushEvents().at(-1);
    const id = randomUUID();
    // As Lambda leaves an event that a function failed with three times.
    await host.call(administrator, 'sqs', 'SendMessage', {
      QueueUrl: `${host.endpointUrl}/${host.accountId}/${deadLetters?.split(':').at(-1)}`,
      MessageBody: JSON.stringify({ ...push, id, detail: { ...push?.detail, commitId: await head() } }),
    });
    await host.call(administrator, 'sqs', 'StartMessageMoveTask', {
      SourceArn: deadLetters,
      DestinationArn: retries,
    });
    const { Results } = await host.call<{ Results: object[] }>(administrator, 'sqs', 'ListMessageMoveTasks', {
      SourceArn: deadLetters,
    });
    expect(Results).toMatchObject([{ Status: 'COMPLETED' }]);
    const started = await eventually('the promotion', async () =>
      (await scenario.executions()).find((arn) => arn.endsWith(id)),
    );
    expect(before).not.toContain(started);
    expect(host.accessReport().denied).toEqual([]);
  });
});

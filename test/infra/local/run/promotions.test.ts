import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Host } from '@lockstep/aws-emulator';
import { createMemoryStore } from '../../../../infra/local/aws/store.ts';
import { type ApplicationSource, sampleApplication } from '../../../../infra/local/run/application-source.ts';
import { type CommitPromotion, promote } from '../../../../infra/local/run/promotions.ts';
import type { DeployedApplication } from '../../../../infra/local/run/system.ts';
import { unreportedPromotion } from '../../../../infra/local/run/unreported.ts';
import { SUPERSEDED } from '../../../../tasks/payloads.ts';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:lockstep-orders';

describe('the promotion of a commit that was pushed before', () => {
  let directory: string;
  let source: ApplicationSource;
  let application: DeployedApplication;
  let pushedAgain: () => void;
  beforeAll(async () => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-promotions-'));
    source = await sampleApplication(path.join(directory, 'orders'));
    application = {
      name: 'orders',
      branch: 'main',
      remote: source.directory,
      pushAgain: () => pushedAgain(),
      stateMachineArn: MACHINE,
      pipelines: { qat: 'qat', prod: 'prod' },
      qatUrl: '',
      prodUrl: '',
    };
  });
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  /** A host whose CodeCommit has announced the commit, with executions of it. */
  const begin = (executions: Record<string, string>) => {
    const store = createMemoryStore();
    store.table('codecommit.announced').put('orders', { references: { 'refs/heads/main': source.commitId } });
    let announced = 0;
    pushedAgain = () => {
      announced += 1;
      executions.again = 'RUNNING';
    };
    const host = {
      store,
      partition: 'aws',
      call: async (_: unknown, __: string, operation: string, input: { executionArn: string }) =>
        operation === 'ListExecutions'
          ? { executions: Object.keys(executions).map((executionArn) => ({ executionArn })) }
          : {
              input: JSON.stringify({ commitId: source.commitId }),
              status: executions[input.executionArn]?.split(' ')[0],
              error: executions[input.executionArn]?.split(' ')[1],
            },
    } as unknown as Host;
    const waiting: string[] = [];
    const stop = new AbortController();
    const promoted = (takeUp = false): Promise<CommitPromotion | undefined> =>
      promote(host, application, source, {
        takeUp,
        again: true,
        unreported: unreportedPromotion(host, application),
        beforeStart: () => undefined,
        denials: () => [],
        onWaiting: (what) => waiting.push(what),
        stop: stop.signal,
      });
    return { store, announced: () => announced, waiting, stop, promoted };
  };

  /** Queues the start as the emulator does: the event is known, and the function's invocation waits. */
  const queue = ({ store }: ReturnType<typeof begin>) => {
    store.table('events.recent').put('push-1', {
      event: {
        id: 'push-1',
        source: 'aws.codecommit',
        detail: {
          repositoryName: 'orders',
          referenceFullName: 'refs/heads/main',
          commitId: source.commitId,
        },
      },
    });
    store.table('lambda.asyncEvents').put('1', { payload: '{"id":"push-1"}' });
  };

  /** Lets five minutes go by, and git and promises get on. */
  const aWhile = async () => {
    for (let minute = 0; minute < 5; minute++) {
      await jest.advanceTimersByTimeAsync(60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it('is waited for while its start is queued, however long, and is told to be; the commit is not pushed twice', async () => {
    const executions: Record<string, string> = {};
    const run = begin(executions);
    queue(run);
    let result: CommitPromotion | undefined;
    const promotion = run.promoted().then((value) => {
      result = value;
    });
    while (run.waiting.length === 0) await aWhile();
    expect(run.waiting).toEqual([
      `Waiting for the function start-promotion to start the promotion of ${source.commitId.slice(0, 7)} of orders …`,
    ]);
    await aWhile();
    expect([result, run.announced()]).toEqual([undefined, 0]);
    executions.first = 'RUNNING';
    run.store.table('lambda.asyncEvents').delete('1');
    await aWhile();
    await promotion;
    expect(result).toEqual({ executionArn: 'first', standing: 'resumed' });
    expect([run.announced(), run.waiting.length]).toEqual([0, 1]);
  });

  it('stops waiting for a start when the program is asked to stop', async () => {
    const run = begin({});
    queue(run);
    const promotion = run.promoted().catch((reason: unknown) => reason);
    while (run.waiting.length === 0) await aWhile();
    run.stop.abort('SIGTERM');
    await aWhile();
    expect(await promotion).toBe('SIGTERM');
  });

  it.each([
    ['FAILED DeploymentFailed', 'first', 'resumed'],
    [`FAILED ${SUPERSEDED}`, 'again', 'started'],
  ])(
    'that ended %s is redriven if that leads on, else promoted again',
    async (end, executionArn, standing) => {
      jest.useRealTimers();
      expect(await begin({ first: end }).promoted(true)).toEqual({ executionArn, standing });
    },
  );

  it.each([
    ['SUCCEEDED', undefined, 'again', 'started'],
    ['SUCCEEDED', { before: null }, 'first', 'resumed'],
    ['FAILED', { before: null }, 'first', 'resumed'],
    // What the earlier start went on from is not what it set out for.
    ['SUCCEEDED', { before: 'first' }, 'again', 'started'],
  ] as const)(
    'that ended %s, with the note %j of a start that did not report, gives %s (%s)',
    async (status, note, executionArn, standing) => {
      jest.useRealTimers();
      const run = begin({ first: status });
      if (note) run.store.table('run.unreported').put('orders', { commitId: source.commitId, ...note });
      expect(await run.promoted()).toEqual({ executionArn, standing });
      expect(run.announced()).toBe(standing === 'started' ? 1 : 0);
    },
  );
});

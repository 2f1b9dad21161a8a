import { BatchGetCommitsCommand, CodeCommitClient, type Commit } from '@aws-sdk/client-codecommit';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import fc from 'fast-check';
import { createStartExecution } from '../../../tasks/promotions/promotion-executions.ts';
import { promotionFrom } from '../../../tasks/promotions/promotion-from.ts';
import { startPromotion } from '../../../tasks/promotions/start-promotion.ts';
import { createCodeCommitSource } from '../../../tasks/source/codecommit-source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const EVENT_ID = '6b1f2a0e-0000-4000-8000-000000000001';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:shop';
const promoted = { application: 'shop', repositoryName: 'shop', branch: 'main' };
const push = (detail: object = {}, event: object = {}) => ({
  id: EVENT_ID,
  source: 'aws.codecommit',
  'detail-type': 'CodeCommit Repository State Change',
  detail: {
    event: 'referenceUpdated',
    repositoryName: 'shop',
    referenceType: 'branch',
    referenceName: 'main',
    commitId: COMMIT,
    oldCommitId: '0'.repeat(40),
    callerUserArn: 'arn:aws:iam::000000000000:user/dana',
    ...detail,
  },
  ...event,
});
const input = {
  application: 'shop',
  commitId: COMMIT,
  branch: 'main',
  pushedBy: 'arn:aws:iam::000000000000:user/dana',
  eventId: EVENT_ID,
};

describe('what a push asks for (T41)', () => {
  it.each(['referenceCreated', 'referenceUpdated'])('%s of the branch asks for a promotion', (event) => {
    expect(promotionFrom(push({ event }), promoted)).toEqual({ promotionId: PROMOTION_ID, input });
  });

  it.each<[string, unknown]>([
    ['a deleted branch', push({ event: 'referenceDeleted' })],
    ['another branch', push({ referenceName: 'main-2' })],
    ['another repository', push({ repositoryName: 'other' })],
    ['a tag', push({ referenceType: 'tag' })],
    ['another source', push({}, { source: 'aws.s3' })],
    ['an event without id', push({}, { id: undefined })],
    ['something that is no commit', push({ commitId: 'HEAD' })],
    ['no event', null],
  ])('%s asks for none', (_, event) => {
    expect(promotionFrom(event, promoted)).toBeUndefined();
  });

  it('names every execution as Step Functions allows, the same for the same event (T37)', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), fc.uuid(), (application, id) => {
        const name = () => promotionFrom(push({}, { id }), { ...promoted, application })?.promotionId;
        expect(name()).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
        expect(name()).toBe(name());
        expect(name()?.endsWith(id)).toBe(true);
      }),
    );
  });
});

describe('starting a promotion', () => {
  const start = (start: () => object, commit: () => Commit | undefined) => {
    const ledger = createMemoryLedger();
    const sfn = double(
      new SFNClient(offline),
      on(StartExecutionCommand, () => ({ executionArn: '', startDate: new Date(), ...start() })),
    );
    const codecommit = double(
      new CodeCommitClient(offline),
      on(BatchGetCommitsCommand, () => ({ commits: [commit() ?? []].flat() })),
    );
    const handler = startPromotion({
      ledger,
      source: createCodeCommitSource('orders', 'main', codecommit.client),
      startExecution: createStartExecution(MACHINE, sfn.client),
      stateMachineArn: MACHINE,
      now: () => new Date('2026-11-22T10:00:00.000Z'),
      promoted,
    });
    return { handler, ledger, sfn, codecommit };
  };
  const commit = () => ({
    message: '\nShow the cart\n\nAs the shop’s customers asked.\n',
    author: { name: 'Dana', email: 'dana@example.com', date: '1763805600 +0000' },
  });

  it('records it and starts the execution with the pinned commit', async () => {
    const { handler, ledger, sfn } = start(() => ({}), commit);
    expect(await handler(push())).toEqual({ promotionId: PROMOTION_ID });
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion());
    expect(sfn.sent.map((call) => call.input)).toEqual([
      { stateMachineArn: MACHINE, name: PROMOTION_ID, input: JSON.stringify(input) },
    ]);
  });

  it('keeps when it was pushed, which tells what is newer', async () => {
    const { handler, ledger, sfn } = start(() => ({}), commit);
    const time = '2026-11-22T09:59:58Z';
    const pushedAt = '2026-11-22T09:59:58.000Z';
    await handler(push({}, { time }));
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ pushedAt }));
    expect(sfn.sent[0]?.input).toMatchObject({ input: JSON.stringify({ ...input, pushedAt }) });
    expect(promotionFrom(push({}, { time: 'soon' }), promoted)?.input).toEqual(input);
  });

  it('orders what was pushed in one second by the commits', async () => {
    const made = { date: `${Date.parse('2026-11-22T09:59:57Z') / 1000} +0000` };
    const { handler, ledger } = start(
      () => ({}),
      () => ({ ...commit(), committer: made, parents: ['f'.repeat(40)] }),
    );
    await handler(push({}, { time: '2026-11-22T09:59:58Z' }));
    expect((await ledger.promotion(PROMOTION_ID))?.pushedAt).toMatch(/58\.0(?!00)\d\dZ$/);
  });

  it('starts nothing more for a doubled event', async () => {
    const { handler, ledger } = start(() => {
      throw new ExecutionAlreadyExists(because('exists'));
    }, commit);
    await ledger.addPromotion(aPromotion({ status: 'SUCCEEDED' }));
    expect(await handler(push())).toEqual({ promotionId: PROMOTION_ID });
    expect((await ledger.promotion(PROMOTION_ID))?.status).toBe('SUCCEEDED');
  });

  it('does nothing for another branch', async () => {
    const { handler, ledger, sfn, codecommit } = start(() => ({}), commit);
    expect(await handler(push({ referenceName: 'feature' }))).toEqual({});
    expect([...sfn.sent, ...codecommit.sent, ...(await ledger.promotions()).items]).toEqual([]);
  });

  it('starts also for a commit that was taken back meanwhile', async () => {
    const { handler, ledger, sfn } = start(
      () => ({}),
      () => undefined,
    );
    await handler(push());
    expect(await ledger.promotion(PROMOTION_ID)).toMatchObject({ commitMessage: '', commitAuthor: '' });
    expect(sfn.sent).toHaveLength(1);
  });

  it('fails, to be tried again, when Step Functions does', async () => {
    const { handler } = start(() => {
      throw new Error('throttled');
    }, commit);
    await expect(handler(push())).rejects.toThrow('throttled');
  });
});

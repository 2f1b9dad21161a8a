import {
  BatchGetCommitsCommand,
  BranchDoesNotExistException,
  CodeCommitClient,
  type Commit,
  GetBranchCommand,
} from '@aws-sdk/client-codecommit';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import fc from 'fast-check';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import { createStartExecution } from '../../../tasks/promotions/promotion-executions.ts';
import { promotionFrom } from '../../../tasks/promotions/promotion-from.ts';
import { startPromotion } from '../../../tasks/promotions/start-promotion.ts';
import { createCodeCommitSource } from '../../../tasks/source/codecommit-source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aMarking, aPromotion, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const EVENT_ID = '6b1f2a0e-0000-4000-8000-000000000001';
const TIME = '2026-11-22T09:59:58Z';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:shop';
const promoted = { application: 'shop', repositoryName: 'shop', branch: 'main' };
const push = (detail: object = {}, event: object = {}) => ({
  id: EVENT_ID,
  source: 'aws.codecommit',
  'detail-type': 'CodeCommit Repository State Change',
  time: TIME,
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
  pushedAt: TIME,
};
const PUSHED_AT = '2026-11-22T09:59:58.000Z';

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
    ['an event whose id is none of EventBridge', push({}, { id: 'made-up' })],
    ['an event without a time', push({}, { time: undefined })],
    ['an event whose time is no time', push({}, { time: 'soon' })],
    ['an event of another kind', push({}, { 'detail-type': 'CodeCommit Comment on Commit' })],
    ['the detail alone', push().detail],
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
  const commit = (change: Commit = {}): Commit => ({
    commitId: COMMIT,
    message: '\nShow the cart\n\nAs the shop’s customers asked.\n',
    author: { name: 'Dana', email: 'dana@example.com', date: '1763805600 +0000' },
    ...change,
  });
  /** @param branch the commits that the branch holds, its head first, each made upon the next */
  const start = (branch: readonly Commit[], started: () => object = () => ({})) => {
    const ledger = createMemoryLedger();
    const notes: string[] = [];
    const mails: Notice[] = [];
    const commits = branch.map((one, index): Commit => {
      const next = branch[index + 1]?.commitId;
      return { parents: next === undefined ? [] : [next], ...one };
    });
    const sfn = double(
      new SFNClient(offline),
      on(StartExecutionCommand, () => ({ executionArn: '', startDate: new Date(), ...started() })),
    );
    const codecommit = double(
      new CodeCommitClient(offline),
      on(GetBranchCommand, () => {
        const [head] = commits;
        if (head === undefined) throw new BranchDoesNotExistException(because('no such branch'));
        return { branch: { branchName: 'main', commitId: head.commitId } };
      }),
      on(BatchGetCommitsCommand, ({ commitIds = [] }) => ({
        commits: commits.filter(({ commitId = '' }) => commitIds.includes(commitId)),
      })),
    );
    const handler = startPromotion({
      ledger,
      source: createCodeCommitSource('orders', 'main', codecommit.client),
      startExecution: createStartExecution(MACHINE, sfn.client),
      stateMachineArn: MACHINE,
      siteUrl: 'https://approvals.example.com',
      notices: { send: async (notice) => void mails.push(notice) },
      tellMakers: async (makers, mail) => {
        mails.push({ ...mail, role: 'developer', recipients: makers.map(({ name }) => name) });
        return true;
      },
      now: () => new Date('2026-11-22T10:00:00.000Z'),
      promoted,
      note: (why) => notes.push(why),
    });
    const nothingStarted = async () =>
      expect([...sfn.sent, ...(await ledger.promotions()).items]).toEqual([]);
    return { handler, ledger, sfn, codecommit, notes, mails, nothingStarted };
  };

  it('records it and starts the execution with the pinned commit', async () => {
    const { handler, ledger, sfn } = start([commit()]);
    expect(await handler(push())).toEqual({ promotionId: PROMOTION_ID });
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ pushedAt: PUSHED_AT }));
    expect(sfn.sent.map((call) => call.input)).toEqual([
      {
        stateMachineArn: MACHINE,
        name: PROMOTION_ID,
        input: JSON.stringify({ ...input, pushedAt: PUSHED_AT }),
      },
    ]);
  });

  it('starts nothing for a commit that is marked bad: operators and makers get a mail, and the log says why', async () => {
    const { handler, ledger, notes, mails, nothingStarted } = start([commit()]);
    await markBad(ledger, { application: 'shop', commitId: COMMIT }, aMarking());
    expect(await handler(push())).toEqual({});
    await nothingStarted();
    const cause = 'olga marked commit 8f0c9c1f bad on 22 Nov 2026, 11:00 UTC: it loses orders';
    expect(notes).toEqual([`${cause}. Its promotion is not started.`]);
    expect(mails.map(({ role, subject }) => [role, subject])).toEqual([
      ['operator', 'Not started, the commit is bad: shop 8f0c9c1f Show the cart'],
      ['developer', 'Not started, the commit is bad: shop 8f0c9c1f Show the cart'],
    ]);
    expect(mails[1]).toMatchObject({ recipients: ['dana', 'Dana'] });
    for (const { message } of mails) expect(message).toContain('it loses orders');
  });

  it('starts once more what was recorded before its commit was marked bad: it ends as recalled', async () => {
    const { handler, ledger, sfn, mails } = start([commit()]);
    await ledger.addPromotion(aPromotion({ pushedAt: PUSHED_AT }));
    await markBad(ledger, { application: 'shop', commitId: COMMIT }, aMarking());
    expect(await handler(push())).toEqual({ promotionId: PROMOTION_ID });
    expect([sfn.sent.length, mails]).toEqual([1, []]);
  });

  it('starts nothing for a commit that was never pushed to the branch', async () => {
    const { handler, notes, nothingStarted } = start([commit()]);
    const forged = 'f'.repeat(40);
    expect(await handler(push({ commitId: forged }))).toEqual({});
    await nothingStarted();
    expect(notes).toEqual([
      expect.stringContaining(`Commit ${forged} is not on main of shop, which is at ${COMMIT}`),
    ]);
  });

  it('starts nothing if the branch was deleted since', async () => {
    const { handler, notes, nothingStarted } = start([]);
    expect(await handler(push())).toEqual({});
    await nothingStarted();
    expect(notes).toEqual([expect.stringContaining('which is at no commit')]);
  });

  it('starts a commit that others were pushed upon meanwhile', async () => {
    const newer = commit({ commitId: 'a'.repeat(40) });
    const merge = commit({ commitId: 'b'.repeat(40), parents: ['c'.repeat(40), newer.commitId ?? ''] });
    const { handler } = start([merge, newer, commit()]);
    expect(await handler(push())).toEqual({ promotionId: PROMOTION_ID });
  });

  it('looks for a commit among 500 at most', async () => {
    const id = (index: number) => index.toString(16).padStart(40, '0');
    const history = (before: number) =>
      [...Array(before).keys()].map((index) => commit({ commitId: id(index) }));
    expect(await start([...history(499), commit()]).handler(push())).toEqual({ promotionId: PROMOTION_ID });
    const { handler, nothingStarted } = start([...history(500), commit()]);
    expect(await handler(push())).toEqual({});
    await nothingStarted();
  });

  it('takes no time in the future from an event', async () => {
    const { handler, ledger } = start([commit()]);
    await handler(push({}, { time: '2036-01-01T00:00:00Z' }));
    expect((await ledger.promotion(PROMOTION_ID))?.pushedAt).toBe('2026-11-22T10:00:00.000Z');
  });

  it('orders what was pushed in one second by the commits', async () => {
    const made = { date: `${Date.parse('2026-11-22T09:59:57Z') / 1000} +0000` };
    const { handler, ledger } = start([
      commit({ committer: made }),
      commit({ commitId: 'f'.repeat(40), committer: made }),
      commit({ commitId: 'e'.repeat(40) }),
    ]);
    await handler(push());
    expect((await ledger.promotion(PROMOTION_ID))?.pushedAt).toBe('2026-11-22T09:59:58.001Z');
  });

  it('starts nothing more for a doubled event', async () => {
    const { handler, ledger } = start([commit()], () => {
      throw new ExecutionAlreadyExists(because('exists'));
    });
    await ledger.addPromotion(aPromotion({ status: 'SUCCEEDED' }));
    expect(await handler(push())).toEqual({ promotionId: PROMOTION_ID });
    expect((await ledger.promotion(PROMOTION_ID))?.status).toBe('SUCCEEDED');
  });

  it('does nothing for another branch', async () => {
    const { handler, codecommit, notes, nothingStarted } = start([commit()]);
    expect(await handler(push({ referenceName: 'feature' }))).toEqual({});
    await nothingStarted();
    expect(codecommit.sent).toEqual([]);
    expect(notes).toEqual(['The event tells of no push to main of shop.']);
  });

  it('fails, to be tried again, when Step Functions does', async () => {
    const { handler } = start([commit()], () => {
      throw new Error('throttled');
    });
    await expect(handler(push())).rejects.toThrow('throttled');
  });
});

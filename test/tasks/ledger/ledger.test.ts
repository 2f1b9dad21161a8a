import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoDbLedger } from '../../../tasks/ledger/dynamodb-ledger.ts';
import type { Approval } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { startLedgerTables } from '../doubles/ledger-table.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import {
  aJob,
  anAbsence,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  aWaiter,
  PROMOTION_ID,
} from '../doubles/samples.ts';

let tables: Awaited<ReturnType<typeof startLedgerTables>>;
beforeAll(async () => {
  tables = await startLedgerTables();
});
afterAll(() => tables.stop());

const conflict = expect.objectContaining({ name: 'LedgerConflict' });

describe.each<[string, () => Promise<Ledger>]>([
  ['DynamoDB', async () => createDynamoDbLedger(await tables.table(), tables.client)],
  ['memory', async () => createMemoryLedger()],
])('the ledger in %s', (_, create) => {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = await create();
  });

  it('adds a promotion once, and keeps what it was changed to since', async () => {
    await ledger.addPromotion(aPromotion());
    await ledger.updatePromotion(PROMOTION_ID, { redrives: 1 });
    await ledger.addPromotion(aPromotion());
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ redrives: 1 }));
    expect(await ledger.promotion('another')).toBeUndefined();
  });

  it('merges images and deployments by environment', async () => {
    await ledger.addPromotion(aPromotion());
    await ledger.updatePromotion(PROMOTION_ID, { images: { qat: 'ami-1' } });
    await ledger.updatePromotion(PROMOTION_ID, { images: { prod: 'ami-2' }, deployments: { qat: 'd-1' } });
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(
      aPromotion({ images: { qat: 'ami-1', prod: 'ami-2' }, deployments: { qat: 'd-1' } }),
    );
  });

  it('removes the fields of a failure when the promotion runs again', async () => {
    await ledger.addPromotion(aPromotion());
    const failure = { endedAt: '2026-11-22T11:00:00.000Z', error: 'DeploymentFailed', cause: 'exit 1' };
    await ledger.updatePromotion(PROMOTION_ID, { status: 'FAILED', ...failure });
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ status: 'FAILED', ...failure }));
    await ledger.updatePromotion(PROMOTION_ID, {
      status: 'RUNNING',
      redrives: 1,
      endedAt: undefined,
      error: undefined,
      cause: undefined,
    });
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ redrives: 1 }));
    await ledger.updatePromotion(PROMOTION_ID, {});
    await ledger.updatePromotion(PROMOTION_ID, { error: undefined });
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ redrives: 1 }));
  });

  it('fails to change a promotion that it does not have', async () => {
    await expect(ledger.updatePromotion('none', { redrives: 1 })).rejects.toEqual(conflict);
  });

  it('lists promotions newest first, page by page', async () => {
    for (const minute of ['01', '03', '02'])
      await ledger.addPromotion(
        aPromotion({ promotionId: `p${minute}`, startedAt: `2026-11-22T10:${minute}:00.000Z` }),
      );
    const first = await ledger.promotions({ limit: 2 });
    expect(first.items.map(({ promotionId }) => promotionId)).toEqual(['p03', 'p02']);
    const last = await ledger.promotions({ limit: 2, next: first.next ?? 'missing' });
    expect(last.items.map(({ promotionId }) => promotionId)).toEqual(['p01']);
    expect(last.next).toBeUndefined();
  });

  it('adds each attempt of a job once, and knows the latest', async () => {
    await ledger.addJob(aJob());
    await expect(ledger.addJob(aJob({ taskToken: 'other' }))).rejects.toEqual(conflict);
    for (const attempt of [2, 9, 10]) await ledger.addJob(aJob({ attempt }));
    await ledger.addJob(aJob({ state: 'Build QAT image again' }));
    expect(await ledger.latestJob(PROMOTION_ID, 'Build QAT image')).toEqual(aJob({ attempt: 10 }));
    expect(await ledger.latestJob(PROMOTION_ID, 'Build')).toBeUndefined();
    expect(await ledger.jobs(PROMOTION_ID)).toHaveLength(5);
  });

  it('lists jobs by their start', async () => {
    await ledger.addJob(aJob({ state: 'A', startedAt: '2026-11-22T10:02:00.000Z' }));
    await ledger.addJob(aJob({ state: 'B', startedAt: '2026-11-22T10:01:00.000Z' }));
    expect((await ledger.jobs(PROMOTION_ID)).map(({ state }) => state)).toEqual(['B', 'A']);
  });

  it('takes task tokens as long as Step Functions makes them (T68)', async () => {
    const job = aJob({ taskToken: 'a'.repeat(2_048) });
    await ledger.addJob(job);
    const told = { ...job, completedToken: job.taskToken };
    await ledger.replaceJob(job, told);
    expect(await ledger.latestJob(job.promotionId, job.state)).toEqual(told);
  });

  it('replaces a job only if it still is what was read', async () => {
    await ledger.addJob(aJob());
    const running = aJob({ status: 'RUNNING', externalId: 'image/1' });
    await ledger.replaceJob(aJob(), running);
    await expect(ledger.replaceJob(aJob(), aJob({ taskToken: 'late' }))).rejects.toEqual(conflict);
    await expect(ledger.replaceJob(aJob({ attempt: 7 }), aJob({ attempt: 7 }))).rejects.toEqual(conflict);
    const read = await ledger.latestJob(PROMOTION_ID, 'Build QAT image');
    expect(read).toEqual(running);
    await ledger.replaceJob(read ?? aJob(), { ...running, taskToken: 'token-2' });
    expect((await ledger.jobByExternalId('image/1'))?.taskToken).toBe('token-2');
  });

  it('finds a job by its external id', async () => {
    await ledger.addJob(aJob({ externalId: 'image/1' }));
    expect(await ledger.jobByExternalId('image/1')).toEqual(aJob({ externalId: 'image/1' }));
    expect(await ledger.jobByExternalId('image/2')).toBeUndefined();
    expect(await ledger.jobByExternalId('')).toBeUndefined();
    expect(await ledger.jobByExternalId('x'.repeat(3000))).toBeUndefined();
  });

  it('counts a promotion as open until its end was told, and again once a redrive was', async () => {
    await ledger.addPromotion(aPromotion());
    await ledger.addPromotion(aPromotion({ promotionId: 'other', application: 'other' }));
    await ledger.addPromotion(aPromotion({ promotionId: 'ended', status: 'REJECTED' }));
    expect(await ledger.openPromotions('shop')).toEqual([aPromotion()]);
    await ledger.updatePromotion(PROMOTION_ID, { images: { prod: 'ami-2' } });
    expect(await ledger.openPromotions('shop')).toEqual([aPromotion({ images: { prod: 'ami-2' } })]);
    await ledger.updatePromotion(PROMOTION_ID, { status: 'FAILED' });
    await ledger.updatePromotion(PROMOTION_ID, { images: { prod: 'ami-3' } });
    expect(await ledger.openPromotions('shop')).toEqual([]);
    await ledger.updatePromotion(PROMOTION_ID, { status: 'RUNNING', redrives: 1 });
    expect(await ledger.openPromotions('shop')).toEqual([
      aPromotion({ images: { prod: 'ami-3' }, redrives: 1 }),
    ]);
    expect(await ledger.promotion(PROMOTION_ID)).not.toHaveProperty('openPromotionsOf');
  });

  it('counts a job as open until the token that waits now was told', async () => {
    await ledger.addJob(aJob());
    await ledger.addJob(aJob({ application: 'other', promotionId: 'other' }));
    expect(await ledger.openJobs('shop')).toEqual([aJob()]);
    const completion = aJob({ status: 'SUCCEEDED', output: { imageId: 'ami-1' }, completedToken: 'token-1' });
    await ledger.replaceJob(aJob(), completion);
    expect(await ledger.openJobs('shop')).toEqual([]);
    await ledger.replaceJob(completion, { ...completion, taskToken: 'token-2' });
    expect(await ledger.openJobs('shop')).toEqual([{ ...completion, taskToken: 'token-2' }]);
  });

  it('adds each attempt of an approval once, knows the latest, and finds it by its opaque id', async () => {
    await ledger.addApproval(anApproval());
    await expect(ledger.addApproval(anApproval({ approvalId: 'x' }))).rejects.toEqual(conflict);
    const second = anApproval({ attempt: 2, approvalId: 'qc-request-2' });
    await ledger.addApproval(second);
    await ledger.addApproval(anApproval({ role: 'pmo', approvalId: 'pmo-request-1' }));
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(second);
    expect(await ledger.approvalById('qc-request-2')).toEqual(second);
    expect(await ledger.approvalById('guessed')).toBeUndefined();
    expect((await ledger.approvals(PROMOTION_ID)).map(({ approvalId }) => approvalId)).toEqual([
      'pmo-request-1',
      'qc-request-1',
      'qc-request-2',
    ]);
  });

  it('replaces an approval only if it still is what was read, and lists it while it is open', async () => {
    const older = anApproval({ promotionId: 'older', requestedAt: '2026-11-22T09:00:00.000Z' });
    await ledger.addApproval(anApproval());
    await ledger.addApproval(older);
    expect(await ledger.openApprovals('qc')).toEqual([older, anApproval()]);
    expect(await ledger.openApprovals('pmo')).toEqual([]);

    const decided = anApproval(approvedBy(aPerson('quinn')));
    await ledger.replaceApproval(anApproval(), decided);
    await expect(ledger.replaceApproval(anApproval(), decided)).rejects.toEqual(conflict);
    expect(await ledger.openApprovals('qc')).toEqual([older, decided]);
    const completion = { ...decided, completedToken: decided.taskToken };
    await ledger.replaceApproval(decided, completion);
    const expired = { ...older, status: 'EXPIRED' } as const;
    await ledger.replaceApproval(older, expired);
    // Open until the others are told as well.
    expect(await ledger.openApprovals('qc')).toEqual([expired, completion]);
    const announcedAt = '2026-11-22T10:30:00.000Z';
    await ledger.replaceApproval(completion, { ...completion, announcedAt });
    await ledger.replaceApproval(expired, { ...expired, announcedAt });
    expect(await ledger.openApprovals('qc')).toEqual([]);
  });

  it('counts denied attempts by request, person and reason, also of several at once', async () => {
    const { subject, name, verifiedEmail } = aPerson('sam');
    const attempt = {
      promotionId: PROMOTION_ID,
      approvalId: 'pmo-request-1',
      role: 'pmo',
      person: { subject, name, verifiedEmail },
      reason: 'ApproversMustDiffer',
      at: '2026-11-22T10:30:00.000Z',
    } as const;
    const lastAt = '2026-11-22T10:31:00.000Z';
    expect(await ledger.addDenial(attempt)).toEqual({ ...attempt, lastAt: attempt.at, count: 1 });
    const counts = await Promise.all(
      Array.from({ length: 20 }, () => ledger.addDenial({ ...attempt, at: lastAt })),
    );
    expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 2),
    );
    const others = [
      { ...attempt, at: lastAt, person: { ...attempt.person, subject: 'of-another' } },
      { ...attempt, at: '2026-11-22T10:32:00.000Z', reason: 'Expired' },
      { ...attempt, at: '2026-11-22T10:33:00.000Z', approvalId: 'pmo-request-2' },
    ] as const;
    for (const other of others) await ledger.addDenial(other);
    expect(await ledger.denials(PROMOTION_ID)).toEqual([
      { ...attempt, lastAt, count: 21 },
      ...others.map((other) => ({ ...other, lastAt: other.at, count: 1 })),
    ]);
  });

  it('keeps the calendar of each application, its declared freezes, and the overrides of each promotion', async () => {
    expect(await ledger.calendar('shop')).toBeUndefined();
    const windows = [
      { name: 'w', from: 'Tue 09:00', until: 'Tue 16:00', timeZone: 'UTC', environments: ['prod'] },
    ] as const;
    await ledger.noteCalendar('shop', { freezes: [], windows });
    await ledger.noteCalendar('shop', { freezes: windows, windows });
    expect(await ledger.calendar('shop')).toEqual({ freezes: windows, windows });
    expect(await ledger.calendar('till')).toBeUndefined();

    const freeze = {
      freezeId: 'b',
      application: 'shop',
      environments: ['prod'],
      reason: 'incident',
      declaredBy: { type: 'identity', arn: 'arn' },
      from: '2026-11-22T12:00:00.000Z',
      until: '2026-11-23T12:00:00.000Z',
    } as const;
    const earlier = { ...freeze, freezeId: 'z', from: '2026-11-21T12:00:00.000Z' };
    await ledger.addDeclaredFreeze(freeze);
    await ledger.addDeclaredFreeze(earlier);
    await expect(ledger.addDeclaredFreeze(freeze)).rejects.toEqual(conflict);
    const over = {
      ...freeze,
      ended: { at: '2026-11-22T13:00:00.000Z', by: freeze.declaredBy, reason: 'over' },
    };
    await ledger.replaceDeclaredFreeze(freeze, over);
    await expect(ledger.replaceDeclaredFreeze(freeze, over)).rejects.toEqual(conflict);
    expect(await ledger.declaredFreezes('shop')).toEqual([earlier, over]);
    expect(await ledger.declaredFreezes('till')).toEqual([]);

    const override = {
      promotionId: PROMOTION_ID,
      application: 'shop',
      environment: 'prod',
      attempt: 1,
      reason: 'hotfix',
      holds: [{ id: 'h', name: 'incident' }],
      askedBy: { subject: 's', name: 'olga', verifiedEmail: 'olga@example.com' },
      askedAt: '2026-11-22T12:30:00.000Z',
    } as const;
    await ledger.addOverride(override);
    await expect(ledger.addOverride(override)).rejects.toEqual(conflict);
    const changed = { ...override, reason: 'another' };
    await ledger.replaceOverride(override, changed);
    await expect(ledger.replaceOverride(override, changed)).rejects.toEqual(conflict);
    expect(await ledger.overrides(PROMOTION_ID)).toEqual([changed]);
    expect(await ledger.overrides('another')).toEqual([]);
  });

  it('keeps absences in the order in which they were set, and replaces one only if it still is what was read', async () => {
    const first = anAbsence(aPerson('quinn'), aPerson('olga'));
    const second = { ...first, absenceId: 'absence-2', setAt: '2026-11-21T08:00:00.000Z' };
    await ledger.addAbsence(second);
    await ledger.addAbsence(first);
    await expect(ledger.addAbsence(first)).rejects.toEqual(conflict);
    const ended = { ...first, endedAt: '2026-11-22T08:00:00.000Z' };
    await ledger.replaceAbsence(first, ended);
    await expect(ledger.replaceAbsence(first, ended)).rejects.toEqual(conflict);
    expect(await ledger.absences()).toEqual([ended, second]);
  });

  it('keeps text as UTF-8 carries it, and replaces what it keeps as well as what was given', async () => {
    const half = '🚀'.charAt(0);
    const given = (change: Partial<Approval> = {}) =>
      anApproval({ withdrawnBecause: `cut ${half}`, ...change });
    const kept = (change: Partial<Approval> = {}) =>
      anApproval({ withdrawnBecause: 'cut \ufffd', ...change });
    await ledger.addApproval(given());
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(kept());
    await ledger.replaceApproval(given(), given({ mailedAt: 'soon' }));
    await ledger.replaceApproval(kept({ mailedAt: 'soon' }), kept({ mailedAt: 'later' }));
    expect(await ledger.latestApproval(PROMOTION_ID, 'qc')).toEqual(kept({ mailedAt: 'later' }));
    await ledger.addPromotion(aPromotion());
    await ledger.updatePromotion(PROMOTION_ID, { cause: half });
    expect((await ledger.promotion(PROMOTION_ID))?.cause).toBe('\ufffd');
  });

  it('keeps the last report about the images of each application', async () => {
    const report = (application: string, revisions: number) => ({
      application,
      at: '2026-11-22T11:00:00.000Z',
      images: [
        {
          amis: [{ imageId: 'ami-1', region: 'us-east-1', size: 8 }],
          createdAt: '2026-11-21T11:00:00.000Z',
          keep: 'Running' as const,
        },
      ],
      revisions,
      deleted: { images: 0, revisions: 1 },
    });
    expect(await ledger.imageReport('shop')).toBeUndefined();
    for (const one of [report('shop', 3), report('shop', 2), report('books', 1)])
      await ledger.noteImageReport(one);
    expect(await ledger.imageReport('shop')).toEqual(report('shop', 2));
    expect(await ledger.imageReport('books')).toMatchObject({ revisions: 1 });
  });

  it('keeps who asked last for new images of each application', async () => {
    const rebake = (application: string, at: string) =>
      ({ application, askedBy: { type: 'identity', arn: 'arn:olga' }, at }) as const;
    expect(await ledger.rebake('shop')).toBeUndefined();
    for (const one of [
      rebake('shop', '2026-11-22'),
      rebake('books', '2026-11-23'),
      rebake('shop', '2026-11-24'),
    ])
      await ledger.noteRebake(one);
    expect(await ledger.rebake('shop')).toEqual(rebake('shop', '2026-11-24'));
    expect(await ledger.rebake('books')).toEqual(rebake('books', '2026-11-23'));
  });

  it('keeps whom mail does not reach in each application, and notices who else wrote', async () => {
    const missing = (state: 'pending' | 'missing') => ({
      application: 'shop',
      people: [
        {
          address: 'qc@example.com',
          topic: 'promotions' as const,
          roles: ['qc' as const],
          state,
          since: '2026-11-22T11:00:00.000Z',
        },
      ],
    });
    expect(await ledger.missingSubscriptions('shop')).toBeUndefined();
    await ledger.replaceMissingSubscriptions(undefined, missing('pending'));
    await expect(ledger.replaceMissingSubscriptions(undefined, missing('missing'))).rejects.toEqual(conflict);
    expect(await ledger.missingSubscriptions('shop')).toEqual(missing('pending'));
    await ledger.replaceMissingSubscriptions(missing('pending'), missing('missing'));
    await expect(ledger.replaceMissingSubscriptions(missing('pending'), missing('missing'))).rejects.toEqual(
      conflict,
    );
    expect(await ledger.missingSubscriptions('shop')).toEqual(missing('missing'));
    expect(await ledger.missingSubscriptions('books')).toBeUndefined();
  });

  it('keeps what was seen of each environment, and replaces only what was read', async () => {
    const seen = (at: string, environment: 'qat' | 'prod' = 'prod') => ({
      application: 'shop',
      environment,
      at,
      region: 'us-east-1',
      unread: [],
      instances: [],
      unlisted: 0,
      alarms: [],
      told: [],
    });
    const [first, second] = [seen('2026-11-22T10:00:00.000Z'), seen('2026-11-22T10:05:00.000Z')];
    expect(await ledger.environmentStatus('shop', 'prod')).toBeUndefined();
    await ledger.replaceEnvironmentStatus(undefined, first);
    await ledger.replaceEnvironmentStatus(undefined, seen('2026-11-22T11:00:00.000Z', 'qat'));
    await expect(ledger.replaceEnvironmentStatus(undefined, second)).rejects.toEqual(conflict);
    await ledger.replaceEnvironmentStatus(first, second);
    await expect(ledger.replaceEnvironmentStatus(first, second)).rejects.toEqual(conflict);
    expect(await ledger.environmentStatus('shop', 'prod')).toEqual(second);
    expect(await ledger.environmentStatus('books', 'prod')).toBeUndefined();
  });

  it('keeps what is live in each application, and forgets what was deployed before it', async () => {
    const live = (promotionId: string, since: string, application = 'shop') => ({
      application,
      promotionId,
      since,
    });
    expect(await ledger.live('shop')).toBeUndefined();
    await ledger.noteLive(live('b', '2026-11-22T11:00:00.000Z'));
    await ledger.noteLive(live('a', '2026-11-22T10:00:00.000Z'));
    await ledger.noteLive(live('x', '2026-11-22T12:00:00.000Z', 'books'));
    expect(await ledger.live('shop')).toEqual(live('b', '2026-11-22T11:00:00.000Z'));
    await ledger.noteLive(live('c', '2026-11-22T12:00:00.000Z'));
    expect(await ledger.live('shop')).toEqual(live('c', '2026-11-22T12:00:00.000Z'));
    expect(await ledger.live('books')).toMatchObject({ promotionId: 'x' });
    expect((await ledger.promotions()).items).toEqual([]);
  });

  it('keeps a lock of each application and environment, and replaces only what was read', async () => {
    const free = await ledger.lock('shop', 'qat');
    expect(free).toEqual({ application: 'shop', environment: 'qat', version: 0, waiting: [], dequeued: [] });
    const taken = await ledger.replaceLock(free, { ...free, waiting: [aWaiter('a'), aWaiter('b')] });
    expect(taken).toEqual({ ...free, version: 1, waiting: [aWaiter('a'), aWaiter('b')] });
    expect(await ledger.lock('shop', 'qat')).toEqual(taken);
    await expect(ledger.replaceLock(free, free)).rejects.toEqual(conflict);
    const { taskToken: _, ...holder } = aWaiter('a');
    const dequeued = { ...aWaiter('b'), error: 'Superseded', by: holder } as const;
    const passed = await ledger.replaceLock(taken, { ...taken, holder, waiting: [], dequeued: [dequeued] });
    expect(await ledger.lock('shop', 'qat')).toEqual(passed);
    await expect(ledger.replaceLock(taken, taken)).rejects.toEqual(conflict);
    expect(await ledger.lock('shop', 'prod')).toEqual({ ...free, environment: 'prod' });
    expect(await ledger.lock('books', 'qat')).toEqual({ ...free, application: 'books' });
  });
});

describe('the ledger in DynamoDB', () => {
  it('fails on a page that it never gave', async () => {
    const ledger = createDynamoDbLedger(await tables.table(), tables.client);
    await expect(ledger.promotions({ next: 'nonsense' })).rejects.toThrow(/"nonsense" is no page/);
  });

  it('writes keys as people read them', async () => {
    const table = await tables.table();
    const ledger = createDynamoDbLedger(table, tables.client);
    await ledger.addPromotion(aPromotion());
    await ledger.addJob(aJob());
    await ledger.addApproval(anApproval());
    const { Items = [] } = await tables.client.send(new ScanCommand({ TableName: table }));
    expect(Items.map(({ pk, sk }) => `${pk?.S} / ${sk?.S}`).sort()).toEqual([
      `PROMOTION#${PROMOTION_ID} / APPROVAL#qc#0001`,
      `PROMOTION#${PROMOTION_ID} / JOB#Build QAT image#0001`,
      `PROMOTION#${PROMOTION_ID} / SUMMARY`,
    ]);
  });

  it('passes on errors that are no conflict', async () => {
    const ledger = createDynamoDbLedger('missing', tables.client);
    await expect(ledger.addJob(aJob())).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(ledger.addPromotion(aPromotion())).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoDbSessions } from '../../approvals-ui/sign-in/dynamodb-sessions.ts';
import { fromAttributes } from '../../tasks/ledger/attributes.ts';
import { startLedgerTables } from '../tasks/doubles/ledger-table.ts';
import { claimsOf, createScene } from './support/scene.ts';

const HOUR = 60 * 60_000;

describe('a session’s cookie', () => {
  it('holds a random id and nothing of the person, and its record is found by the hash alone', async () => {
    const scene = createScene();
    const cookies = [await scene.signIn('quinn'), await scene.signIn('quinn')];
    for (const cookie of cookies) expect(cookie).toMatch(/^lockstep=[\w-]{43}$/);
    expect(new Set(cookies).size).toBe(2);
    for (const key of scene.sessions.keys()) expect(cookies.join()).not.toContain(key);
  });

  it('is worth nothing once its person has signed out, in every browser that has a copy', async () => {
    const scene = createScene();
    const approval = await scene.addQcRequest();
    const cookie = await scene.signIn('quinn');
    const copy = `${cookie}`;
    expect((await scene.get('/', copy)).status).toBe(200);
    await scene.post('/sign-out', cookie);
    const answer = await scene.get('/', copy);
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      expect.stringContaining('/sign-in'),
    ]);
    const decision = await scene.post(`/approvals/${approval.approvalId}/decision`, copy, {
      decision: 'approve',
    });
    expect(decision.status).toBe(401);
    expect(scene.told).toEqual([]);
  });

  it('is replaced by the next sign-in of that browser: the one before ends', async () => {
    const scene = createScene();
    const before = await scene.signIn('quinn');
    const toProvider = await scene.site.request('/sign-in');
    const [pending = ''] = toProvider.headers.getSetCookie();
    const back = await scene.site.request('/signed-in?code=sam&state=state-1', {
      headers: { cookie: `${pending.split(';')[0]}; ${before}` },
    });
    const after =
      back.headers
        .getSetCookie()
        .find((one) => one.startsWith('lockstep='))
        ?.split(';')[0] ?? '';
    expect((await scene.get('/', after)).status).toBe(200);
    expect((await scene.get('/', before)).status).toBe(303);
  });

  it('leads to no look-up unless it could be one', async () => {
    const scene = createScene({
      overrides: {
        sessions: {
          add: async () => {},
          end: async () => {},
          read: async () => {
            throw new Error('asked');
          },
        },
      },
    });
    for (const cookie of ['', 'lockstep=x', `lockstep=${'a'.repeat(44)}`, `lockstep=${'%'.repeat(43)}`])
      expect((await scene.get('/', cookie)).status).toBe(303);
  });
});

it('a token without a time of sign-in gives a session that reads, and changes nothing', async () => {
  const scene = createScene();
  const { identity } = scene.dependencies;
  const other = createScene({
    overrides: { identity: { ...identity, finish: async () => claimsOf('sam') } },
  });
  const approval = await other.addQcRequest();
  const cookie = await other.signIn('sam');
  expect((await other.get(`/approvals/${approval.approvalId}`, cookie)).status).toBe(200);
  const answer = await other.post(`/approvals/${approval.approvalId}/decision`, cookie, {
    decision: 'approve',
  });
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('data-reason="SignInTooOld"');
  expect(other.told).toEqual([]);
});

describe('in DynamoDB', () => {
  let tables: Awaited<ReturnType<typeof startLedgerTables>>;
  beforeAll(async () => {
    tables = await startLedgerTables();
  });
  afterAll(() => tables.stop());
  const record = {
    person: { subject: 'sub-1', name: 'quinn', verifiedEmail: 'quinn@example.com', groups: ['qc'] },
    signedInAt: 1_000_000,
    expiresAt: 8 * HOUR + 500,
  };

  it('a record is read back until it is ended, and DynamoDB may delete it after it expired', async () => {
    const TableName = await tables.table();
    const sessions = createDynamoDbSessions(TableName, tables.client);
    await sessions.add('key-1', record);
    expect(await sessions.read('key-1')).toEqual(record);
    expect(await sessions.read('key-2')).toBeUndefined();
    const Key = { pk: { S: 'SESSION#key-1' }, sk: { S: 'SESSION' } };
    const { Item = {} } = await tables.client.send(new GetItemCommand({ TableName, Key }));
    expect(fromAttributes(Item)).toMatchObject({ deleteAfter: 8 * 3600 + 1 });
    await sessions.end('key-1', 9 * HOUR);
    expect(await sessions.read('key-1')).toBeUndefined();
    await expect(sessions.add('key-1', record)).rejects.toThrow();
  });

  it('ending what does not exist adds nothing', async () => {
    const TableName = await tables.table();
    await createDynamoDbSessions(TableName, tables.client).end('key-1', HOUR);
    expect((await tables.client.send(new ScanCommand({ TableName }))).Count).toBe(0);
  });
});

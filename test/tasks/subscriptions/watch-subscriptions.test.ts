import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import type { ListedSubscription } from '../../../tasks/subscriptions/compare-subscriptions.ts';
import { watchSubscriptions } from '../../../tasks/subscriptions/watch-subscriptions.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';

let ledger: Ledger;
let sent: Notice[];
let isDown: boolean;
beforeEach(() => {
  ledger = createMemoryLedger();
  sent = [];
  isDown = false;
});

const confirmed = (endpoint: string): ListedSubscription => ({
  protocol: 'email',
  endpoint,
  subscriptionArn: `arn:aws:sns:::x:${endpoint}`,
});
const pending = (endpoint: string): ListedSubscription => ({
  ...confirmed(endpoint),
  subscriptionArn: 'PendingConfirmation',
});
const everybody = ['qc@x.com', 'pmo@x.com', 'olga@x.com'].map(confirmed);
const operators = [confirmed('olga@x.com')];

const watch = (
  at: string,
  promotions: readonly ListedSubscription[],
  alarms: readonly ListedSubscription[] = operators,
) =>
  watchSubscriptions({
    ledger,
    notices: {
      send: async (notice) => {
        if (isDown) throw new Error('SNS is down');
        sent.push(notice);
      },
    },
    now: () => new Date(at),
    application: 'shop',
    siteUrl: 'https://approvals.example.com',
    addresses: async () => ({ qc: ['qc@x.com'], pmo: ['pmo@x.com', 'qc@x.com'], operator: ['olga@x.com'] }),
    subscriptionsOf: async (topic) => (topic === 'promotions' ? promotions : alarms),
  })();

const FIRST = '2026-11-22T10:00:00.000Z';
const LATER = '2026-11-22T10:05:00.000Z';
const people = async () => (await ledger.missingSubscriptions('shop'))?.people;

describe('subscriptions of an application', () => {
  it('are not written about while everybody is subscribed', async () => {
    await watch(FIRST, everybody);
    expect(await ledger.missingSubscriptions('shop')).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it('that SNS has deleted are recorded with the roles, and operators are mailed once (T59)', async () => {
    await watch(FIRST, [confirmed('pmo@x.com'), confirmed('olga@x.com')]);
    await watch(LATER, [confirmed('pmo@x.com'), confirmed('olga@x.com')]);
    expect(await people()).toEqual([
      { address: 'qc@x.com', topic: 'promotions', roles: ['qc', 'pmo'], state: 'missing', since: FIRST },
    ]);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      role: 'operator',
      application: 'shop',
      subject: 'Mail does not reach everybody: shop',
    });
    expect(sent[0]?.message).toContain('mail as QC and PMO; is not subscribed');
  });

  it('that wait are told with the deadline, and again when it has passed (T59)', async () => {
    await watch(FIRST, [...everybody.slice(1), pending('qc@x.com')]);
    await watch(LATER, [...everybody.slice(1), pending('qc@x.com')]);
    expect(sent.map(({ message }) => message)).toEqual([
      expect.stringContaining('has not confirmed, and AWS waits until 24 Nov 2026, 10:00 UTC at most'),
    ]);
    await watch(LATER, everybody.slice(1));
    expect(sent).toHaveLength(2);
    expect(await people()).toMatchObject([{ state: 'missing', since: LATER }]);
  });

  it('are mailed about again when somebody who was back is missing again', async () => {
    await watch(FIRST, everybody.slice(1));
    await watch(LATER, everybody);
    expect(await people()).toEqual([]);
    await watch(LATER, everybody.slice(1));
    expect(sent).toHaveLength(2);
  });

  it('name only who is new in the mail', async () => {
    await watch(FIRST, everybody.slice(1));
    await watch(LATER, everybody.slice(2));
    expect(sent.map(({ message }) => message.match(/^- \S+/gm))).toEqual([['- qc@x.com:'], ['- pmo@x.com:']]);
    expect(await people()).toHaveLength(2);
  });

  it('to alarms are those of operators', async () => {
    await watch(FIRST, everybody, []);
    expect(await people()).toEqual([
      { address: 'olga@x.com', topic: 'alarms', roles: ['operator'], state: 'missing', since: FIRST },
    ]);
    expect(sent[0]?.message).toContain('- olga@x.com: alarms; is not subscribed');
  });

  it('fails if the mail cannot be sent, and sends it the next time', async () => {
    isDown = true;
    await expect(watch(FIRST, everybody.slice(1))).rejects.toThrow('SNS is down');
    isDown = false;
    await watch(LATER, everybody.slice(1));
    expect(sent).toHaveLength(1);
  });
});

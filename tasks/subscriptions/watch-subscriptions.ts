import type { MissingSubscription, MissingSubscriptions } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Notices } from '../notices/notice.ts';
import { type ListedSubscription, unsubscribed } from './compare-subscriptions.ts';
import { unsubscribedNotice } from './unsubscribed-notice.ts';

/** An application's configured addresses, by role. */
export type MailAddresses = Readonly<Record<MissingSubscription['roles'][number], readonly string[]>>;

/** What watching subscriptions needs. */
export interface WatchDependencies {
  readonly ledger: Pick<Ledger, 'missingSubscriptions' | 'replaceMissingSubscriptions'>;
  readonly notices: Notices;
  readonly now: () => Date;
  readonly application: string;
  readonly siteUrl: string;
  readonly addresses: () => Promise<MailAddresses>;
  readonly subscriptionsOf: (topic: MissingSubscription['topic']) => Promise<readonly ListedSubscription[]>;
}

const roles = ['qc', 'pmo', 'operator'] as const;

const isSame = (a: MissingSubscription, b: MissingSubscription): boolean =>
  a.topic === b.topic && a.address === b.address && a.state === b.state;

/** Who gets no mail now. What was so before keeps the time since when. */
const missingNow = async (
  { addresses: readAddresses, subscriptionsOf, now }: WatchDependencies,
  before: readonly MissingSubscription[],
): Promise<readonly MissingSubscription[]> => {
  const since = now().toISOString();
  const addresses = await readAddresses();
  const configured = {
    promotions: roles.flatMap((role) => addresses[role]),
    alarms: addresses.operator,
  };
  const found: MissingSubscription[] = [];
  for (const topic of ['promotions', 'alarms'] as const)
    for (const one of unsubscribed(configured[topic], await subscriptionsOf(topic))) {
      const theirs =
        topic === 'alarms'
          ? (['operator'] as const)
          : roles.filter((role) => addresses[role].includes(one.address));
      found.push({ ...one, topic, roles: theirs, since });
    }
  return found.map((one) => ({ ...one, since: before.find((other) => isSame(one, other))?.since ?? since }));
};

const keysOf = (people: readonly MissingSubscription[]): string =>
  JSON.stringify(people.map(({ topic, address, state, roles: theirs }) => [topic, address, state, theirs]));

/**
 * Compares who is to get an application's mail with who does, and records who does not, for the approvals site (T59). Operators are
 * mailed once about each address when SNS waits for its confirmation, and once when it is not subscribed any more.
 */
export function watchSubscriptions(dependencies: WatchDependencies) {
  return async function watchSubscriptions(): Promise<void> {
    const { ledger, notices, application, siteUrl } = dependencies;
    const before = await ledger.missingSubscriptions(application);
    const known = before?.people ?? [];
    const people = await missingNow(dependencies, known);
    if (keysOf(people) === keysOf(known)) return;
    const news = people.filter((one) => !known.some((other) => isSame(one, other)));
    // A mail that could not be sent is sent by the next run.
    if (news.length > 0) await notices.send(unsubscribedNotice(application, news, siteUrl));
    const after: MissingSubscriptions = { application, people };
    await ledger.replaceMissingSubscriptions(before, after);
  };
}

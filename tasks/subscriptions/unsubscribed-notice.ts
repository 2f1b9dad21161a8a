import { HOUR_MS } from '../durations.ts';
import type { MissingSubscription } from '../ledger/items.ts';
import { asciiSubject, ours, plain } from '../mail-text.ts';
import type { Notice } from '../notices/notice.ts';
import { listed, roleTitles, utcTime } from '../words.ts';
import { CONFIRM_HOURS } from './compare-subscriptions.ts';

const titles = { ...roleTitles, operator: 'operator' } as const;

/** What somebody misses, and until when they can still confirm. The mail that asks came before `since`, by minutes. */
const personLine = ({ address, topic, roles, state, since }: MissingSubscription): string => {
  const mail = topic === 'alarms' ? 'alarms' : `mail as ${listed(roles.map((role) => titles[role]))}`;
  return state === 'pending'
    ? `- ${address}: ${mail}; has not confirmed, and AWS waits until ${utcTime(Date.parse(since) + CONFIRM_HOURS * HOUR_MS)} at most`
    : `- ${address}: ${mail}; is not subscribed`;
};

/** Mails operators who gets none of the mail that is meant for them. */
export const unsubscribedNotice = (
  application: string,
  people: readonly MissingSubscription[],
  siteUrl: string,
): Notice => ({
  role: 'operator',
  application,
  subject: asciiSubject(`Mail does not reach everybody: ${application}`),
  message: plain([
    `These addresses are configured for ${application}, and get no mail:`,
    // Addresses of the configuration, in which every mail program may find a link.
    ...people.map((one) => ours(personLine(one))),
    '',
    `Each confirms with the mail from AWS, within ${CONFIRM_HOURS} hours of it. After that AWS deletes the subscription, and no deployment makes it again.`,
    'The command "npm run lockstep -- doctor" says how to subscribe them again.',
    'Until then they find requests on the approvals site:',
    ours(siteUrl),
  ]),
});

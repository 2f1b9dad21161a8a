import { breakLinks } from '../break-links.ts';
import type { EventActor } from '../events/promotion-event.ts';
import type { PromotionStatus } from '../ledger/items.ts';
import { cutText } from '../truncate-text.ts';
import { shortCommit, utcTime, visibleText } from '../words.ts';
import type { ToldEvent } from './notification.ts';

/** What a card shows, in words, before a chat's own format. Nothing in it is a link but `url`. */
export interface Card {
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** The promotion's page: a card links there, and decides nothing. */
  readonly url: string;
}

const MOST_TITLE = 140;
const MOST_VALUE = 300;

/** A text that people wrote, in one line, without links and with what hides or reorders made visible. */
const plain = (text: string, most: number): string =>
  cutText(breakLinks(visibleText(text.replace(/\s+/g, ' ').trim())), most);

const actorName = (actor: EventActor): string => {
  if (actor.type === 'person') return actor.name;
  return actor.type === 'identity' ? (actor.arn.split('/').at(-1) ?? actor.arn) : 'Lockstep';
};

const endings: Readonly<Record<Exclude<PromotionStatus, 'RUNNING'>, string>> = {
  SUCCEEDED: 'promoted to Prod',
  FAILED: 'failed',
  REJECTED: 'rejected',
  SUPERSEDED: 'superseded by a newer promotion',
  STALE: 'stale: Prod runs a newer commit',
  RECALLED: 'recalled: its commit is marked bad',
  TIMED_OUT: 'timed out',
  ABORTED: 'stopped',
};

const titles: Readonly<Record<string, (text: (name: string) => string, actor: string) => string>> = {
  'Approval Requested': (text) => `${text('role').toUpperCase()} is asked to decide`,
  'Approval Closed': (text) =>
    `${text('role').toUpperCase()}'s request ${text('status') === 'EXPIRED' ? 'expired' : 'was withdrawn'}`,
  'Decision Made': (text, actor) =>
    `${actor} ${text('decision') === 'approve' ? 'approved' : 'rejected'} for ${text('role').toUpperCase()}`,
  'Deployment Ended': (text) => `${text('state')} ${text('status') === 'SUCCEEDED' ? 'succeeded' : 'failed'}`,
  'Go Back Started': (_, actor) => `${actor} goes back to an earlier release`,
  'Promotion Redriven': () => 'redriven',
  'Promotion Started By Hand': () => 'started by hand, without a push',
  'Stop Requested': (_, actor) => `${actor} stops the promotion`,
  'Promotion Ended': (text) =>
    Object.entries(endings).find(([status]) => status === text('status'))?.[1] ?? 'ended',
};

/** What is said beside the commit, where the event has it. */
const details = [
  ['reason', 'Reason'],
  ['comment', 'Comment'],
  ['error', 'Error'],
  ['cause', 'Cause'],
] as const;

/** The card of an event. A type without words of its own is told by its name. */
export function cardOf({ 'detail-type': detailType, detail }: ToldEvent): Card {
  const { application, actor, commit, at, url, data } = detail;
  const text = (name: string) => String(data[name] ?? '');
  const words = Object.hasOwn(titles, detailType) ? titles[detailType] : undefined;
  const title = words?.(text, actorName(actor)) ?? detailType;
  const fact = (label: string, value: string) => ({ label, value: plain(value, MOST_VALUE) });
  return {
    title: plain(`${application}: ${title}`, MOST_TITLE),
    facts: [
      fact('Commit', `${shortCommit(commit.id)} ${commit.title}`),
      fact('Branch', commit.branch),
      ...(actor.type === 'lockstep' ? [] : [fact('By', actorName(actor))]),
      ...details.filter(([name]) => text(name) !== '').map(([name, label]) => fact(label, text(name))),
      fact('Time', utcTime(at)),
    ],
    url,
  };
}

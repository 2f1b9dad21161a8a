import { createHash } from 'node:crypto';
import type { Actor, EvidenceEntry } from '../evidence/chain.ts';
import { isObject } from '../json.ts';
import type { Promotion } from '../ledger/items.ts';
import { promotionLink } from '../notices/notice.ts';
import { beginningOf } from '../truncate-text.ts';
import { firstLine } from '../words.ts';
import { EVENT_SOURCE, EVENT_VERSION, eventTypeOf, type FieldType } from './event-types.ts';

/** Who did something, without what only Lockstep needs to know. */
export type EventActor =
  | { readonly type: 'person'; readonly name: string }
  | { readonly type: 'identity'; readonly arn: string }
  | { readonly type: 'lockstep' };

type DataValue = string | number | Readonly<Record<string, string>>;

/** `detail` of an event; docs/events.schema.json describes it. */
export interface EventDetail {
  readonly version: string;
  /** The same for the same change of the same promotion: tells repeats. */
  readonly id: string;
  readonly application: string;
  readonly promotionId: string;
  /** Place in the promotion's record: 1, 2, … */
  readonly sequence: number;
  /** Kind of the record's entry. */
  readonly kind: string;
  /** When it happened, ISO 8601. */
  readonly at: string;
  readonly actor: EventActor;
  /** What is promoted. */
  readonly commit: { readonly id: string; readonly branch: string; readonly title: string };
  /** The promotion's page. */
  readonly url: string;
  readonly data: Readonly<Record<string, DataValue>>;
}

/** An event before EventBridge gives it its envelope. */
export interface PromotionEvent {
  readonly source: typeof EVENT_SOURCE;
  readonly detailType: string;
  readonly time: string;
  readonly resources: readonly string[];
  readonly detail: EventDetail;
}

/** What an event needs of the promotion: nothing that changes, so that a repeat says the same. */
export type ToldPromotion = Pick<
  Promotion,
  'application' | 'commitId' | 'branch' | 'commitMessage' | 'executionArn'
>;

/** Bytes of a text as JSON. A request to EventBridge holds ten events and 256 KB. */
const MOST_BYTES = 1_000;
/** Entries of an object of texts, and bytes of each. */
const MOST_ENTRIES = 10;
const MOST_ENTRY_BYTES = 200;

const ADDRESS = /[^\s@<>"'(),:;\\[\]/=]+@[^\s@<>"'(),:;\\[\]/=]+/gu;

/** A text without e-mail addresses, at most so long. */
function told(text: string, most = MOST_BYTES): string {
  let left = beginningOf(text.toWellFormed(), most).replace(ADDRESS, '[address]');
  const isCut = text.length > most;
  while (Buffer.byteLength(JSON.stringify(left)) > most)
    left = beginningOf(left, Math.floor(left.length * 0.8));
  return isCut ? `${left}…` : left;
}

const readers: Readonly<Record<FieldType, (value: unknown) => DataValue | undefined>> = {
  text: (value) => (typeof value === 'string' ? told(value) : undefined),
  time: (value) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(value) ? value : undefined,
  number: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  texts: (value) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
            .slice(0, MOST_ENTRIES)
            .map(([name, text]) => [told(name, MOST_ENTRY_BYTES), told(text, MOST_ENTRY_BYTES)]),
        )
      : undefined,
};

const toldActor = (actor: Actor): EventActor => {
  if (actor.type === 'person') return { type: 'person', name: told(actor.name) };
  return actor.type === 'identity' ? { type: 'identity', arn: told(actor.arn) } : { type: 'lockstep' };
};

/** The id of an entry's event: the same for the same occurrence, as the entry's key derives from what happened. */
export const eventIdOf = (promotionId: string, key: string): string =>
  `evt_${createHash('sha256')
    .update(JSON.stringify([promotionId, key]))
    .digest('hex')
    .slice(0, 32)}`;

/** The event for one entry of a promotion's record. */
export function promotionEvent(
  promotionId: string,
  { key, kind, at, sequence, actor, what }: EvidenceEntry,
  { application, commitId, branch, commitMessage, executionArn }: ToldPromotion,
  siteUrl: string,
): PromotionEvent {
  const { detailType, fields } = eventTypeOf({ kind, what });
  const data = Object.entries(fields).flatMap(([name, type]): readonly [string, DataValue][] => {
    const value = readers[type](what[name]);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    source: EVENT_SOURCE,
    detailType,
    time: at,
    resources: [executionArn],
    detail: {
      version: EVENT_VERSION,
      id: eventIdOf(promotionId, key),
      application,
      promotionId,
      sequence,
      kind,
      at,
      actor: toldActor(actor),
      commit: { id: commitId, branch, title: told(firstLine(commitMessage)) },
      url: promotionLink(promotionId, siteUrl).ours,
      data: Object.fromEntries(data),
    },
  };
}

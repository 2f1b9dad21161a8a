import { canonical, digestOf, type Json } from '../canonical-json.ts';
import type { Person, PromotionStatus } from '../ledger/items.ts';

/** Format of the record; it is part of what is hashed and signed. */
export const EVIDENCE_FORMAT = 'lockstep-evidence/2';

/** Who did something. */
export type Actor =
  /** Signed in on the approvals site. */
  | ({ readonly type: 'person' } & Pick<Person, 'subject' | 'name' | 'verifiedEmail'>)
  /** Known to AWS: the pusher, or the user of the command line. */
  | { readonly type: 'identity'; readonly arn: string }
  /** Lockstep itself. */
  | { readonly type: 'lockstep' };

/** What happened. */
export type EvidenceKind =
  | 'push-event'
  | 'push'
  | 'started-by-hand'
  | 'override-asked'
  | 'override-decided'
  | 'go-back'
  | 'secret-scan'
  | 'job-started'
  | 'job-ended'
  | 'approval-requested'
  | 'approval-closed'
  | 'decision'
  | 'denial'
  | 'send-back-asked'
  | 'end-soak-asked'
  | 'despite-alarms-asked'
  | 'redrive-asked'
  | 'redriven'
  | 'stop-asked'
  | 'marked-bad'
  | 'unmarked-bad'
  | 'finding-accepted'
  | 'ended';

/** Something that happened, before it has its place in the record. */
export interface Fact {
  /** Natural key: the same for the same occurrence, so that recording it again adds nothing. */
  readonly key: string;
  readonly kind: EvidenceKind;
  /** When it happened, ISO 8601. */
  readonly at: string;
  readonly actor: Actor;
  readonly what: Readonly<Record<string, Json | undefined>>;
}

/** One entry of a promotion's record. */
export interface EvidenceEntry extends Fact {
  /** 1, 2, … */
  readonly sequence: number;
  /** Hash of the entry before; of the promotion's id for the first. */
  readonly previous: string;
  /** SHA-256 over the canonical JSON of everything else in the entry. */
  readonly hash: string;
}

/** What the first entry follows: binds the record to its promotion. */
export const originOf = (promotionId: string): string => digestOf({ format: EVIDENCE_FORMAT, promotionId });

/** The hash that an entry must have. */
export function hashOf(entry: { readonly hash?: unknown }): string {
  const { hash: _, ...content } = entry;
  return digestOf(content);
}

/** jq escapes U+007F where RFC 8785 does not: without it, an auditor's jq gives the bytes that are hashed. */
const printableByJq = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replaceAll('\u007f', '\ufffd')) as Value;

/** The entry for a fact that follows `last`. */
export function nextEntry(
  promotionId: string,
  last: EvidenceEntry | undefined,
  { key, kind, at, actor, what }: Fact,
): EvidenceEntry {
  const content = canonical({
    sequence: (last?.sequence ?? 0) + 1,
    key,
    kind,
    at,
    actor: printableByJq(actor),
    what: printableByJq(what),
    previous: last?.hash ?? originOf(promotionId),
  }) as Omit<EvidenceEntry, 'hash'>;
  return { ...content, hash: digestOf(content) };
}

/** How a promotion ended, as far as its record says. */
export type FinalState = Exclude<PromotionStatus, 'RUNNING'>;

/**
 * The state that a record ends with.
 * @returns undefined while the promotion runs: it has not ended, or was redriven since
 */
export function finalState(entries: readonly Pick<Fact, 'kind' | 'what'>[]): FinalState | undefined {
  let redrives = -1;
  let state: FinalState | undefined;
  // Two functions tell of a redrive and of an end, in either order: the number counts, not the place.
  for (const { kind, what } of entries) {
    const number = Number(kind === 'ended' ? what.redrives : kind === 'redriven' ? what.redrive : -1);
    if (number < redrives || (kind !== 'ended' && kind !== 'redriven')) continue;
    if (kind === 'ended') state = what.status as FinalState;
    else if (number > redrives) state = undefined;
    redrives = number;
  }
  return state;
}

/** The head of a record, signed: its first `entries` entries are what they were then. */
export interface Seal {
  /** How many entries it covers: the first ones, all that there were. */
  readonly entries: number;
  /** The state that they end with. */
  readonly state: FinalState;
  /** Hash of the last of them. */
  readonly head: string;
  /** When it was signed, ISO 8601. */
  readonly at: string;
  /** ARN of the KMS key that signed. */
  readonly key: string;
  /** ECDSA over SHA-256 in DER with the smaller `s`, base64. */
  readonly signature: string;
}

/** What a seal's signature is over, as canonical JSON. Shorter than the 4096 bytes that KMS signs. */
export const sealedStatement = (
  promotionId: string,
  { entries, state, head, at, key }: Omit<Seal, 'signature'>,
) => ({
  format: EVIDENCE_FORMAT,
  promotionId,
  entries,
  state,
  head,
  at,
  key,
});

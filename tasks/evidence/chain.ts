import { canonical, digestOf, type Json } from '../canonical-json.ts';
import type { Person } from '../ledger/items.ts';

/** Format of the record; it is part of what is hashed and signed. */
export const EVIDENCE_FORMAT = 'lockstep-evidence/1';

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
  | 'push'
  | 'started-by-hand'
  | 'job-started'
  | 'job-ended'
  | 'approval-requested'
  | 'approval-closed'
  | 'decision'
  | 'denial'
  | 'redrive-asked'
  | 'redriven'
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
    actor,
    what,
    previous: last?.hash ?? originOf(promotionId),
  }) as Omit<EvidenceEntry, 'hash'>;
  return { ...content, hash: digestOf(content) };
}

/** The head of a record, signed: everything up to `sequence` is what it was then. */
export interface Seal {
  /** The last entry that it covers. */
  readonly sequence: number;
  /** Hash of that entry. */
  readonly head: string;
  /** When it was signed, ISO 8601. */
  readonly at: string;
  /** ARN of the KMS key that signed. */
  readonly key: string;
  /** ECDSA over SHA-256 in DER, base64. */
  readonly signature: string;
}

/** What a seal's signature is over, as canonical JSON. Shorter than the 4096 bytes that KMS signs. */
export const sealedStatement = (
  promotionId: string,
  { sequence, head, at, key }: Omit<Seal, 'signature'>,
) => ({
  format: EVIDENCE_FORMAT,
  promotionId,
  sequence,
  head,
  at,
  key,
});

import { canonicalJson } from '../../../tasks/canonical-json.ts';
import {
  type EvidenceEntry,
  type FinalState,
  hashOf,
  nextEntry,
  originOf,
  type Seal,
  sealedStatement,
} from '../../../tasks/evidence/chain.ts';
import { type EvidenceFile, serialize } from '../../../tasks/evidence/evidence-file.ts';
import { redriven } from '../../../tasks/evidence/facts.ts';
import { lowS } from '../../../tasks/evidence/signature.ts';
import type { EvidenceProblem } from '../../../tasks/evidence/verify-chain.ts';
import { type Expectation, verifyEvidence } from '../../../tasks/evidence/verify-evidence.ts';
import { withLargerS } from '../doubles/larger-s.ts';
import { createTestSigner } from '../doubles/memory-evidence.ts';
import { PROMOTION_ID } from '../doubles/samples.ts';
import { chainOf, lifelikeFacts, sealedRecord, sealOver } from '../doubles/sealed-record.ts';

const ours = createTestSigner();
const other = createTestSigner();
const chain = chainOf(lifelikeFacts);
/** The entry of the first end, which a redrive followed. */
const firstEnd = 4;

let record: EvidenceFile;
let text: string;
beforeAll(async () => {
  record = await sealedRecord(ours.signer, [firstEnd, chain.length]);
  text = serialize(record);
});

const verify = (changed: string | Uint8Array, expected: Expectation = { key: ours.pem }) =>
  verifyEvidence(Buffer.from(changed), expected).problems;

type Kind = EvidenceProblem['kind'];
type Change = readonly [
  name: string,
  kind: Kind,
  change: () => string | Uint8Array | object | Promise<object>,
];

const entriesWith = (place: number, change: (entry: EvidenceEntry) => object) => ({
  ...record,
  entries: record.entries.map((entry) => (entry.sequence === place ? change(entry) : entry)),
});
/** A change that also computes the entry's hash again. */
const hashed = (change: Partial<EvidenceEntry>) => (entry: EvidenceEntry) => {
  const changed = { ...entry, ...change };
  return { ...changed, hash: hashOf(changed) };
};
const sealsWith = (place: number, change: (seal: Seal) => object) => ({
  ...record,
  seals: record.seals.map((seal, index) => (index === place ? change(seal) : seal)),
});
const signedAgain = async (change: Partial<Omit<Seal, 'signature'>>, signer = ours.signer) => ({
  ...record,
  seals: [record.seals[0], await sealOver(chain, chain.length, signer, change)],
});
const places = lifelikeFacts.map((_, index) => index + 1);

const changes: readonly Change[] = [
  // 1 to 7: every entry, in what it says.
  ...places.map(
    (place): Change => [
      `another time in entry ${place}`,
      'changed',
      () => entriesWith(place, (entry) => ({ ...entry, at: '2026-11-22T23:00:00.000Z' })),
    ],
  ),
  ...places.map(
    (place): Change => [
      `another actor in entry ${place}`,
      'changed',
      () => entriesWith(place, (entry) => ({ ...entry, actor: { type: 'identity', arn: 'me' } })),
    ],
  ),
  ...places.map(
    (place): Change => [
      `a detail more in entry ${place}`,
      'changed',
      () => entriesWith(place, (entry) => ({ ...entry, what: { ...entry.what, more: true } })),
    ],
  ),
  ...places.map(
    (place): Change => [
      `a field more in entry ${place}`,
      'changed',
      () => entriesWith(place, (entry) => ({ ...entry, note: 'x' })),
    ],
  ),
  ...places.map(
    (place): Change => [
      `no hash in entry ${place}`,
      'changed',
      () => entriesWith(place, ({ hash: _, ...entry }) => entry),
    ],
  ),
  ...places.map(
    (place): Change => [
      `no details in entry ${place}`,
      'changed',
      () => entriesWith(place, ({ what: _, ...entry }) => entry),
    ],
  ),
  ...places
    .slice(0, -1)
    .map(
      (place): Change => [
        `another kind in entry ${place}, hashed again`,
        'not-linked',
        () => entriesWith(place, hashed({ kind: 'denial' })),
      ],
    ),
  ...places
    .slice(0, -1)
    .map(
      (place): Change => [
        `no entry ${place}`,
        'missing',
        () => ({ ...record, entries: record.entries.filter(({ sequence }) => sequence !== place) }),
      ],
    ),
  ...places.slice(0, -1).map(
    (place): Change => [
      `entries ${place} and ${place + 1} swapped`,
      'reordered',
      () => {
        const entries = [...record.entries];
        entries.splice(place - 1, 2, ...entries.slice(place - 1, place + 1).reverse());
        return { ...record, entries };
      },
    ],
  ),
  ...places.map(
    (place): Change => [
      `entry ${place} twice`,
      'reordered',
      () => ({ ...record, entries: [...record.entries.slice(0, place), ...record.entries.slice(place - 1)] }),
    ],
  ),
  ...places
    .slice(1)
    .map(
      (place): Change => [
        `cut back to ${place - 1} entries`,
        'truncated',
        () => ({ ...record, entries: record.entries.slice(0, place - 1) }),
      ],
    ),

  // The whole chain.
  [
    'the last entry replaced, hashed again',
    'seal',
    () => entriesWith(chain.length, hashed({ at: '2026-11-22T23:00:00.000Z' })),
  ],
  [
    'every entry hashed again after another approver',
    'seal',
    () => ({
      ...record,
      entries: chainOf(
        lifelikeFacts.map((fact) =>
          fact.kind === 'decision'
            ? {
                ...fact,
                actor: {
                  type: 'person',
                  subject: 'sub-of-sam',
                  name: 'sam',
                  verifiedEmail: 'sam@example.com',
                },
              }
            : fact,
        ),
      ),
    }),
  ],
  [
    'every entry hashed again without the redrive',
    'truncated',
    () => ({ ...record, entries: chainOf(lifelikeFacts.filter(({ kind }) => kind !== 'redriven')) }),
  ],
  [
    "another promotion's entries",
    'not-linked',
    () => ({ ...record, entries: chainOf(lifelikeFacts, 'another') }),
  ],
  ['another promotion id', 'not-linked', () => ({ ...record, promotionId: 'another' })],
  [
    "another promotion id, and the chain's origin with it",
    'signature',
    () => ({ ...record, promotionId: 'another', entries: chainOf(lifelikeFacts, 'another') }),
  ],
  [
    'the origin of another promotion',
    'not-linked',
    () => entriesWith(1, hashed({ previous: originOf('another') })),
  ],
  [
    'an entry after the last seal',
    'not-covered',
    () => ({
      ...record,
      entries: [...chain, nextEntry(PROMOTION_ID, chain.at(-1), redriven(2, '2026-11-23T10:00:00.000Z'))],
    }),
  ],
  [
    'an entry with no number after the last seal',
    'changed',
    () => ({ ...record, entries: [...chain, { note: 'x' }] }),
  ],
  ['no entries', 'unreadable', () => ({ ...record, entries: [] })],
  ['an entry that is no object', 'unreadable', () => ({ ...record, entries: [...chain, 'x'] })],

  // Seals.
  [
    'cut back to the first seal',
    'may-go-on',
    () => ({ ...record, entries: chain.slice(0, firstEnd), seals: record.seals.slice(0, 1) }),
  ],
  ['without the last seal', 'not-covered', () => ({ ...record, seals: record.seals.slice(0, 1) })],
  ['without seals', 'not-sealed', () => ({ ...record, seals: [] })],
  [
    'without seals and key',
    'not-sealed',
    () => {
      const { key: _, ...rest } = record;
      return { ...rest, seals: [] };
    },
  ],
  ['seals out of order', 'seal', () => ({ ...record, seals: [...record.seals].reverse() })],
  ['the last seal twice', 'seal', () => ({ ...record, seals: [...record.seals, record.seals[1]] })],
  ['a seal that is no object', 'unreadable', () => ({ ...record, seals: ['x'] })],
  ...([0, 1] as const).flatMap((place): readonly Change[] => [
    [
      `another number of entries in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, entries: 3 })),
    ],
    [
      `another state in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, state: 'REJECTED' })),
    ],
    [
      `another head in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, head: 'f'.repeat(64) })),
    ],
    [
      `another time in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, at: '2026-11-22T23:00:00.000Z' })),
    ],
    [
      `another key in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, key: 'arn:aws:kms:us-east-1:000000000000:key/other' })),
    ],
    [
      `no signature in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, ({ signature: _, ...seal }) => seal),
    ],
    [
      `the other s in seal ${place + 1}`,
      'high-s',
      () => sealsWith(place, (seal) => ({ ...seal, signature: withLargerS(seal.signature) })),
    ],
    [
      `a signature with a byte more in seal ${place + 1}`,
      'signature',
      () =>
        sealsWith(place, (seal) => ({
          ...seal,
          signature: Buffer.concat([Buffer.from(seal.signature, 'base64'), Buffer.alloc(1)]).toString(
            'base64',
          ),
        })),
    ],
    [
      `a signature with spaces in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, signature: `${seal.signature} ` })),
    ],
    [
      `a field more in seal ${place + 1}`,
      'signature',
      () => sealsWith(place, (seal) => ({ ...seal, note: 'x' })),
    ],
  ]),
  ['signed by the key: another state', 'seal', () => signedAgain({ state: 'REJECTED' })],
  ['signed by the key: another head', 'seal', () => signedAgain({ head: 'f'.repeat(64) })],
  [
    'signed by the key: more entries than there are',
    'truncated',
    () => signedAgain({ entries: chain.length + 1 }),
  ],
  [
    "signed by the key: another key's name",
    'another-key',
    () => signedAgain({ key: 'arn:aws:kms:us-east-1:000000000000:key/other' }),
  ],
  ['signed by another key', 'signature', () => signedAgain({}, other.signer)],
  [
    'signed by another key that the file brings',
    'another-key',
    () => sealedRecord(other.signer, [firstEnd, chain.length]),
  ],

  // The key.
  [
    'another key in the file',
    'another-key',
    () => ({ ...record, key: { ...record.key, publicKey: other.pem } }),
  ],
  [
    'another name of the key',
    'another-key',
    () => ({ ...record, key: { ...record.key, arn: 'arn:aws:kms:us-east-1:000000000000:key/other' } }),
  ],
  [
    'no key',
    'another-key',
    () => {
      const { key: _, ...rest } = record;
      return rest;
    },
  ],
  ['a key that is none', 'another-key', () => ({ ...record, key: { ...record.key, publicKey: 'none' } })],
  [
    'a key with a line more',
    'another-key',
    () => ({ ...record, key: { ...record.key, publicKey: `${ours.pem}\n` } }),
  ],
  ['a field more in the key', 'unreadable', () => ({ ...record, key: { ...record.key, note: 'x' } })],

  // The file.
  ['the older format', 'unreadable', () => ({ ...record, format: 'lockstep-evidence/1' })],
  ['a field more', 'unreadable', () => ({ ...record, note: 'x' })],
  ['no promotion id', 'unreadable', () => ({ ...record, promotionId: 1 })],
  ['a list', 'unreadable', () => [record]],
  ['nothing', 'unreadable', () => ''],
  ['half of the file', 'unreadable', () => text.slice(0, text.length / 2)],
  ['the file twice', 'unreadable', () => text + text],
  ['a byte-order mark', 'unreadable', () => `\ufeff${text}`],
  ['no UTF-8', 'unreadable', () => Buffer.from(text, 'utf16le')],
  ['a space more', 'form', () => text.replace('"seals": [', '"seals":  [')],
  ['no line break at the end', 'form', () => text.trimEnd()],
  ['Windows line breaks', 'form', () => text.replaceAll('\n', '\r\n')],
  ['one line', 'form', () => JSON.stringify(record)],
  [
    'fields in another order',
    'form',
    () => JSON.stringify(Object.fromEntries(Object.entries(record).reverse()), null, 1),
  ],
  [
    'a field twice, the false one first',
    'form',
    () => text.replace('"promotionId"', '"promotionId": "another",\n "promotionId"'),
  ],
  ['a letter written as an escape', 'form', () => text.replace('quinn', '\\u0071uinn')],
];

const asText = async (change: Change[2]): Promise<string | Uint8Array> => {
  const changed = await change();
  return typeof changed === 'string' || changed instanceof Uint8Array ? changed : serialize(changed);
};

it('there are at least 100 changes, each with a name of its own', () => {
  expect(changes.length).toBeGreaterThanOrEqual(100);
  expect(new Set(changes.map(([name]) => name)).size).toBe(changes.length);
});

it('the record itself is verified, by a key in PEM and by its fingerprint', () => {
  expect(verify(text)).toEqual([]);
  expect(verify(text, { key: ours.fingerprint, state: 'SUCCEEDED' })).toEqual([]);
});

it.each(changes)('a record with %s is %s', async (_, kind, change) => {
  const problems = verify(await asText(change));
  expect(problems.map((problem) => problem.kind)).toContain(kind);
});

describe('what is expected', () => {
  it('is needed: a key that only the file brings proves nothing', () => {
    expect(verify(text, {}).map(({ kind }) => kind)).toEqual(['no-expected-key']);
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'] satisfies FinalState[])(
    'of a record that ends as %s, which a redrive can continue, is that state',
    async (state) => {
      const facts = lifelikeFacts.slice(0, firstEnd);
      const entries = chainOf(
        facts.map((fact) =>
          fact.kind === 'ended' ? { ...fact, what: { redrives: 0, status: state } } : fact,
        ),
      );
      const ended = serialize(await sealedRecord(ours.signer, [firstEnd], entries));
      expect(verify(ended).map(({ kind }) => kind)).toEqual(['may-go-on']);
      expect(verify(ended, { key: ours.pem, state })).toEqual([]);
      expect(verify(ended, { key: ours.pem, state: 'SUCCEEDED' }).map(({ kind }) => kind)).toEqual([
        'another-state',
      ]);
    },
  );
});

it('a signature has the smaller s after signing, also if the signer gives the other one', () => {
  const signature = record.seals[0]?.signature ?? '';
  expect(lowS(Buffer.from(withLargerS(signature), 'base64')).toString('base64')).toBe(signature);
  expect(() => lowS(Buffer.from('AAAA', 'base64'))).toThrow('Not an ECDSA signature');
  expect(canonicalJson(sealedStatement(PROMOTION_ID, record.seals[0] as Seal))).toContain('"state":"FAILED"');
});

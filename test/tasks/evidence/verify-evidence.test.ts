import fc from 'fast-check';
import { type EvidenceEntry, type Fact, nextEntry, type Seal } from '../../../tasks/evidence/chain.ts';
import { type EvidenceFile, evidenceFile, serialize } from '../../../tasks/evidence/evidence-file.ts';
import { ended } from '../../../tasks/evidence/facts.ts';
import { type EvidenceProblem, verifyChain } from '../../../tasks/evidence/verify-chain.ts';
import { verifyEvidence } from '../../../tasks/evidence/verify-evidence.ts';
import { createTestSigner } from '../doubles/memory-evidence.ts';
import { PROMOTION_ID as ID } from '../doubles/samples.ts';
import { chainOf, sealedRecord } from '../doubles/sealed-record.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString();
const fact = (number: number, note = `Größe ${number}`): Fact => ({
  key: `job-started#Build#${number}`,
  kind: 'job-started',
  at: at(number),
  actor: { type: 'lockstep' },
  what: { attempt: number, note, nested: { list: ['a', 1, true], absent: undefined } },
});
const end = (redrives: number, status: 'FAILED' | 'SUCCEEDED') =>
  ended({ redrives, at: at(10 + redrives), status });
const chain = chainOf([fact(1), fact(2), fact(3), end(0, 'FAILED'), fact(5), end(1, 'SUCCEEDED')]);
const ours = createTestSigner();
const fileOf = (counts: readonly number[], { signer } = ours) => sealedRecord(signer, counts, chain);
const bytesOf = (file: object) => Buffer.from(serialize(file));
const kinds = (problems: readonly EvidenceProblem[]) =>
  problems.map(({ kind, sequence }) => (sequence === undefined ? kind : `${kind} ${sequence}`));
const check = (file: object, key: string | undefined = ours.pem) => verifyEvidence(bytesOf(file), { key });

let file: EvidenceFile;
beforeAll(async () => {
  file = await fileOf([4, 6]);
});

describe('a record as it was written', () => {
  it('has nothing wrong, and tells what is signed by which key', () => {
    expect(check(file, ours.pem)).toMatchObject({
      promotionId: ID,
      problems: [],
      sealedUpTo: 6,
      sealedAt: at(55),
      state: 'SUCCEEDED',
      key: { arn: expect.stringContaining(':key/'), fingerprint: ours.fingerprint },
    });
  });

  it('is verified by the fingerprint of the key as well', () => {
    expect(check(file, ours.fingerprint).problems).toEqual([]);
    expect(kinds(check(file, 'f'.repeat(64)).problems)).toEqual(['another-key']);
  });

  it('holds for any record', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
      ),
    })).value as fc.Arbitrary<string>;
    const facts = fc.array(fc.dictionary(fc.string(), json, { maxKeys: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(facts, (all) => {
        const entries = chainOf(all.map((what, index) => ({ ...fact(index), what })));
        expect(verifyChain(ID, JSON.parse(serialize(entries)))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('says the same for any order of fields, and with half a character as DynamoDB keeps it', () => {
    const cut = '👍'.slice(0, 1);
    const written = nextEntry(ID, undefined, fact(1, cut));
    const read = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(written).reverse())));
    expect(read.what.note).toBe('\ufffd');
    expect(verifyChain(ID, [read])).toEqual([]);
  });
});

describe('any other byte', () => {
  it('anywhere in the file is named', () => {
    const bytes = bytesOf(file);
    const wrong: number[] = [];
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (bytes[index] ?? 0) ^ (1 << (index % 7));
      if (verifyEvidence(changed, { key: ours.pem }).problems.length === 0) wrong.push(index);
    }
    expect(wrong).toEqual([]);
  });

  it('within an entry names that entry', () => {
    const text = serialize(file);
    fc.assert(
      fc.property(
        fc.nat(chain.length - 1),
        fc.nat(999),
        fc.integer({ min: 0x21, max: 0x7e }),
        (place, offset, code) => {
          const inEntry = JSON.stringify(file.entries[place]?.hash);
          const hashAt = text.indexOf(`"hash": ${inEntry}`);
          const position = hashAt + 9 + (offset % 64);
          const changed = text.slice(0, position) + String.fromCharCode(code) + text.slice(position + 1);
          fc.pre(changed !== text && !'"\\'.includes(String.fromCharCode(code)));
          expect(kinds(verifyEvidence(Buffer.from(changed)).problems)).toContain(`changed ${place + 1}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each<[string, (entry: EvidenceEntry) => object]>([
    ['time', (entry) => ({ ...entry, at: at(59) })],
    ['actor', (entry) => ({ ...entry, actor: { type: 'identity', arn: 'me' } })],
    ['detail', (entry) => ({ ...entry, what: { ...entry.what, attempt: 9 } })],
    ['sequence', (entry) => ({ ...entry, sequence: 30 })],
    ['added field', (entry) => ({ ...entry, approved: true })],
    ['missing field', ({ key: _, ...entry }) => entry],
    ['missing hash', ({ hash: _, ...entry }) => entry],
  ])('in the %s names the entry', (_, change) => {
    const entries = chain.map((entry) => (entry.sequence === 3 ? change(entry) : entry));
    expect(kinds(check({ ...file, entries }).problems)).toContain('changed 3');
  });

  it('that leaves the content alone names the line', () => {
    const text = serialize(file).replace('"seals": [', '"seals":  [');
    const { problems } = verifyEvidence(Buffer.from(text), { key: ours.pem });
    expect(kinds(problems)).toEqual(['form']);
    const line = text.slice(0, text.indexOf('"seals"')).split('\n').length;
    expect(problems[0]?.message).toContain(`line ${line}`);
  });

  it.each<[string, Uint8Array]>([
    ['no JSON', Buffer.from('{')],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['another format', Buffer.from('{"format":"lockstep-evidence/1"}')],
    ['a list', Buffer.from('[]')],
    ['no entries', bytesOf({ format: 'lockstep-evidence/2', promotionId: ID, entries: [], seals: [] })],
    [
      'something more',
      bytesOf({ format: 'lockstep-evidence/2', promotionId: ID, entries: chain, seals: [], by: 1 }),
    ],
  ])('is named: %s', (_, bytes) => {
    expect(kinds(verifyEvidence(bytes).problems)).toEqual(['unreadable']);
  });
});

describe('an entry', () => {
  const places = fc.nat(chain.length - 1);

  it('that is missing is named', () => {
    for (const { sequence } of chain) {
      const entries = chain.filter((entry) => entry.sequence !== sequence);
      expect(kinds(check({ ...file, entries }).problems)).toEqual([
        `${sequence === chain.length ? 'truncated' : 'missing'} ${sequence}`,
      ]);
    }
  });

  it('of several missing ones is named, with the others', () => {
    fc.assert(
      fc.property(fc.subarray(chain, { minLength: 1, maxLength: chain.length - 1 }), (kept) => {
        const { problems } = check({ ...file, entries: kept });
        const text = problems.map(({ message }) => message).join();
        expect(['missing', 'truncated']).toEqual(expect.arrayContaining(problems.map(({ kind }) => kind)));
        const gaps = chain.filter((entry) => !kept.includes(entry)).map(({ sequence }) => sequence);
        expect(text).toContain(`${gaps[0]}`);
        expect(problems[0]?.sequence).toBe(gaps[0]);
      }),
    );
  });

  it('that was moved is named', () => {
    fc.assert(
      fc.property(places, places, (from, to) => {
        fc.pre(from !== to);
        const entries = chain.filter((_, index) => index !== from);
        entries.splice(to, 0, chain[from] as EvidenceEntry);
        const { problems } = check({ ...file, entries });
        expect(new Set(problems.map(({ kind }) => kind))).toEqual(new Set(['reordered']));
        expect(problems.map(({ sequence }) => sequence)).toContain(from + 1);
      }),
    );
  });

  it('that is there twice is named', () => {
    const entries = [...chain.slice(0, 3), chain[2], ...chain.slice(3)];
    const { problems } = check({ ...file, entries });
    expect(kinds(problems)).toEqual(['reordered 3']);
    expect(problems[0]?.message).toContain('twice');
  });

  it('that was replaced by one with a right hash is named by what follows it', () => {
    const forged = nextEntry(ID, chain[1], fact(3, 'forged'));
    const entries = chain.map((entry) => (entry.sequence === 3 ? forged : entry));
    expect(kinds(check({ ...file, entries }).problems)).toEqual(['not-linked 4']);
  });

  it('of a record that was rewritten behind the seals is found by them', () => {
    const entries = chainOf([1, 2, 3, 4, 5, 6].map((number) => fact(number, 'forged')));
    expect(kinds(check({ ...file, entries }).problems)).toEqual(['seal 4', 'seal 6']);
  });

  it('of another promotion is named', () => {
    const entries = chainOf([fact(1)], 'another');
    const { problems } = check(evidenceFile(ID, entries, [], undefined));
    expect(kinds(problems)).toEqual(['not-linked 1', 'not-sealed']);
    expect(problems[0]?.message).toContain("another promotion's");
  });

  it('with a number beyond reason is named, and costs no memory', () => {
    const [entry] = chainOf([fact(1)]);
    const far = nextEntry(
      ID,
      { ...(entry as EvidenceEntry), sequence: Number.MAX_SAFE_INTEGER - 1 },
      fact(2),
    );
    expect(kinds(verifyChain(ID, [far]))).toEqual(['changed 1']);
  });
});

describe('another key', () => {
  const other = createTestSigner();

  it('than the one given is named with both fingerprints', async () => {
    const { problems } = check(await fileOf([6], other), ours.pem);
    expect(kinds(problems)).toEqual(['another-key']);
    expect(problems[0]?.message).toContain(other.fingerprint);
    expect(problems[0]?.message).toContain(ours.fingerprint);
  });

  it('than the one in the file is named', () => {
    const key = { arn: file.key?.arn, publicKey: other.pem };
    expect(kinds(check({ ...file, key }).problems)).toEqual(['another-key', 'signature', 'signature']);
  });

  it('than the one that a seal names is named', () => {
    const key = { arn: 'arn:aws:kms:us-east-1:000000000000:key/other', publicKey: ours.pem };
    expect(kinds(check({ ...file, key }).problems)).toEqual(['another-key', 'another-key']);
  });

  it.each([
    [
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
    ],
    ['none'],
  ])('of a kind that never signs is named', (publicKey) => {
    const key = { arn: file.key?.arn, publicKey };
    expect(kinds(check({ ...file, key }).problems)).toEqual(['another-key']);
  });

  it('that is no key fails', () => {
    expect(() => check(file, 'ssh-rsa AAAA')).toThrow('no public key in PEM');
  });

  it.each<[string, readonly string[], (seals: readonly Seal[]) => unknown]>([
    ['taken away while the key stays', ['not-sealed'], () => []],
    ['out of order', ['seal'], (seals) => [...seals].reverse()],
    ['there twice', ['seal'], ([first, last]) => [first, last, last]],
    ['with a field more', ['signature'], ([first, last]) => [{ ...first, note: 'x' }, last]],
    ['over another number of entries', ['signature'], ([first, last]) => [{ ...first, entries: 3 }, last]],
    ['signed by nobody', ['signature'], ([first, last]) => [{ ...first, signature: 'AAAA' }, last]],
  ])('or a seal %s is named', (_, expected, change) => {
    expect(kinds(check({ ...file, seals: change(file.seals) }).problems)).toEqual(expected);
  });
});

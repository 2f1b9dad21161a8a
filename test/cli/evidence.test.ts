import { verifyFile } from '../../cli/evidence.ts';
import type { ArchivedRecord } from '../../tasks/evidence/compare-archive.ts';
import { serialize } from '../../tasks/evidence/evidence-file.ts';
import { archiveKey } from '../../tasks/evidence/seal-evidence.ts';
import { buildStatementKey } from '../../tasks/provenance/build-statement.ts';
import { statementDigest } from '../../tasks/provenance/sign-build.ts';
import { archiveStatement, buildJob, signedBy } from '../tasks/doubles/built-record.ts';
import { createMemoryEvidence, createTestSigner } from '../tasks/doubles/memory-evidence.ts';
import { createMemoryLedger } from '../tasks/doubles/memory-ledger.ts';
import { aPromotion, PROMOTION_ID } from '../tasks/doubles/samples.ts';
import { createCommandLine } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;

beforeEach(() => {
  cli = createCommandLine();
});

const evidence = () => cli.run({ name: 'evidence', promotion: PROMOTION_ID, out: 'e.json' });
const verify = (key: string | undefined = cli.key.fingerprint) =>
  verifyFile({ name: 'verify', file: 'e.json', key, state: 'FAILED' }, cli.disk);
const sealedOnce = async () => {
  await cli.failed();
  await cli.seal();
};

describe('evidence that is sealed', () => {
  it('is written, and verifies by the fingerprint that the export prints and by the key in PEM', async () => {
    await sealedOnce();
    const { text, json, end } = await evidence();
    expect(end).toBeUndefined();
    expect(text).toContain(`npm run lockstep -- verify e.json --key ${cli.key.fingerprint}`);
    expect(json).toMatchObject({ file: 'e.json', entries: 2, sealedUpTo: 2, findings: [] });
    expect(verify()).toMatchObject({
      text: expect.stringContaining('complete and as it was recorded'),
      json: { verified: true, problems: [], state: 'FAILED' },
    });
    cli.files.set('key.pem', cli.key.pem);
    expect(verify('key.pem').end).toBeUndefined();
  });

  it('is not verified by another key, or without an expected one', async () => {
    await sealedOnce();
    await evidence();
    cli.files.set('key.pem', createTestSigner().pem);
    expect(verify('key.pem')).toMatchObject({
      end: 'not-valid',
      text: expect.stringContaining('another key'),
    });
    expect(verifyFile({ name: 'verify', file: 'e.json' }, cli.disk)).toMatchObject({
      end: 'not-valid',
      json: { problems: [{ kind: 'no-expected-key' }, { kind: 'may-go-on' }] },
    });
    cli.files.set('key.pem', 'nonsense');
    expect(() => verify('key.pem')).toThrow('key.pem: The given key is no public key in PEM');
    expect(() => verify('nowhere')).toThrow('nowhere');
  });

  it('and goes on after the seal is not verified until the next one', async () => {
    await sealedOnce();
    await cli.run({ name: 'redrive', promotion: PROMOTION_ID, yes: true });
    await evidence();
    expect(verify()).toMatchObject({ end: 'not-valid', json: { problems: [{ kind: 'not-covered' }] } });
  });

  it('and was changed is not verified, and the entry is named', async () => {
    await sealedOnce();
    await evidence();
    cli.files.set('e.json', (cli.files.get('e.json') ?? '').replace('Show the cart', 'Hide the cart'));
    expect(verify()).toMatchObject({
      end: 'not-valid',
      text: expect.stringContaining('Entry 1 (push-event of'),
      json: { verified: false, problems: [{ kind: 'changed', sequence: 1 }] },
    });
  });
});

describe('evidence of what was built', () => {
  const text = archiveStatement();
  const objectKey = buildStatementKey('shop', statementDigest(text));
  const archived = (envelope: string): ArchivedRecord => ({
    objectKey,
    text: envelope,
    isLocked: true,
    newerVersions: 0,
    deleteMarkers: 0,
  });
  const sealed = async () => {
    await cli.failed();
    await cli.ledger.addJob(buildJob(text));
    await cli.seal();
  };

  it('is written with the signed statements from the bucket, and verifies with them', async () => {
    await sealed();
    cli.archive.set(objectKey, archived(serialize(await signedBy(cli.key.signer, text))));
    expect(await evidence()).toMatchObject({ json: { findings: [] } });
    expect(verify()).toMatchObject({
      json: { verified: true, statements: 1 },
      text: expect.stringContaining('Statements:  1 of where'),
    });
  });

  it.each<[string, () => Promise<void>]>([
    ['missing', async () => {}],
    ['no JSON', async () => void cli.archive.set(objectKey, archived('{'))],
    [
      'signed by another key',
      async () =>
        void cli.archive.set(objectKey, archived(serialize(await signedBy(createTestSigner().signer, text)))),
    ],
  ])('is written and not verified if a statement is %s, and says so', async (_, put) => {
    await sealed();
    await put();
    expect(await evidence()).toMatchObject({
      end: 'not-valid',
      text: expect.stringContaining('There is no valid statement of where s3://'),
      json: { findings: [{ kind: 'statement' }] },
    });
    expect(verify()).toMatchObject({ end: 'not-valid', json: { problems: [{ kind: 'statement' }] } });
  });
});

it('evidence of a promotion that runs is written, and not verified', async () => {
  await cli.ledger.addPromotion(aPromotion());
  expect((await evidence()).text).toContain('Nothing is signed yet');
  expect(verify()).toMatchObject({ end: 'not-valid', json: { problems: [{ kind: 'not-sealed' }] } });
});

describe('the export compares with the archive, and finds', () => {
  const objectKey = archiveKey('shop', PROMOTION_ID, 2);
  const sealed = () => {
    const found = cli.archive.get(objectKey);
    if (!found) throw new Error(`nothing is archived as ${objectKey}`);
    return found;
  };

  it.each<[string, string, () => unknown]>([
    ['a delete marker', 'deleted', () => cli.archive.set(objectKey, { ...sealed(), deleteMarkers: 1 })],
    ['a newer version', 'overwritten', () => cli.archive.set(objectKey, { ...sealed(), newerVersions: 1 })],
    [
      'an object that is not locked',
      'not-locked',
      () => cli.archive.set(objectKey, { ...sealed(), isLocked: false }),
    ],
    ['no object for a seal', 'not-archived', () => cli.archive.delete(objectKey)],
    [
      'nothing but a delete marker',
      'deleted',
      () => cli.archive.set(objectKey, { ...sealed(), text: undefined, isLocked: false, deleteMarkers: 1 }),
    ],
    [
      'a changed object',
      'seal',
      () => cli.archive.set(objectKey, { ...sealed(), text: sealed().text?.replace('FAILED', 'STALE') }),
    ],
    [
      'an object that no seal of the ledger has',
      'not-in-ledger',
      () => {
        const other = archiveKey('shop', PROMOTION_ID, 9);
        cli.archive.set(other, { ...sealed(), objectKey: other });
      },
    ],
  ])('%s', async (_, kind, change) => {
    await sealedOnce();
    change();
    const { end, json } = await evidence();
    expect(end).toBe('not-valid');
    expect((json as { findings: { kind: string }[] }).findings.map((finding) => finding.kind)).toContain(
      kind,
    );
  });

  it('a ledger that differs, and writes the sealed record', async () => {
    await sealedOnce();
    const before = cli.store;
    cli.store = createMemoryEvidence();
    const [first] = await before.entries(PROMOTION_ID);
    if (first) await cli.store.addEntry(PROMOTION_ID, first);
    expect(await evidence()).toMatchObject({
      end: 'not-valid',
      text: expect.stringContaining('first at entry 2'),
    });
    expect(verify().end).toBeUndefined();
  });

  it('a ledger whose hashes do not compute, and writes the sealed record', async () => {
    await sealedOnce();
    const before = cli.store;
    cli.store = {
      ...before,
      entries: async (id) =>
        (await before.entries(id)).map((entry) => ({ ...entry, at: '2026-11-22T23:00:00.000Z' })),
    };
    expect(await evidence()).toMatchObject({
      end: 'not-valid',
      json: { findings: [{ kind: 'changed' }, { kind: 'changed' }] },
    });
    expect(verify().end).toBeUndefined();
  });
});

it('evidence fails for a promotion without a record', async () => {
  const old = createMemoryLedger();
  await old.addPromotion(aPromotion());
  cli.ledger = old;
  await expect(evidence()).rejects.toThrow('has no record');
  expect(cli.files.size).toBe(0);
});

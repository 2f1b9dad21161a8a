import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EvidenceFile, serialize } from '../../../tasks/evidence/evidence-file.ts';
import type { Envelope } from '../../../tasks/provenance/dsse.ts';
import {
  archiveStatement,
  buildJob,
  builtRecord,
  signedBy,
  statementOfImage,
} from '../doubles/built-record.ts';
import { withLargerS } from '../doubles/larger-s.ts';
import { createTestSigner } from '../doubles/memory-evidence.ts';
import { chainOf, lifelikeFacts, sealedRecord } from '../doubles/sealed-record.ts';

// What docs/evidence.md tells an auditor to run, as it stands there.
const document = fs.readFileSync(path.resolve(import.meta.dirname, '../../../docs/evidence.md'), 'utf8');
const [, script = ''] = /^```sh\n(.*?)^```/ms.exec(document) ?? [];
const hasJq = spawnSync('jq', ['--version']).status === 0;
const standIn = path.join(import.meta.dirname, 'support', 'jq.mjs');

const ours = createTestSigner();
const chain = chainOf(lifelikeFacts);
let record: EvidenceFile;
let directory: string;
beforeAll(async () => {
  record = await sealedRecord(ours.signer, [4, chain.length]);
});
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-evidence-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

/** Runs the document's commands. @param usesStandIn node in place of jq */
const check = (text: string, { key = ours.pem, state = 'SUCCEEDED', usesStandIn = !hasJq } = {}) => {
  fs.writeFileSync(path.join(directory, 'record.json'), text);
  fs.writeFileSync(path.join(directory, 'key.pem'), key);
  const asFunction = `jq() { '${process.execPath}' '${standIn}' "$@"; }\n`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', (usesStandIn ? asFunction : '') + script], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, STATE: state },
  });
  return { status, said: stdout.trim().split('\n').at(-1), stderr };
};

it.each([...new Set([!hasJq, true])])(
  'the commands verify a record (node in place of jq: %s)',
  (usesStandIn) => {
    expect(check(serialize(record), { usesStandIn })).toEqual({ status: 0, said: 'verified', stderr: '' });
  },
);

it.each<[string, string, () => string, { key?: string; state?: string }]>([
  ['a changed entry', 'entry 3 was changed', () => serialize(record).replace('quinn', 'quint'), {}],
  [
    'a missing entry',
    'entry 2 is missing',
    () => serialize({ ...record, entries: chain.filter(({ sequence }) => sequence !== 2) }),
    {},
  ],
  [
    'an entry less at the end',
    'does not cover all entries',
    () => serialize({ ...record, entries: chain.slice(0, -1) }),
    {},
  ],
  [
    'another history behind the seal',
    'over other entries',
    () =>
      serialize({
        ...record,
        entries: chainOf(lifelikeFacts.map((fact) => ({ ...fact, actor: { type: 'lockstep' } }))),
      }),
    {},
  ],
  [
    'an earlier seal alone',
    'does not end as SUCCEEDED',
    () => serialize({ ...record, entries: chain.slice(0, 4), seals: record.seals.slice(0, 1) }),
    {},
  ],
  ['another key', 'another key signed', () => serialize(record), { key: createTestSigner().pem }],
  ['another state', 'does not end as FAILED', () => serialize(record), { state: 'FAILED' }],
])('the commands reject %s', (_, said, text, expected) => {
  expect(check(text(), expected)).toMatchObject({ status: 3, said: expect.stringContaining(said) });
});

it('the commands reject the larger s', () => {
  const [first, last] = record.seals;
  const signature = withLargerS(last?.signature ?? '');
  expect(check(serialize({ ...record, seals: [first, { ...last, signature }] }))).toMatchObject({
    status: 3,
    said: expect.stringContaining('larger s'),
  });
});

describe('the commands check the statements of what was built, and', () => {
  let built: EvidenceFile;
  let archive: Envelope;
  let image: Envelope;
  beforeAll(async () => {
    built = await builtRecord(ours.signer);
    [archive, image] = built.statements as [Envelope, Envelope];
  });

  it.each([...new Set([!hasJq, true])])('verify them (node in place of jq: %s)', (usesStandIn) => {
    expect(check(serialize(built), { usesStandIn })).toEqual({ status: 0, said: 'verified', stderr: '' });
  });

  const others = 'about other images or archives';
  it.each<[string, string, () => Promise<readonly Envelope[]>]>([
    ['a missing one', others, async () => [archive]],
    ['all missing', others, async () => []],
    [
      'an edited one',
      'another key signed a statement, or it was changed',
      async () => [{ ...archive, payload: image.payload }, image],
    ],
    [
      'one of another key',
      'another key signed a statement',
      async () => [archive, await signedBy(createTestSigner().signer, statementOfImage())],
    ],
    [
      'one of another application',
      others,
      async () => [archive, await signedBy(ours.signer, statementOfImage(undefined, 'stock'))],
    ],
    [
      'one of another commit',
      others,
      async () => [await signedBy(ours.signer, archiveStatement({ commitId: 'd'.repeat(40) })), image],
    ],
  ])('reject %s', async (_, said, statements) => {
    expect(check(serialize({ ...built, statements: await statements() }))).toMatchObject({
      status: 3,
      said: expect.stringContaining(said),
    });
  });

  it('reject one of another commit that the record names', async () => {
    const text = archiveStatement({ commitId: 'd'.repeat(40) });
    const named = await builtRecord(ours.signer, buildJob(text));
    const statements = [await signedBy(ours.signer, text), image];
    expect(check(serialize({ ...named, statements }))).toMatchObject({
      status: 3,
      said: expect.stringContaining(others),
    });
  });
});

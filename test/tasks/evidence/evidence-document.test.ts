import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EvidenceFile, serialize } from '../../../tasks/evidence/evidence-file.ts';
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
  const der = Buffer.from(last?.signature ?? '', 'base64');
  const sAt = 4 + (der[3] ?? 0);
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = order - BigInt(`0x${der.subarray(sAt + 2).toString('hex')}`);
  const body = Buffer.concat([
    der.subarray(2, sAt),
    Buffer.from(`022100${s.toString(16).padStart(64, '0')}`, 'hex'),
  ]);
  const signature = Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('base64');
  expect(check(serialize({ ...record, seals: [first, { ...last, signature }] }))).toMatchObject({
    status: 3,
    said: expect.stringContaining('larger s'),
  });
});

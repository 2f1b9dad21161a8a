import { type EvidenceFile, serialize } from '../../../tasks/evidence/evidence-file.ts';
import { ended, goBackAsked, jobFacts } from '../../../tasks/evidence/facts.ts';
import { namedStatements } from '../../../tasks/evidence/record-statements.ts';
import { verifyEvidence } from '../../../tasks/evidence/verify-evidence.ts';
import type { Envelope } from '../../../tasks/provenance/dsse.ts';
import { statementDigest } from '../../../tasks/provenance/sign-build.ts';
import {
  archiveStatement,
  buildJob,
  builtRecord,
  signedBy,
  statementOfImage,
} from '../doubles/built-record.ts';
import { withLargerS } from '../doubles/larger-s.ts';
import { createTestSigner } from '../doubles/memory-evidence.ts';
import { aGoBack, aPromotion } from '../doubles/samples.ts';
import { chainOf, sealedRecord } from '../doubles/sealed-record.ts';
import { sampleInventory } from '../image-inventory/sample-inventory.ts';
import { BUILT } from '../provenance/sample-build.ts';

const ours = createTestSigner();
const ARCHIVE = `s3://${BUILT.bucket}/${BUILT.key}?versionId=${BUILT.version}`;
const verify = (file: object) => verifyEvidence(Buffer.from(serialize(file)), { key: ours.pem });

let file: EvidenceFile;
let archive: Envelope;
let image: Envelope;
beforeAll(async () => {
  file = await builtRecord(ours.signer);
  [archive, image] = file.statements as [Envelope, Envelope];
});

it('a record is verified with the statements of all that it built', () => {
  expect(verify(file)).toMatchObject({ problems: [], statements: 2 });
});

it('a sealed copy of the bucket has none', () => {
  const { statements: _, ...copy } = file;
  const bytes = Buffer.from(serialize(copy));
  expect(verifyEvidence(bytes, { key: ours.pem, isSealedCopy: true }).problems).toEqual([]);
});

const edited = (envelope: Envelope, from: string, to: string): Envelope => ({
  ...envelope,
  payload: Buffer.from(Buffer.from(envelope.payload, 'base64').toString('utf8').replace(from, to)).toString(
    'base64',
  ),
});
const otherImage = sampleInventory({ imageId: 'ami-0fedcba9876543210' });
it.each<[string, () => Promise<readonly unknown[]>, readonly RegExp[]]>([
  ['none', async () => [], [/The file must hold/]],
  ['none of the image', async () => [archive], [/where ami-\w+ comes from: the file has none/]],
  ['none of the archive', async () => [image], [/where s3:.* comes from: the file has none/]],
  [
    'an edited one',
    async () => [edited(archive, 'buildspec.yml', 'evil.yml'), image],
    [/where s3:.*has not signed it, or it was changed/],
  ],
  [
    'one of another key',
    async () => [archive, await signedBy(createTestSigner().signer, statementOfImage())],
    [/where ami-.*has not signed it/],
  ],
  [
    'another one of the same archive',
    async () => [await signedBy(ours.signer, archiveStatement({ commitId: 'd'.repeat(40) })), image],
    [/the record names another one/],
  ],
  [
    'one of another application',
    async () => [archive, await signedBy(ours.signer, statementOfImage(sampleInventory(), 'stock'))],
    [/where ami-.*built for the application stock/],
  ],
  [
    'one of other contents of the image',
    async () => [archive, await signedBy(ours.signer, statementOfImage(sampleInventory({ packages: [] })))],
    [/where ami-.*about other contents/],
  ],
  [
    'one too many',
    async () => [archive, image, await signedBy(ours.signer, statementOfImage(otherImage))],
    [/a statement about ami-0fedcba9876543210, of which the record does not tell/],
  ],
  ['one twice', async () => [archive, image, image], [/a statement about ami-\w+, of which/]],
  ['no statement', async () => [archive, image, 'text'], [/nothing that can be read/]],
  [
    'the name of another key',
    async () => [archive, { ...image, signatures: [{ ...image.signatures[0], keyid: 'f'.repeat(64) }] }],
    [/not written as Lockstep writes it/],
  ],
  [
    'another signature beside it',
    async () => [archive, { ...image, signatures: [...image.signatures, { keyid: 'k', sig: 'AA==' }] }],
    [/not written as Lockstep writes it/],
  ],
  [
    'the larger s',
    async () => [
      archive,
      {
        ...image,
        signatures: image.signatures.map(({ keyid, sig }) => ({ keyid, sig: withLargerS(sig) })),
      },
    ],
    [/not written as Lockstep writes it/],
  ],
  ['a field more', async () => [archive, { ...image, by: 1 }], [/not written as Lockstep writes it/]],
])('a record is not verified with %s', async (_, statements, told) => {
  const { problems } = verify({ ...file, statements: await statements() });
  expect(problems.map(({ message }) => message)).toEqual(told.map((one) => expect.stringMatching(one)));
});

it('a record whose statements were taken away is not verified', () => {
  const { statements: _, ...stripped } = file;
  expect(verify(stripped).problems.map(({ kind }) => kind)).toEqual(['statement', 'statement']);
});

it.each([
  ['another commit', { commitId: 'd'.repeat(40) }, /built of the commit d+/],
  ['another application', { application: 'stock' }, /built for the application stock/],
  ['another version', { built: { ...BUILT, version: 'v2' } }, /the file has none/],
])('a record is not verified if the statement that it names is of %s', async (_, change, told) => {
  const text = archiveStatement(change);
  const named = await builtRecord(ours.signer, buildJob(text));
  const { problems } = verify({ ...named, statements: [await signedBy(ours.signer, text), image] });
  expect(problems[0]?.message).toContain(ARCHIVE);
  expect(problems[0]?.message).toMatch(told);
});

it('any other byte of a statement is named', () => {
  const bytes = Buffer.from(serialize(file));
  const wrong: number[] = [];
  for (let index = bytes.indexOf('"statements"'); index < bytes.length; index += 3) {
    const changed = Buffer.from(bytes);
    changed[index] = (bytes[index] ?? 0) ^ (1 << (index % 7));
    if (verifyEvidence(changed, { key: ours.pem }).problems.length === 0) wrong.push(index);
  }
  expect(wrong).toEqual([]);
});

it('a go-back names the statement of what it deploys again', async () => {
  const built = { ...BUILT, statement: statementDigest(archiveStatement()) };
  const goBack = aGoBack({ built });
  const entries = chainOf([
    goBackAsked(aPromotion({ goBack }), goBack),
    ended({ redrives: 0, at: '2026-11-22T10:50:00.000Z', status: 'SUCCEEDED' }),
  ]);
  expect(namedStatements(entries).map(({ expected }) => expected.subject)).toEqual([ARCHIVE]);
  const record = await sealedRecord(ours.signer, [2], entries);
  expect(verify({ ...record, statements: [archive] }).problems).toEqual([]);
  expect(verify(record).problems.map(({ kind }) => kind)).toEqual(['statement']);
});

it('what was built before there were statements needs none', () => {
  const { statement: _, ...output } = buildJob().output ?? {};
  expect(namedStatements(chainOf(jobFacts({ ...buildJob(), output })))).toEqual([]);
});

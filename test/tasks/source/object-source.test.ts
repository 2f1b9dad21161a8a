import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  createClock,
  createEndpoint,
  createHost,
  createServices,
  deployAssembly,
  openStore,
} from '@lockstep/aws-emulator';
import { collectReview } from '../../../tasks/approvals/collect-review.ts';
import { makersOf } from '../../../tasks/approvals/makers.ts';
import { nothingKept, readChange } from '../../../tasks/approvals/read-change.ts';
import { isSameMaker } from '../../../tasks/approvals/same-maker.ts';
import { createObjectSource } from '../../../tasks/source/object-source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aDeployToQat, anApproval, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { aCommit, aKeyPair, aManifest, type Entry, files, idOf, signed, zip } from './support/archives.ts';

const object = { bucket: 'archives', key: 'releases/orders.zip' };
const builder = aKeyPair();

let client: S3Client;
let stop: () => Promise<void>;

beforeAll(async () => {
  const stateDir = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-archives-'));
  const store = openStore(stateDir);
  const clock = createClock();
  const ports = { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 };
  const host = createHost({ stateDir, store, clock, ports });
  createServices(host, { people: [] });
  const Bucket = {
    Type: 'AWS::S3::Bucket',
    Properties: { BucketName: object.bucket, VersioningConfiguration: { Status: 'Enabled' } },
  };
  const stack = { stackName: 'Archives', template: { Resources: { Bucket } }, parameters: {} };
  await deployAssembly(host, { directory: stateDir, stacks: [stack], assets: [] });
  const endpoint = await createEndpoint(host);
  client = new S3Client({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: host.administratorKey(),
    forcePathStyle: true,
    maxAttempts: 1,
  });
  stop = async () => {
    client.destroy();
    await endpoint.close();
    clock.stop();
    store.close();
    fs.rmSync(stateDir, { recursive: true, force: true });
  };
});
afterAll(() => stop());

/** Uploads an archive. @returns its version */
const upload = async (entries: readonly Entry[]): Promise<string> => {
  const { VersionId = '' } = await client.send(
    new PutObjectCommand({ Bucket: object.bucket, Key: object.key, Body: zip(entries) }),
  );
  return VersionId;
};
const build = (manifest: object, of: readonly Entry[] = files): Promise<string> =>
  upload([...of, ...signed(aManifest(manifest, of), builder.privateKey)]);
const env = {
  REPOSITORY_NAME: `${object.bucket}/${object.key}`,
  SOURCE_MANIFEST_KEYS: JSON.stringify([builder.encoded]),
};
const sourceOf = (versionId: string, liveVersionId?: string, s3: Pick<S3Client, 'send'> = client) => {
  const source = createObjectSource(env, { versionId, liveVersionId }, s3);
  if (source === undefined) throw new Error('The configuration has a key.');
  return source;
};
const changeOf = (versionId: string, liveVersionId?: string) =>
  readChange(
    { ...sourceOf(versionId, liveVersionId), kept: nothingKept, isTimeUp: () => false },
    versionId,
    liveVersionId,
  );
const history = (...digits: string[]) => digits.map((one, at) => aCommit(one, digits[at + 1] ?? ''));

it('names builder, pushers, authors and committers of what Prod does not have, each version as uploaded', async () => {
  const live = await build({ head: idOf('b'), commits: history('b', 'a') });
  const next = await build({ head: idOf('d'), commits: history('d', 'c', 'b', 'a') });
  await build({ head: idOf('e'), commits: history('e') });
  const makers = makersOf(await changeOf(next, live), [{ commitId: next, pushedBy: '123456789012' }]);
  expect(
    makers.map(({ name, address, because }) => [name || address, because.map(({ role }) => role)]),
  ).toEqual([
    ['42', ['pusher']],
    ['quinn', ['pusher']],
    ['dev-d', ['author', 'committer']],
    ['dev-c', ['author', 'committer']],
    ['123456789012', ['pusher']],
  ]);
  const [shown] = await sourceOf(next, live).commits([next]);
  expect(shown?.message).toBe(`Archive of commit ${idOf('d')}, built by https://ci.example.com/builds/42`);
});

it('is shown like commits of a repository, with what cannot be compared', async () => {
  const ledger = createMemoryLedger();
  const versionId = await build({ pushedBy: ['quinn', 'dana@example.com'] });
  const pushedBy = '123456789012';
  await ledger.addPromotion(aPromotion({ commitId: versionId, pushedBy }));
  await ledger.addJob(aDeployToQat());
  const review = await collectReview(
    {
      ledger,
      ...sourceOf(versionId),
      kept: nothingKept,
      isTimeUp: () => false,
      parent: async () => undefined,
      readEvidence: async () => undefined,
      image: async () => undefined,
      targets: async () => [],
      appSpec: async () => ({ path: 'appspec.yml', text: 'hooks:' }),
      configurationVersion: '1',
      people: [{ email: 'pat@example.com', pusherNames: ['42'], commitAddresses: [] }],
      dotsIgnoredIn: [],
      qatUrl: undefined,
    },
    PROMOTION_ID,
    { ...anApproval().candidate, commitId: versionId, pushedBy },
  );
  expect(review.commits.map(({ commitId, message }) => [commitId, message])).toEqual([
    [versionId, `Archive of commit ${idOf('c')}, built by https://ci.example.com/builds/42`],
    [idOf('c'), 'Make c'],
    [idOf('b'), 'Make b'],
    [idOf('a'), 'Make a'],
  ]);
  expect(review).toMatchObject({ commitCount: 4, fileCount: { added: 2, changed: 0, removed: 0 }, gaps: [] });
  // Everybody whom the manifest names as builder or pusher, by user name, address or further name, is a maker.
  const parts = [
    { name: 'quinn', verifiedEmail: 'q@example.com' },
    { name: 'd', verifiedEmail: 'dana@example.com' },
    { name: 'pat', verifiedEmail: 'pat@example.com' },
    { name: 'b', verifiedEmail: 'dev-b@example.com' },
    { name: 'olga', verifiedEmail: 'olga@example.com' },
  ].map((person) => review.makers.some((maker) => isSameMaker(person, maker, [])));
  expect(parts).toEqual([true, true, true, true, false]);
});

it('lists the files that differ', async () => {
  const live = await build({});
  const next = await build({}, [{ name: 'appspec.yml', content: 'version: 1.0' }, ...files.slice(1)]);
  expect(await sourceOf(next, live).differences(live, next, 10)).toEqual([
    { path: 'appspec.yml', change: 'changed' },
  ]);
  expect(await sourceOf(next).differences(undefined, next, 1)).toHaveLength(1);
});

it('reads each archive once', async () => {
  const live = await build({});
  const next = await build({});
  let reads = 0;
  const send = (command: GetObjectCommand) => {
    reads += 1;
    return client.send(command);
  };
  const source = sourceOf(next, live, { send } as unknown as S3Client);
  await source.commits([next, live]);
  const before = reads;
  await source.commits([idOf('a')]);
  await source.differences(live, next, 10);
  expect([before, reads]).toEqual([5, 5]);
});

describe('where nothing says what Prod was made of', () => {
  const unsigned = () => upload(files);

  it('counts every commit, and says that files cannot be compared', async () => {
    const next = await build({});
    for (const live of [await unsigned(), 'a-version-that-expired']) {
      expect((await changeOf(next, live)).map(({ commitId }) => commitId)).toEqual([
        next,
        ...['c', 'b', 'a'].map(idOf),
      ]);
      await expect(sourceOf(next, live).differences(live, next, 10)).rejects.toThrow(
        `Prod's version ${live} does not say what it was made of`,
      );
    }
  });

  it('fails for a history that was cut off, with both reasons', async () => {
    const live = await unsigned();
    const next = await build({ commits: [aCommit('c', 'b')] });
    await expect(changeOf(next, live)).rejects.toMatchObject({
      name: 'ManifestInvalid',
      message: expect.stringMatching(/ends before commit b+.*has no lockstep\.json/s),
    });
  });

  it('fails if S3 cannot be read now', async () => {
    const next = await build({});
    const send = async (command: GetObjectCommand) => {
      if (command.input.VersionId === next) return client.send(command);
      throw Object.assign(new Error('Reduce your request rate.'), {
        name: 'SlowDown',
        $metadata: { httpStatusCode: 503 },
      });
    };
    const source = sourceOf(next, 'live', { send } as unknown as S3Client);
    await expect(source.commits([next])).rejects.toMatchObject({ name: 'SlowDown' });
  });
});

it('fails for a version without a manifest, and for one that S3 does not have', async () => {
  await expect(changeOf(await upload(files))).rejects.toMatchObject({ name: 'ManifestInvalid' });
  await expect(changeOf('no-such-version')).rejects.toMatchObject({ name: 'NoSuchVersion' });
});

it('is none without a key of manifests', () => {
  const none = { ...env, SOURCE_MANIFEST_KEYS: 'none' };
  expect(createObjectSource(none, { versionId: 'a', liveVersionId: undefined }, client)).toBeUndefined();
});

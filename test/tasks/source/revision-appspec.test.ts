import type { ActionExecutionDetail } from '@aws-sdk/client-codepipeline';
import { GetObjectCommand, type GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { createRevisionAppSpecs, readAppSpec } from '../../../tasks/source/revision-appspec.ts';
import { double, offline, on } from '../doubles/sdk.ts';
import { type Entry, zip } from './support/archives.ts';

const inMemory = (bytes: Buffer) => ({
  size: bytes.length,
  read: async (start: number, end: number) => bytes.subarray(start, end),
});
const read = (...entries: Entry[]) => readAppSpec(inMemory(zip(entries)));
const file = (name: string, content = name): Entry => ({ name, content });

describe('the AppSpec file of a revision', () => {
  it.each<[string, string[], string]>([
    ['at the root', ['src/server.mjs', 'appspec.yml'], 'appspec.yml'],
    ['with the other ending', ['appspec.yaml', 'README.md'], 'appspec.yaml'],
    ['in the only folder', ['orders/', 'orders/appspec.yml', 'orders/run.sh'], 'orders/appspec.yml'],
    ['at the root rather than in a folder', ['appspec.yml', 'orders/appspec.yml'], 'appspec.yml'],
  ])('is found %s', async (_, names, path) => {
    expect(await read(...names.map((name) => file(name)))).toEqual({ path, text: path, files: names });
  });

  it.each<[string, Entry[], string]>([
    ['is none', [file('README.md')], 'the revision has no appspec.yml'],
    ['is in one of several folders', [file('a/appspec.yml'), file('b/run.sh')], 'has no appspec.yml'],
    ['is very long', [file('appspec.yml', 'x'.repeat(32 * 1024 + 1))], '32769 bytes'],
  ])('fails if there %s', async (_, entries, message) => {
    await expect(read(...entries)).rejects.toThrow(message);
  });

  it('fails if the revision is no zip archive, or ends early', async () => {
    await expect(readAppSpec(inMemory(Buffer.alloc(100)))).rejects.toThrow();
    const whole = zip([file('appspec.yml')]);
    const short = { size: whole.length, read: async () => new Uint8Array() };
    await expect(readAppSpec(short)).rejects.toThrow('ends before its last file');
  });
});

describe('the revision of a run', () => {
  const source = (s3location: object | undefined): ActionExecutionDetail => ({
    input: { actionTypeId: { category: 'Source', owner: 'AWS', provider: 'CodeCommit', version: '1' } },
    output: { outputArtifacts: [{ name: 'Source', ...(s3location && { s3location }) }] },
  });
  const deploy: ActionExecutionDetail = {
    input: { actionTypeId: { category: 'Deploy', owner: 'AWS', provider: 'CodeDeploy', version: '1' } },
  };

  it('is read where its source action put it', async () => {
    const bytes = zip([file('appspec.yml')]);
    const { client, sent } = double(
      new S3Client(offline),
      on(GetObjectCommand, ({ Range = '' }) => {
        const [first = 0, last = 0] = Range.replace('bytes=', '').split('-').map(Number);
        const Body = { transformToByteArray: async () => bytes.subarray(first, last + 1) };
        return {
          ContentRange: `bytes ${first}-${last}/${bytes.length}`,
          Body: Body as unknown as GetObjectCommandOutput['Body'] & object,
        };
      }),
    );
    const asked: string[] = [];
    const appSpecs = createRevisionAppSpecs(async (...run) => {
      asked.push(...run);
      return [deploy, source({ bucket: 'artifacts', key: 'shop-qat/Source/abc' })];
    }, client);
    expect(await appSpecs('shop-qat', 'e-1')).toEqual({
      path: 'appspec.yml',
      text: 'appspec.yml',
      files: ['appspec.yml'],
    });
    expect(asked).toEqual(['shop-qat', 'e-1']);
    for (const { input } of sent)
      expect(input).toMatchObject({ Bucket: 'artifacts', Key: 'shop-qat/Source/abc' });
  });

  it.each<[string, ActionExecutionDetail[]]>([
    ['without actions', []],
    ['without a place', [source(undefined)]],
  ])('fails to be found %s', async (_, actions) => {
    const { client } = double(new S3Client(offline));
    await expect(createRevisionAppSpecs(async () => actions, client)('shop-qat', 'e-1')).rejects.toThrow(
      'does not say where its revision is',
    );
  });
});

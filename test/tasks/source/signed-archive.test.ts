import { sign } from 'node:crypto';
import { manifestKeysFrom } from '../../../tasks/source/manifest.ts';
import { readSignedArchive } from '../../../tasks/source/signed-archive.ts';
import { aCommit, aKeyPair, aManifest, type Entry, files, idOf, signed, zip } from './support/archives.ts';

const builder = aKeyPair();
const other = aKeyPair();
const keys = manifestKeysFrom([builder.encoded]);

const unicodePath = (path: string): Buffer => {
  const name = Buffer.from(path);
  const field = Buffer.alloc(9 + name.length);
  field.writeUInt16LE(0x7075, 0);
  field.writeUInt16LE(5 + name.length, 2);
  name.copy(field, 9);
  return field;
};
const inMemory = (bytes: Buffer) => ({
  size: bytes.length,
  read: async (start: number, end: number) => bytes.subarray(start, end),
});
const read = (entries: readonly Entry[], withKeys = keys) =>
  readSignedArchive(inMemory(zip(entries)), withKeys, true);
const text = (manifest: object) => JSON.stringify(manifest);
const signedText = (content: string): Entry[] => [
  { name: 'lockstep.json', content },
  {
    name: 'lockstep.json.sig',
    content: sign('sha256', Buffer.from(content), builder.privateKey).toString('base64'),
  },
];
const [good, goodSignature] = signed(aManifest(), builder.privateKey);
const both = [good, goodSignature];
const withManifest = (changes: object): Entry[] => [
  ...files,
  ...signed(aManifest(changes), builder.privateKey),
];

it('reads who made the files of a signed archive, wherever in it the manifest is', async () => {
  for (const entries of [
    [...files, ...both],
    [...both, ...files],
  ]) {
    const { head, builtBy, pushedBy, commits, contents } = await read(entries);
    expect({ head, builtBy, pushedBy }).toEqual({
      head: idOf('c'),
      builtBy: 'https://ci.example.com/builds/42',
      pushedBy: ['quinn'],
    });
    expect([...commits.keys()]).toEqual(['c', 'b', 'a'].map(idOf));
    expect(commits.get(idOf('b'))).toMatchObject({ parents: [idOf('a')], author: { name: 'dev-b' } });
    expect([...contents.keys()]).toEqual(['appspec.yml', 'app/server.js']);
  }
});

it('reads sizes that stand behind the data, and paths in Unicode, as programs write them', async () => {
  const of: Entry[] = [
    { name: '\u00e9.txt', content: 'x', flags: 0x8, local: { size: 0 } },
    { name: '\u00e8.txt', content: 'y', flags: 0x800, extra: unicodePath('\u00e8.txt') },
  ];
  const { contents } = await read([...of, ...signed(aManifest({}, of), builder.privateKey)]);
  expect([...contents.keys()]).toEqual(['\u00e9.txt', '\u00e8.txt']);
});

it('accepts either of two keys while one replaces the other, and a signature in several lines', async () => {
  const two = manifestKeysFrom([other.encoded, builder.encoded]);
  const lines = { ...goodSignature, content: String(goodSignature.content).replace(/.{20}/g, '$&\r\n') };
  expect(await read([...files, good, lines], two)).toMatchObject({ head: idOf('c') });
});

it('needs no signature of files again for what is live, only of the manifest', async () => {
  const changed = [...files.slice(1), ...both];
  await expect(readSignedArchive(inMemory(zip(changed)), keys, false)).resolves.toMatchObject({
    head: idOf('c'),
  });
});

it('reads an archive of many megabytes in portions', async () => {
  const large = Buffer.alloc(9 * 1024 * 1024);
  for (let at = 0; at < large.length; at += 4) large.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  const of = [...files, { name: 'app/large.bin', content: large }];
  const bytes = zip([...of, ...signed(aManifest({}, of), builder.privateKey)]);
  const asked: number[] = [];
  await readSignedArchive(
    {
      size: bytes.length,
      read: async (start, end) => {
        asked.push(end - start);
        return bytes.subarray(start, end);
      },
    },
    keys,
    true,
  );
  expect(Math.max(...asked)).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(asked.length).toBeLessThan(8);
});

it('passes on why the bytes cannot be read, as it was thrown', async () => {
  const failure = Object.assign(new Error('Rate exceeded'), { name: 'SlowDown' });
  const reading = readSignedArchive({ size: 1000, read: () => Promise.reject(failure) }, keys, true);
  await expect(reading).rejects.toBe(failure);
});

describe('fails without a manifest that proves who made the archive:', () => {
  const attacks: readonly (readonly [string, readonly Entry[], RegExp])[] = [
    ['no manifest', files, /has no lockstep\.json/],
    ['unsigned', [...files, good], /has no lockstep\.json\.sig/],
    ['an empty signature', [...files, good, { ...goodSignature, content: '' }], /is not base64/],
    ['signed by another key', [...files, ...signed(aManifest(), other.privateKey)], /by any of the 1 keys/],
    [
      "another manifest's signature",
      [...files, good, signed(aManifest({ builtBy: 'x' }), builder.privateKey)[1]],
      /is no signature of this/,
    ],
    [
      'a manifest that was changed',
      [...files, { ...good, content: String(good.content).replace('dev-b', 'dev-x') }, goodSignature],
      /is no signature of this/,
    ],
    ['a manifest twice', [...files, good, good, goodSignature], /has "lockstep\.json" twice/],
    ['a signature twice', [...files, ...both, goodSignature], /has "lockstep\.json\.sig" twice/],
    [
      'a manifest that stands for another',
      [...files, { ...good, name: './lockstep.json' }, goodSignature],
      /"\.\/lockstep\.json", whose path is not plain/,
    ],
    [
      'a second manifest by a path that unpacks onto the first',
      [...files, ...both, { ...good, name: 'a/../lockstep.json' }],
      /"a\/..\/lockstep\.json", whose path is not plain/,
    ],
    [
      'a path from the root',
      [...files, ...both, { name: '/lockstep.json', content: '' }],
      /"\/lockstep\.json", whose path is not plain/,
    ],
    [
      'a path of Windows',
      [...files, ...both, { name: 'a\\lockstep.json', content: '' }],
      /"a\\\\lockstep\.json", whose path is not plain/,
    ],
    [
      'a path that ends early for some',
      [...files, ...both, { name: 'lockstep.json\0.txt', content: '' }],
      /not plain/,
    ],
    [
      'another path for programs that read Unicode',
      [...files, ...both, { name: 'more.js', content: '', extra: unicodePath('lockstep.json') }],
      /"more\.js", whose path is not plain/,
    ],
    [
      'another path before the data',
      [{ ...(files[0] as Entry), local: { name: 'other--.yml' } }, ...files.slice(1), ...both],
      /describes "appspec\.yml" in two ways/,
    ],
    [
      'another compression before the data',
      [...files, { ...good, local: { method: 0 } }, goodSignature],
      /describes "lockstep\.json" in two ways/,
    ],
    [
      'another size before the data',
      [{ ...(files[0] as Entry), local: { size: 1 } }, ...files.slice(1), ...both],
      /describes "appspec\.yml" in two ways/,
    ],
    ['a path with an empty part', [...files, ...both, { name: 'a//b', content: '' }], /not plain/],
    [
      'a file and a folder of one path',
      [...files, ...both, { name: 'app', content: 'x' }],
      /has "app" twice/,
    ],
    [
      'files of another build',
      [{ name: 'appspec.yml', content: 'version: 6.6' }, ...files.slice(1), ...both],
      /has appspec\.yml with the SHA-256 \w+, and its manifest lists/,
    ],
    [
      'one more file',
      [...files, ...both, { name: 'more.js', content: 'x' }],
      /more\.js, which its manifest does not/,
    ],
    ['one file fewer', [...files.slice(1), ...both], /lacks appspec\.yml/],
    [
      'a link in place of a file',
      [{ ...(files[0] as Entry), attributes: (0o120777 << 16) >>> 0 }, ...files.slice(1), ...both],
      /has a symbolic link, "appspec\.yml"/,
    ],
    [
      'an encrypted file',
      [{ ...(files[0] as Entry), flags: 1 }, ...files.slice(1), ...both],
      /has an encrypted/,
    ],
    [
      'a manifest that is a zip bomb',
      [...files, { name: 'lockstep.json', content: Buffer.alloc(11 * 1024 * 1024) }, goodSignature],
      /has 11534336 bytes in lockstep\.json, of which 10485760 are allowed/,
    ],
    [
      'a zip bomb that tells a small size',
      [
        ...files,
        { name: 'lockstep.json', content: Buffer.alloc(11 * 1024 * 1024), toldSize: 9 },
        goodSignature,
      ],
      /cannot be read: too many bytes in the stream/,
    ],
    [
      'files that together are a zip bomb',
      [
        { name: 'x', content: '', toldSize: 4_000_000_000 },
        { name: 'y', content: '', toldSize: 4_000_000_000 },
      ],
      /holds more than 4294967296 bytes/,
    ],
    [
      'an unknown format',
      withManifest({ format: 'lockstep-manifest/2' }),
      /"lockstep-manifest\/2" as format/,
    ],
    ['an unknown key', withManifest({ base: idOf('a') }), /"base" as a key of its content/],
    ['no JSON', [...files, ...signedText('{')], /no JSON in UTF-8/],
    ['a list', [...files, ...signedText('[]')], /as format/],
    ['no builder', withManifest({ builtBy: ' ' }), /" " as builtBy/],
    ['a pusher whom nothing equals', withManifest({ pushedBy: ['Quinn <q@example.com>'] }), /as pushedBy/],
    ['a short id', withManifest({ head: 'abc' }), /"abc" as head/],
    ['a head that is not listed', withManifest({ head: idOf('d') }), /as head without that commit/],
    ['a commit twice', withManifest({ commits: [aCommit('c', ''), aCommit('c', 'b')] }), /as commit twice/],
    [
      'a commit without parents',
      withManifest({ commits: [{ ...aCommit('c', ''), parents: undefined }] }),
      /nothing as parents of commit c/,
    ],
    [
      'a commit without author',
      withManifest({ commits: [{ ...aCommit('c', ''), author: { name: 'x' } }] }),
      /nothing as author of commit c+\.email/,
    ],
    ['no contents', withManifest({ contents: undefined }), /nothing as contents/],
    ['a short digest', withManifest({ contents: { 'appspec.yml': 'ab' } }), /"ab" as contents of appspec/],
  ];

  it.each(attacks)('%s', async (_, entries, message) => {
    await expect(read(entries)).rejects.toMatchObject({
      name: 'ManifestInvalid',
      message: expect.stringMatching(message),
    });
  });

  it('an archive that is none', async () => {
    await expect(readSignedArchive(inMemory(Buffer.from(text({}))), keys, true)).rejects.toMatchObject({
      name: 'ManifestInvalid',
    });
  });

  it('an archive that is too large, before it is read', async () => {
    const read = async (): Promise<Uint8Array> => {
      throw new Error('It was read.');
    };
    await expect(readSignedArchive({ size: 512 * 1024 * 1024 + 1, read }, keys, true)).rejects.toMatchObject({
      name: 'ManifestInvalid',
      message: expect.stringContaining('536870913'),
    });
  });

  it('an archive whose bytes end early', async () => {
    const bytes = zip([...files, ...both]);
    const short = { size: bytes.length, read: async () => new Uint8Array() };
    await expect(readSignedArchive(short, keys, true)).rejects.toMatchObject({ name: 'ManifestInvalid' });
  });
});

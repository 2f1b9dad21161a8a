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
/** ZIP64's extra field of one size. */
const largeSize = (size: number): Buffer => {
  const field = Buffer.alloc(12);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8, 2);
  field.writeUInt32LE(size, 4);
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
    { name: '\u00e9.txt', content: 'x', flags: 0x8, local: { size: 0 }, behind: Buffer.alloc(16) },
    { name: '\u00e8.txt', content: 'y', flags: 0x800, extra: unicodePath('\u00e8.txt') },
  ];
  const { contents } = await read([...of, ...signed(aManifest({}, of), builder.privateKey)]);
  expect([...contents.keys()]).toEqual(['\u00e9.txt', '\u00e8.txt']);
});

it('reads an archive whose end is told as ZIP64, too', async () => {
  const plain = zip([...files, ...both]);
  const [before, end] = [plain.subarray(0, -22), plain.subarray(-22)];
  const large = Buffer.alloc(76);
  large.write('PK\x06\x06', 'latin1');
  large.writeUInt32LE(44, 4);
  large.writeUInt32LE(end.readUInt16LE(10), 32);
  large.writeUInt32LE(end.readUInt32LE(12), 40);
  large.writeUInt32LE(end.readUInt32LE(16), 48);
  large.write('PK\x06\x07', 56, 'latin1');
  large.writeUInt32LE(before.length, 64);
  const whole = (last: Buffer) => inMemory(Buffer.concat([before, large, last]));
  await expect(readSignedArchive(whole(end), keys, true)).resolves.toMatchObject({ head: idOf('c') });
  const elsewhere = Buffer.from(end);
  elsewhere.fill(0xff, 10, 20);
  await expect(readSignedArchive(whole(elsewhere), keys, true)).resolves.toMatchObject({ head: idOf('c') });
  elsewhere.writeUInt32LE(1, 16);
  await expect(readSignedArchive(whole(elsewhere), keys, true)).rejects.toMatchObject({
    message: expect.stringContaining('has bytes around its central directory'),
  });
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
    [
      'another size before the data, in an extra field',
      [
        { ...(files[0] as Entry), local: { size: 0xffffffff, extra: largeSize(1) } },
        ...files.slice(1),
        ...both,
      ],
      /describes "appspec\.yml" in two ways/,
    ],
    [
      'another path before the data for programs that read Unicode',
      [{ ...(files[0] as Entry), local: { extra: unicodePath('other.yml') } }, ...files.slice(1), ...both],
      /describes "appspec\.yml" in two ways/,
    ],
    [
      'a file that only programs see which read from the beginning',
      [{ name: 'appspec.yml', content: 'version: 6.6', isUnlisted: true }, ...files, ...both],
      /has \d+ bytes at 0 that belong to none of its files/,
    ],
    [
      'such a file between two others',
      [...files.slice(0, 1), { name: 'x', content: 'x', isUnlisted: true }, ...files.slice(1), ...both],
      /has 34 bytes at \d+ that belong to none/,
    ],
    [
      'such a file behind all others',
      [...files, ...both, { name: 'x', content: 'x', isUnlisted: true }],
      /has 34 bytes at \d+ that belong to none/,
    ],
    [
      'such a file behind the deflated bytes of another',
      [{ ...(files[0] as Entry), padding: zip([{ name: 'x', content: 'x' }]) }, ...files.slice(1), ...both],
      /has other sizes of "appspec\.yml" than it tells/,
    ],
    [
      'such a file behind the manifest',
      [...files, { ...good, padding: zip([{ name: 'x', content: 'x' }]) }, goodSignature],
      /has other sizes of "lockstep\.json" than it tells/,
    ],
    [
      'such a file in the place of sizes behind the data',
      [
        {
          ...(files[0] as Entry),
          flags: 0x8,
          local: { size: 0 },
          behind: zip([{ name: 'x', content: 'x' }]),
        },
        ...files.slice(1),
        ...both,
      ],
      /bytes at \d+ that belong to none/,
    ],
    [
      'a folder that some unpack as a file',
      [files[0] as Entry, { name: 'app/', content: '', local: { name: 'app-' } }, ...files.slice(2), ...both],
      /describes "app\/" in two ways/,
    ],
    [
      'a folder with bytes',
      [files[0] as Entry, { name: 'app/', content: 'x' }, ...files.slice(2), ...both],
      /has app\/ with the SHA-256/,
    ],
    [
      'a file that some unpack as a folder',
      [{ ...(files[0] as Entry), attributes: (0o040755 << 16) >>> 0 }, ...files.slice(1), ...both],
      /has "appspec\.yml" as something else than a plain file/,
    ],
    [
      'a file that DOS takes for a folder',
      [{ ...(files[0] as Entry), attributes: 0x10 }, ...files.slice(1), ...both],
      /has "appspec\.yml" as something else/,
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
      /has "appspec\.yml" as something else than a plain file/,
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
      /has other sizes of "lockstep\.json" than it tells/,
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

  it.each<[string, readonly Entry[], Parameters<typeof zip>[1], RegExp]>([
    ['bytes before the first file', [], { prefix: '#!/bin/sh\n' }, /has 10 bytes at 0 that belong to none/],
    ['bytes behind the central directory', [], { beforeEnd: 'x' }, /has bytes around its central directory/],
    [
      'an entry that its end does not count',
      [{ name: 'x', content: 'x' }],
      { count: 5 },
      /has bytes around its central directory/,
    ],
    [
      'a place of another central directory for programs that read ZIP64',
      [],
      { beforeEnd: `PK\x06\x07${'\0'.repeat(16)}` },
      /cannot be read: invalid zip64/,
    ],
  ])('an archive with %s', async (_, more, how, message) => {
    const reading = readSignedArchive(inMemory(zip([...both, ...files, ...more], how)), keys, true);
    await expect(reading).rejects.toMatchObject({
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

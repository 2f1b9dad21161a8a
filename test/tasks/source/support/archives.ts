import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

/** A new key pair of P-256; the public key as a function's variable holds it. */
export const aKeyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    privateKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    encoded: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
};

/** One entry of a zip archive, as it is written down: nothing is checked. */
export interface Entry {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** The size that the archive tells, if it is not the true one. */
  readonly toldSize?: number;
  readonly attributes?: number;
  /** General purpose flags. */
  readonly flags?: number;
  /** What the header before the data says instead; of the same length. */
  readonly local?: {
    readonly name?: string;
    readonly method?: number;
    readonly size?: number;
    readonly extra?: Uint8Array;
  };
  /** Extra fields of the central directory. */
  readonly extra?: Uint8Array;
  /** Bytes that follow the deflated ones within the size that is told. */
  readonly padding?: Uint8Array;
  /** Bytes that follow within no size. */
  readonly behind?: Uint8Array;
  /** Stands before its bytes alone, not in the central directory. */
  readonly isUnlisted?: boolean;
}

/** A zip archive of these entries, in this order (APPNOTE 6.3). Checksums are left out: CodeDeploy's concern, not ours. */
export const zip = (
  entries: readonly Entry[],
  {
    prefix = '',
    beforeEnd = '',
    count,
  }: { readonly prefix?: string; readonly beforeEnd?: string; readonly count?: number } = {},
): Buffer => {
  const locals: Buffer[] = [Buffer.from(prefix, 'latin1')];
  const central: Buffer[] = [];
  let offset = prefix.length;
  for (const one of entries) {
    const { name, content, toldSize, attributes = 0, flags = 0, local: other = {}, extra } = one;
    const { padding = new Uint8Array(), behind = new Uint8Array() } = one;
    const path = Buffer.from(name);
    const bytes = Buffer.from(content as string);
    const packed = Buffer.concat([deflateRawSync(bytes), padding]);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(toldSize ?? bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const before = Buffer.from(common);
    before.writeUInt16LE(other.method ?? 8, 4);
    before.writeUInt32LE(other.size ?? packed.length, 14);
    const named = Buffer.from(other.name ?? name);
    const moreBefore = Buffer.from(other.extra ?? []);
    before.writeUInt16LE(moreBefore.length, 24);
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      before,
      named,
      moreBefore,
      packed,
      behind,
    ]);
    const more = Buffer.from(extra ?? []);
    const head = Buffer.from(common);
    head.writeUInt16LE(more.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(attributes, 6);
    rest.writeUInt32LE(offset, 10);
    if (!one.isUnlisted)
      central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), head, rest, path, more]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count ?? central.length, 4);
  end.writeUInt16LE(count ?? central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([
    ...locals,
    directory,
    Buffer.from(beforeEnd, 'latin1'),
    Buffer.from('PK\x05\x06', 'latin1'),
    end,
  ]);
};

/** A commit's id of one digit. */
export const idOf = (digit: string): string => digit.repeat(40);

/** A commit of a manifest, by one digit. */
export const aCommit = (digit: string, parents: string, who = `dev-${digit}`) => ({
  id: idOf(digit),
  parents: [...parents].map(idOf),
  author: { name: who, email: `${who}@example.com` },
  committer: { name: who, email: `${who}@example.com` },
  message: `Make ${digit}`,
});

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** The files of the application in an archive. */
export const files: readonly Entry[] = [
  { name: 'appspec.yml', content: 'version: 0.0' },
  { name: 'app/', content: '' },
  { name: 'app/server.js', content: 'serve()' },
];

/** A manifest of these files, whose history is `a ← b ← c`. */
export const aManifest = (changes: object = {}, of: readonly Entry[] = files) => ({
  format: 'lockstep-manifest/1',
  head: idOf('c'),
  builtBy: 'https://ci.example.com/builds/42',
  pushedBy: ['quinn'],
  commits: [aCommit('c', 'b'), aCommit('b', 'a'), aCommit('a', '')],
  contents: Object.fromEntries(
    of.filter(({ name }) => !name.endsWith('/')).map(({ name, content }) => [name, sha256(content)]),
  ),
  ...changes,
});

/** Both entries of a manifest. */
export const signed = (manifest: object, key: KeyObject): [Entry, Entry] => {
  const content = JSON.stringify(manifest);
  return [
    { name: 'lockstep.json', content },
    {
      name: 'lockstep.json.sig',
      content: `${sign('sha256', Buffer.from(content), key).toString('base64')}\n`,
    },
  ];
};

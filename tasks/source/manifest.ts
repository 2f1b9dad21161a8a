import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isObject } from '../json.ts';
import type { SourceCommit } from './source.ts';

/** Files at an archive's root that say what it was made of, and who vouches for that. */
export const MANIFEST_FILE = 'lockstep.json';
export const SIGNATURE_FILE = 'lockstep.json.sig';
const FORMAT = 'lockstep-manifest/1';

/** Most commits of a manifest. */
const MOST_COMMITS = 100_000;
/** Most files of an archive. */
export const MOST_FILES = 50_000;
/** Most names in `pushedBy`. */
const MOST_PUSHERS = 1000;
/** Most parents of a commit; git's own octopus merges have 66 at most in practice. */
const MOST_PARENTS = 1000;
const LONGEST_NAME = 1000;

/** An archive does not prove what it was made of: nobody is asked about it. */
export class ManifestInvalidError extends Error {
  override readonly name = 'ManifestInvalid';
}

/** What an archive was made of. */
export interface Manifest {
  /** The commit that was built. */
  readonly head: string;
  /** The build, or the person who built it. */
  readonly builtBy: string;
  /** Who pushed the commits, as the build knows. */
  readonly pushedBy: readonly string[];
  /** By id. */
  readonly commits: ReadonlyMap<string, SourceCommit>;
  /** Each other file of the archive: its SHA-256, in hexadecimal digits, by its path. */
  readonly contents: ReadonlyMap<string, string>;
}

const COMMIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 200);

const invalid = (what: string, value: unknown): ManifestInvalidError =>
  new ManifestInvalidError(
    `${MANIFEST_FILE} has ${shown(value)} as ${what}, which the format ${FORMAT} does not allow. ` +
      'Make it with scripts/sign-manifest.mjs, and upload the archive again.',
  );

type Fields = Readonly<Record<string, unknown>>;

/** An object of these keys and no other. */
const fields = (value: unknown, keys: readonly string[], what: string): Fields => {
  if (!isObject(value) || Array.isArray(value)) throw invalid(what, value);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw invalid(`a key of ${what}`, unknown);
  return value;
};

const list = (value: unknown, most: number, what: string): readonly unknown[] => {
  if (!Array.isArray(value) || value.length > most) throw invalid(what, value);
  return value;
};

const text = (value: unknown, longest: number, what: string): string => {
  if (typeof value !== 'string' || value.length > longest) throw invalid(what, value);
  return value;
};

const commitId = (value: unknown, what: string): string => {
  if (typeof value !== 'string' || !COMMIT_ID.test(value)) throw invalid(what, value);
  return value;
};

/** A user name, a login, an ARN, an e-mail address or an address of a build. `Name <address>` would be compared with nobody. */
const person = (value: unknown, what: string): string => {
  // An address of a build may end in a slash; the part before it names the build.
  const name = text(value, LONGEST_NAME, what).trim().replace(/\/+$/, '');
  if (name === '' || /[<>]/.test(name)) throw invalid(what, value);
  return name;
};

const signature = (value: unknown, what: string): NonNullable<SourceCommit['author']> => {
  const { name, email } = fields(value, ['name', 'email'], what);
  return {
    name: text(name, LONGEST_NAME, `${what}.name`),
    email: text(email, LONGEST_NAME, `${what}.email`),
  };
};

const commitIn = (value: unknown): readonly [string, SourceCommit] => {
  const keys = ['id', 'parents', 'author', 'committer', 'message'];
  const { id, parents, author, committer, message } = fields(value, keys, 'a commit');
  const known = commitId(id, "a commit's id");
  const of = (what: string) => `${what} of commit ${known}`;
  return [
    known,
    {
      commitId: known,
      parents: list(parents, MOST_PARENTS, of('parents')).map((one) => commitId(one, of('a parent'))),
      author: signature(author, of('author')),
      committer: signature(committer, of('committer')),
      message: text(message, Number.POSITIVE_INFINITY, of('message')),
    },
  ];
};

/** Entries by their key. @throws ManifestInvalidError if two have the same */
const byKey = <Value>(
  entries: readonly (readonly [string, Value])[],
  what: string,
): ReadonlyMap<string, Value> => {
  const map = new Map<string, Value>();
  for (const [key, value] of entries) {
    if (map.has(key)) throw invalid(`${what} twice`, key);
    map.set(key, value);
  }
  return map;
};

const digest = (path: string, value: unknown): string => {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw invalid(`contents of ${path}`, value);
  return value;
};

/** The manifest that this text holds. @throws ManifestInvalidError */
function parseManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(
      'its text, which is no JSON in UTF-8',
      Buffer.from(bytes.subarray(0, 40)).toString('latin1'),
    );
  }
  if (!isObject(value) || value.format !== FORMAT)
    throw invalid('format', isObject(value) ? value.format : value);
  const keys = ['format', 'head', 'builtBy', 'pushedBy', 'commits', 'contents'];
  const { head, builtBy, pushedBy = [], commits, contents } = fields(value, keys, 'its content');
  if (!isObject(contents) || Array.isArray(contents) || Object.keys(contents).length > MOST_FILES)
    throw invalid('contents', contents);
  const known = byKey(list(commits, MOST_COMMITS, 'commits').map(commitIn), 'commit');
  const built = commitId(head, 'head');
  if (!known.has(built)) throw invalid('head without that commit among commits', head);
  return {
    head: built,
    builtBy: person(builtBy, 'builtBy'),
    pushedBy: list(pushedBy, MOST_PUSHERS, 'pushedBy').map((one) => person(one, 'pushedBy')),
    commits: known,
    contents: new Map(Object.entries(contents).map(([path, value]) => [path, digest(path, value)])),
  };
}

/** Public keys in the form that a function's variable holds: SPKI in DER, base64. */
export const manifestKeysFrom = (encoded: readonly string[]): readonly KeyObject[] =>
  encoded.map((key) => createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' }));

/**
 * The manifest of an archive, if one of these keys signed exactly these bytes (ECDSA P-256 with SHA-256, in DER). Nothing is parsed
 * before that is known.
 * @param signatureText what the signature's file holds: base64, in any number of lines
 * @throws ManifestInvalidError
 */
export function verifiedManifest(
  bytes: Uint8Array,
  signatureText: string,
  keys: readonly KeyObject[],
): Manifest {
  const encoded = signatureText.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded))
    throw new ManifestInvalidError(
      `${SIGNATURE_FILE} has ${shown(signatureText)}, which is not base64. Store the DER signature of ${MANIFEST_FILE} in base64, and upload the archive again.`,
    );
  const given = Buffer.from(encoded, 'base64');
  if (!keys.some((key) => verify('sha256', bytes, key, given)))
    throw new ManifestInvalidError(
      `${SIGNATURE_FILE} is no signature of this ${MANIFEST_FILE} by any of the ${keys.length} keys in source.manifestKeys. ` +
        'Sign it with the key that belongs to one of them and upload the archive again, or add the public key, deploy and redrive.',
    );
  return parseManifest(bytes);
}

import { isObject } from '../json.ts';
import { unknownShape } from './github-api.ts';
import type { SourceCommit } from './source.ts';

// Forms as GitHub's REST API documents them, version 2022-11-28. What has another form is not guessed at.

type Fields = Readonly<Record<string, unknown>>;

/** Reads one answer. */
interface Reading {
  /** The path that was asked for, for errors. */
  readonly path: string;
}

const fields = ({ path }: Reading, value: unknown, what: string): Fields => {
  if (isObject(value) && !Array.isArray(value)) return value;
  throw unknownShape(path, `has no ${what}`);
};
const list = ({ path }: Reading, value: unknown, what: string): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw unknownShape(path, `has no ${what}`);
};
const text = ({ path }: Reading, value: unknown, what: string): string => {
  if (typeof value === 'string') return value;
  throw unknownShape(path, `has no ${what}`);
};
const commitId = (reading: Reading, value: unknown, what: string): string => {
  const id = text(reading, value, what);
  if (/^[0-9a-f]{40}$/.test(id)) return id;
  throw unknownShape(reading.path, `has no commit id as ${what}`);
};
/** In ms. */
const time = (reading: Reading, value: unknown, what: string): number => {
  const at = Date.parse(text(reading, value, what));
  if (!Number.isNaN(at)) return at;
  throw unknownShape(reading.path, `has no time as ${what}`);
};

/** The commit of a reference. */
export const headIn = (path: string, body: unknown): string => {
  const reading = { path };
  const { object } = fields(reading, body, 'reference');
  const { sha, type } = fields(reading, object, 'object');
  if (type !== 'commit') throw unknownShape(path, 'names no commit');
  return commitId(reading, sha, 'object.sha');
};

const signatureIn = (reading: Reading, value: unknown, what: string): SourceCommit['author'] => {
  const { name, email, date } = fields(reading, value, what);
  return {
    name: text(reading, name, `${what}.name`),
    email: text(reading, email, `${what}.email`),
    // As git writes it.
    date: `${Math.floor(time(reading, date, `${what}.date`) / 1000)} +0000`,
  };
};

/** A page of commits, each complete. */
export const commitsIn = (
  path: string,
  body: unknown,
): readonly (SourceCommit & { readonly commitId: string })[] => {
  const reading = { path };
  return list(reading, body, 'list of commits').map((one) => {
    const { sha, parents, commit } = fields(reading, one, 'commit');
    const { author, committer, message } = fields(reading, commit, 'commit');
    return {
      commitId: commitId(reading, sha, 'sha'),
      parents: list(reading, parents, 'parents').map((parent) =>
        commitId(reading, fields(reading, parent, 'parent').sha, 'parent'),
      ),
      author: signatureIn(reading, author, 'author'),
      committer: signatureIn(reading, committer, 'committer'),
      message: text(reading, message, 'message'),
    };
  });
};

/** The files of a tree: what each is, by its path. */
export const filesIn = (path: string, body: unknown): ReadonlyMap<string, string> => {
  const reading = { path };
  const { tree, truncated } = fields(reading, body, 'tree');
  if (truncated !== false)
    throw unknownShape(path, truncated === true ? 'has not all files of the commit' : 'has no "truncated"');
  const files = new Map<string, string>();
  for (const one of list(reading, tree, 'tree')) {
    const { path: file, mode, type, sha } = fields(reading, one, 'file');
    if (type === 'tree') continue;
    files.set(text(reading, file, 'path'), `${text(reading, mode, 'mode')} ${text(reading, sha, 'sha')}`);
  }
  return files;
};

/** One change of a branch. */
interface Activity {
  /** What the branch held afterwards; zeros if it was deleted. */
  readonly after: string;
  /** Login of the account; undefined if GitHub no longer has it. */
  readonly actor: string | undefined;
  /** In ms. */
  readonly at: number;
}

/** A page of what happened to a branch. */
export const activitiesIn = (path: string, body: unknown, reference: string): readonly Activity[] => {
  const reading = { path };
  return list(reading, body, 'list of activities').map((one) => {
    const { after, actor, ref, timestamp } = fields(reading, one, 'activity');
    if (ref !== reference) throw unknownShape(path, `tells of ${String(ref)}, not of ${reference}`);
    const login = actor === null ? undefined : text(reading, fields(reading, actor, 'actor').login, 'login');
    return {
      after: commitId(reading, after, 'after'),
      actor: login === '' ? undefined : login,
      at: time(reading, timestamp, 'timestamp'),
    };
  });
};

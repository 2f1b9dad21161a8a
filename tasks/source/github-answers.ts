import { bytes, commitId, fields, gitTime, list, type Reading, text, time, unknown } from './answers.ts';
import type { NamedCommit, SourceCommit } from './source.ts';

// Forms as GitHub's REST API documents them, version 2022-11-28. What has another form is not guessed at.

const readingOf = (path: string): Reading => ({ provider: 'GitHub', path });

/** The commit of a reference. */
export const headIn = (path: string, body: unknown): string => {
  const reading = readingOf(path);
  const { object } = fields(reading, body, 'reference');
  const { sha, type } = fields(reading, object, 'object');
  if (type !== 'commit') throw unknown(reading, 'names no commit');
  return commitId(reading, sha, 'object.sha');
};

const signatureIn = (reading: Reading, value: unknown, what: string): SourceCommit['author'] => {
  const { name, email, date } = fields(reading, value, what);
  return {
    name: text(reading, name, `${what}.name`),
    email: text(reading, email, `${what}.email`),
    date: gitTime(time(reading, date, `${what}.date`)),
  };
};

/** A page of commits, each complete. */
export const commitsIn = (path: string, body: unknown): readonly NamedCommit[] => {
  const reading = readingOf(path);
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
  const reading = readingOf(path);
  const { tree, truncated } = fields(reading, body, 'tree');
  if (truncated !== false)
    throw unknown(reading, truncated === true ? 'has not all files of the commit' : 'has no "truncated"');
  const files = new Map<string, string>();
  for (const one of list(reading, tree, 'tree')) {
    const { path: file, mode, type, sha } = fields(reading, one, 'file');
    if (type === 'tree') continue;
    files.set(text(reading, file, 'path'), `${text(reading, mode, 'mode')} ${text(reading, sha, 'sha')}`);
  }
  return files;
};

/** What a file holds; undefined of one that has more than 1 MB, which comes without, and of submodules and links. */
export const contentIn = (path: string, body: unknown): Uint8Array | undefined => {
  const reading = readingOf(path);
  const { type, encoding, content } = fields(reading, body, 'file');
  if (type !== 'file' || encoding === 'none') return undefined;
  if (encoding !== 'base64') throw unknown(reading, `has the encoding ${String(encoding)}`);
  return bytes(reading, content, 'content');
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
  const reading = readingOf(path);
  return list(reading, body, 'list of activities').map((one) => {
    const { after, actor, ref, timestamp } = fields(reading, one, 'activity');
    if (ref !== reference) throw unknown(reading, `tells of ${String(ref)}, not of ${reference}`);
    const login = actor === null ? undefined : text(reading, fields(reading, actor, 'actor').login, 'login');
    return {
      after: commitId(reading, after, 'after'),
      actor: login === '' ? undefined : login,
      at: time(reading, timestamp, 'timestamp'),
    };
  });
};

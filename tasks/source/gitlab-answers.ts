import { bytes, commitId, fields, gitTime, list, type Reading, text, time, unknown } from './answers.ts';
import type { PushEvent } from './gitlab-pushes.ts';
import type { ChangedFile, NamedCommit, SourceCommit } from './source.ts';

// Forms as GitLab documents them for version 4 of its REST API.

const readingOf = (path: string): Reading => ({ provider: 'GitLab', path });

/** Where no commit is. */
const NOTHING = '0'.repeat(40);

/** Contributions of accounts that were deleted are this one's ("Delete users"). */
const GHOST = 'ghost';

/** The commit of a branch. */
export const headIn = (path: string, body: unknown): string => {
  const reading = readingOf(path);
  const { commit } = fields(reading, body, 'branch');
  return commitId(reading, fields(reading, commit, 'commit').id, 'commit.id');
};

/** A page of commits, each complete. */
export const commitsIn = (path: string, body: unknown): readonly NamedCommit[] => {
  const reading = readingOf(path);
  return list(reading, body, 'list of commits').map((one) => {
    const commit = fields(reading, one, 'commit');
    const signature = (who: 'author' | 'committer', date: string): SourceCommit['author'] => ({
      name: text(reading, commit[`${who}_name`], `${who}_name`),
      email: text(reading, commit[`${who}_email`], `${who}_email`),
      date: gitTime(time(reading, commit[date], date)),
    });
    return {
      commitId: commitId(reading, commit.id, 'id'),
      parents: list(reading, commit.parent_ids, 'parent_ids').map((id) => commitId(reading, id, 'parent')),
      author: signature('author', 'authored_date'),
      committer: signature('committer', 'committed_date'),
      message: text(reading, commit.message, 'message'),
    };
  });
};

/** What a file holds. */
export const contentIn = (path: string, body: unknown): Uint8Array => {
  const reading = readingOf(path);
  const { encoding, content } = fields(reading, body, 'file');
  if (encoding !== 'base64') throw unknown(reading, `has the encoding ${String(encoding)}`);
  return bytes(reading, content, 'content');
};

/** A page of a tree: what each file is, by its path. */
export const filesIn = (path: string, body: unknown): readonly (readonly [string, string])[] => {
  const reading = readingOf(path);
  return list(reading, body, 'tree').flatMap((one) => {
    const { path: file, mode, type, id } = fields(reading, one, 'file');
    if (type === 'tree') return [];
    return [
      [text(reading, file, 'path'), `${text(reading, mode, 'mode')} ${text(reading, id, 'id')}`] as const,
    ];
  });
};

/** The files of a comparison, by path; a renamed file is removed and added. */
export const changesIn = (path: string, body: unknown): readonly ChangedFile[] => {
  const reading = readingOf(path);
  const { diffs, compare_timeout: isCut } = fields(reading, body, 'comparison');
  // GitLab sets it when it leaves out files, too.
  if (isCut !== false)
    throw unknown(reading, isCut === true ? 'has not all files' : 'has no "compare_timeout"');
  const changes = list(reading, diffs, 'diffs').flatMap((one): ChangedFile[] => {
    const diff = fields(reading, one, 'diff');
    const [before, after] = [
      text(reading, diff.old_path, 'old_path'),
      text(reading, diff.new_path, 'new_path'),
    ];
    if (diff.new_file === true) return [{ path: after, change: 'added' }];
    if (diff.deleted_file === true) return [{ path: before, change: 'removed' }];
    if (before === after) return [{ path: after, change: 'changed' }];
    return [
      { path: before, change: 'removed' },
      { path: after, change: 'added' },
    ];
  });
  return changes.sort((one, other) => (one.path < other.path ? -1 : 1));
};

/** A page of pushes to branches. */
export const pushEventsIn = (path: string, body: unknown): readonly PushEvent[] => {
  const reading = readingOf(path);
  return list(reading, body, 'list of events').flatMap((one): PushEvent[] => {
    const { author, created_at: createdAt, push_data: data } = fields(reading, one, 'event');
    const push = fields(reading, data, 'push_data');
    const kind = text(reading, push.ref_type, 'ref_type');
    if (kind === 'tag') return [];
    if (kind !== 'branch') throw unknown(reading, `tells of a push to a ${kind}`);
    const name = author === null ? '' : text(reading, fields(reading, author, 'author').username, 'username');
    const by = {
      author: name === '' || name === GHOST ? undefined : name,
      at: time(reading, createdAt, 'created_at'),
    };
    if (push.ref === null) return [by];
    const commitOf = (id: unknown, what: string): string =>
      id === null ? NOTHING : commitId(reading, id, what);
    return [
      {
        ...by,
        moved: {
          branch: text(reading, push.ref, 'ref'),
          before: commitOf(push.commit_from, 'commit_from'),
          after: commitOf(push.commit_to, 'commit_to'),
        },
      },
    ];
  });
};

import type { SourceCommit } from '../source/source.ts';

/** As what somebody is named in a commit. */
export type ClaimedRole = 'author' | 'committer' | 'co-author' | 'signed off';

/** A name in a commit. Free text: a committer can write any name. */
interface Claim {
  readonly role: ClaimedRole | 'pusher';
  readonly name: string;
  /** Empty if none is given. */
  readonly address: string;
}

/** What is kept of a commit: what it follows, and who is named in it. */
export interface CommitRecord {
  readonly commitId: string;
  readonly parents: readonly string[];
  readonly claims: readonly Claim[];
}

const TRAILER = /^[ \t]*(co-authored-by|signed-off-by)[ \t]*:(.*)$/i;
const ADDRESS = /<([^<>]*)>/g;

/** Everybody whom a trailer's value names: `Name <address>`, several of these, or an address alone. */
const claimsIn = (role: ClaimedRole, value: string): Claim[] => {
  const addresses = [...value.matchAll(ADDRESS)].map(([, address = '']) => address.trim());
  const name = value.replace(/[<,].*$/, '').trim();
  if (addresses.length === 0) return [{ role, name, address: name.includes('@') ? name : '' }];
  return addresses.map((address) => ({ role, name, address }));
};

const isContinuation = (line: string | undefined): boolean =>
  line !== undefined && /^[ \t]+\S/.test(line) && !TRAILER.test(line);

/** Trailers anywhere in a message: git wants them at its end, and people put them elsewhere. */
const trailersIn = (message: string): Claim[] => {
  const lines = message.split(/\r\n|[\r\n\u2028\u2029]/);
  return lines.flatMap((line, index) => {
    const [, key = '', first = ''] = TRAILER.exec(line) ?? [];
    if (key === '') return [];
    // A long trailer continues on lines that begin with a space.
    let end = index + 1;
    while (isContinuation(lines[end])) end += 1;
    const value = [first, ...lines.slice(index + 1, end)].join(' ').trim();
    return claimsIn(key.toLowerCase() === 'co-authored-by' ? 'co-author' : 'signed off', value);
  });
};

/** Of one commit: its author and committer, and those whom its trailers name. */
export const recordOf = ({
  commitId = '',
  parents = [],
  author,
  committer,
  message = '',
  pushedBy = [],
}: SourceCommit): CommitRecord => {
  const signatures = (
    [
      ['author', author],
      ['committer', committer],
    ] as const
  ).map(
    ([role, who]): Claim => ({ role, name: (who?.name ?? '').trim(), address: (who?.email ?? '').trim() }),
  );
  const pushers = pushedBy.map((name): Claim => ({ role: 'pusher', name, address: '' }));
  const claims = [...signatures, ...pushers, ...trailersIn(message)];
  return { commitId, parents, claims: claims.filter(({ name, address }) => name !== '' || address !== '') };
};

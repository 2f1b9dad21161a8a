import type { Commit } from '@aws-sdk/client-codecommit';

/** As what somebody is named in a commit. */
export type ClaimedRole = 'author' | 'committer' | 'co-author' | 'signed off';

/** A name in a commit. Free text: whoever commits can write any. */
export interface Claim {
  readonly role: ClaimedRole;
  readonly name: string;
  readonly address: string;
}

/** What is kept of a commit: what it follows, and who is named in it. */
export interface CommitRecord {
  readonly commitId: string;
  readonly parents: readonly string[];
  readonly claims: readonly Claim[];
}

/** Of one commit. */
export const recordOf = ({ commitId = '', parents = [], author, committer }: Commit): CommitRecord => ({
  commitId,
  parents,
  claims: (
    [
      ['author', author],
      ['committer', committer],
    ] as const
  ).flatMap(([role, who]) => {
    const { name = '', email = '' } = who ?? {};
    return name.trim() === '' && email.trim() === ''
      ? []
      : [{ role, name: name.trim(), address: email.trim() }];
  }),
});

import { cutText } from '../truncate-text.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Push } from './pushes.ts';
import type { Maker, Reason } from './review.ts';

/** A request cannot list everybody who made the change: nobody is asked with a part of them. */
export class TooManyMakersError extends Error {
  override readonly name = 'TooManyMakers';
}

/** Longest name that is kept; nothing depends on it. */
const LONGEST_NAME = 200;

/** The pusher that IAM names: a user, or a session of a role; or that GitHub or GitLab names by login. */
export const pusherOf = (arn: string): Omit<Maker, 'because'> => ({
  name: arn.split('/').at(-1) ?? '',
  address: '',
  arn,
});

/** Everybody who made a part of a change, each with why: as the commits claim, and as IAM, GitHub or GitLab names the pushers. */
export function makersOf(records: readonly CommitRecord[], pushes: readonly Push[]): readonly Maker[] {
  const makers = new Map<string, { maker: Omit<Maker, 'because'>; because: Map<string, Reason> }>();
  const add = (maker: Omit<Maker, 'because'>, role: Reason['role'], commitId: string): void => {
    const key = JSON.stringify([maker.name, maker.address, maker.arn]);
    const known = makers.get(key) ?? { maker, because: new Map<string, Reason>() };
    makers.set(key, known);
    const reason = known.because.get(role);
    known.because.set(role, {
      role,
      commitId: reason?.commitId ?? commitId,
      count: (reason?.count ?? 0) + 1,
    });
  };
  for (const { commitId, claims } of records)
    for (const { role, name, address } of claims)
      add(
        role === 'pusher' ? pusherOf(name) : { name: cutText(name, LONGEST_NAME), address },
        role,
        commitId,
      );
  for (const { commitId, pushedBy } of pushes) add(pusherOf(pushedBy), 'pusher', commitId);
  return [...makers.values()].map(({ maker, because }) => ({ ...maker, because: [...because.values()] }));
}

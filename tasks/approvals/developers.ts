import type { FunctionEnvironment } from '../functions.ts';
import type { Promotion } from '../ledger/items.ts';
import { pusherOf } from './makers.ts';
import type { Maker } from './review.ts';
import { foldedAddress, type NameRules, readNameRules, withPerson } from './same-maker.ts';

/** What a maker is known as. */
export type MakerName = Pick<Maker, 'name' | 'address' | 'arn'>;

/** Whom mail about a change may reach, and how names lead to them. */
interface Developers extends NameRules {
  /** Addresses, as they subscribed. */
  readonly developers: readonly string[];
}

/** Reads them from a function's variables. */
export const readDevelopers = (
  env: Pick<FunctionEnvironment<'track-promotion'>, 'DEVELOPERS' | 'PEOPLE' | 'DOTS_IGNORED_IN'>,
): Developers => ({
  developers: JSON.parse(env.DEVELOPERS) as readonly string[],
  ...readNameRules(env),
});

/**
 * The developers who are among some makers: a commit claims their address, a pusher's name is their address (of a role's session, say),
 * or the configuration lists the name among the further names of somebody with their address.
 * @returns addresses as the developers subscribed, each once
 */
export const developersAmong =
  ({ developers, ...names }: Developers) =>
  (makers: readonly MakerName[]): readonly string[] => {
    const folded = (address: string): string => foldedAddress(address, names.dotsIgnoredIn);
    const known = new Set(
      makers.flatMap((maker) => {
        const { person = '' } = withPerson({ ...maker, because: [] }, names);
        return [person, maker.address, maker.arn === undefined ? '' : maker.name].filter(Boolean).map(folded);
      }),
    );
    return [...new Set(developers)].filter((address) => known.has(folded(address)));
  };

/** The pusher and the author of a promotion's commit. */
export const makersOfPromotion = ({
  pushedBy,
  commitAuthor,
  commitAuthorEmail,
}: Pick<Promotion, 'pushedBy' | 'commitAuthor' | 'commitAuthorEmail'>): readonly MakerName[] => [
  pusherOf(pushedBy),
  { name: commitAuthor, address: commitAuthorEmail },
];

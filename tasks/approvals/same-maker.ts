import type { Person } from '../ledger/items.ts';
import type { Maker, Review } from './review.ts';

/** What identifies a person of the pool. */
type Identity = Pick<Person, 'name' | 'verifiedEmail'>;

/** A person's further names, as the configuration lists them. */
export interface FurtherNames {
  /** In the user pool. */
  readonly email: string;
  /** IAM users, role sessions, and logins at GitHub or GitLab. */
  readonly pusherNames: readonly string[];
  /** In commits. */
  readonly commitAddresses: readonly string[];
}

/** Printable ASCII. Other characters look like these, or hide: a name that has one equals only itself. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** A name in lower case. `toLowerCase` makes ASCII of some other characters, such as the Kelvin sign. */
const foldedName = (name: string): string => (isPlain(name) ? name.toLowerCase() : name);

/**
 * An e-mail address as it is compared: without case, without `+suffix`, and in some domains without dots.
 * @param dotsIgnoredIn domains, in lower case
 */
export function foldedAddress(address: string, dotsIgnoredIn: readonly string[]): string {
  const folded = foldedName(address);
  const at = folded.lastIndexOf('@');
  if (at < 1 || !isPlain(address)) return folded;
  const domain = folded.slice(at + 1);
  const [local = ''] = folded.slice(0, at).split('+');
  if (local === '') return folded;
  return `${dotsIgnoredIn.includes(domain) ? local.replaceAll('.', '') : local}@${domain}`;
}

/**
 * Whether a maker is this person: a commit claims their address, IAM, GitHub or GitLab names them as pusher (by user name or address), or the
 * configuration lists the maker among their further names.
 */
export function isSameMaker(
  { name, verifiedEmail }: Identity,
  maker: Pick<Maker, 'name' | 'address' | 'arn' | 'person'>,
  dotsIgnoredIn: readonly string[],
): boolean {
  const isTheirs = (address: string | undefined): boolean =>
    address !== undefined &&
    address !== '' &&
    verifiedEmail !== '' &&
    foldedAddress(address, dotsIgnoredIn) === foldedAddress(verifiedEmail, dotsIgnoredIn);
  if (isTheirs(maker.person) || isTheirs(maker.address)) return true;
  if (maker.arn === undefined || maker.name === '') return false;
  // GitHub and GitLab name the pusher by login, IAM by user or role session; IAM Identity Center uses the user name or the e-mail address.
  return foldedName(maker.name) === foldedName(name) || isTheirs(maker.name);
}

/** What the configuration says about names. */
export interface NameRules {
  /** People's further names. */
  readonly people: readonly FurtherNames[];
  /** Domains in whose addresses dots do not count, in lower case. */
  readonly dotsIgnoredIn: readonly string[];
}

/** A maker with the address of the person whose further name this is by this configuration, no matter what an earlier one said. */
export function withPerson({ person: _, ...maker }: Maker, { people, dotsIgnoredIn }: NameRules): Maker {
  const folded = (address: string): string => foldedAddress(address, dotsIgnoredIn);
  const person = people.find(({ pusherNames, commitAddresses }) =>
    maker.arn === undefined
      ? maker.address !== '' && commitAddresses.some((one) => folded(one) === folded(maker.address))
      : pusherNames.some((one) => foldedName(one) === foldedName(maker.name)),
  );
  return person === undefined ? maker : { ...maker, person: person.email };
}

/** The rules about names in a function's variables. */
export const readNameRules = (env: {
  readonly PEOPLE: string;
  readonly DOTS_IGNORED_IN: string;
}): NameRules => ({
  people: JSON.parse(env.PEOPLE) as readonly FurtherNames[],
  dotsIgnoredIn: JSON.parse(env.DOTS_IGNORED_IN) as readonly string[],
});

/** The part of a review that says who made the change, by this configuration. */
export const makersBy = (
  names: NameRules,
  makers: readonly Maker[],
): Pick<Review, 'makers' | 'dotsIgnoredIn'> => ({
  makers: makers.map((maker) => withPerson(maker, names)),
  ...(names.dotsIgnoredIn.length > 0 && { dotsIgnoredIn: names.dotsIgnoredIn }),
});

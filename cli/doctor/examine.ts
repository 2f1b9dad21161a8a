import type { Check } from './checks.ts';
import type { Finding } from './finding.ts';
import { type Place, placeName } from './place.ts';

/** What looking at a place gave. */
export interface Examination {
  readonly findings: readonly Finding[];
  /** What could not be looked at because nothing of that kind is served here. */
  readonly notChecked: readonly string[];
}

/** The endpoint does not know the operation: the local run serves a part of AWS. */
const isNotServed = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnknownOperationException';

/** Nobody answers, or nobody can sign: no place can be looked at. */
export const concernsAll = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'CredentialsProviderError' ||
    ('code' in error && error.code === 'ECONNREFUSED') ||
    error.message === 'Region is missing');

/** That something could not be looked at. */
export const couldNotLook = (
  subject: string,
  place: Pick<Place, 'account' | 'region'>,
  error: unknown,
): Finding => ({
  kind: 'could-not-look',
  what: `Could not look at ${subject} in ${placeName(place)}`,
  value: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  remedy:
    'Use credentials with the policy in docs/deploy-to-aws.md, "Look for what is in the way". For another account, bootstrap it with --trust. If it is no permission, try again.',
});

/** Looks, and tells what could not be looked at from what is in order. @throws what concerns every other look as well */
export async function attempt(
  subject: string,
  place: Pick<Place, 'account' | 'region'>,
  look: () => Promise<readonly Finding[]>,
): Promise<Examination> {
  try {
    return { findings: await look(), notChecked: [] };
  } catch (error) {
    if (concernsAll(error)) throw error;
    if (isNotServed(error)) return { findings: [], notChecked: [subject] };
    return { findings: [couldNotLook(subject, place, error)], notChecked: [] };
  }
}

/** Several examinations as one. */
export const together = (examinations: readonly Examination[]): Examination => ({
  findings: examinations.flatMap(({ findings }) => findings),
  notChecked: [...new Set(examinations.flatMap(({ notChecked }) => notChecked))],
});

/** Makes every check in a place. One that fails does not stop the others. */
export const examine = async (place: Place, checks: readonly Check[]): Promise<Examination> =>
  together(await Promise.all(checks.map(({ subject, look }) => attempt(subject, place, () => look(place)))));

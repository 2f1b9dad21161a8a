import type { Finding } from './finding.ts';

/** Findings of an image against those of another. */
export interface ComparedFindings {
  /** Of a vulnerability that the other image does not have, or has in other packages. */
  readonly new: readonly Finding[];
  readonly still: readonly Finding[];
  /** Those that only the other image has. */
  readonly fixed: readonly Finding[];
}

/**
 * Compares findings of two images by vulnerability and package.
 * @param before of what Prod runs; undefined if it is not known: then everything is new
 */
export function compareFindings(
  before: readonly Finding[] | undefined,
  now: readonly Finding[],
): ComparedFindings {
  const known = new Map(
    (before ?? []).map(({ vulnerabilityId, packages }) => [
      vulnerabilityId,
      new Set(packages.map(({ name }) => name)),
    ]),
  );
  const isNew = ({ vulnerabilityId, packages }: Finding): boolean => {
    const names = known.get(vulnerabilityId);
    return names === undefined || packages.some(({ name }) => !names.has(name));
  };
  const ids = new Set(now.map(({ vulnerabilityId }) => vulnerabilityId));
  return {
    new: now.filter(isNew),
    still: now.filter((one) => !isNew(one)),
    fixed: (before ?? []).filter(({ vulnerabilityId }) => !ids.has(vulnerabilityId)),
  };
}

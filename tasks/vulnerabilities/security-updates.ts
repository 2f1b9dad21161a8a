import type { PackageChange } from '../image-inventory/compare-inventories.ts';
import type { Finding, Scanner } from './finding.ts';

/** A package that differs between two images. A newer one that fixes a known vulnerability is a security update. */
export type JudgedPackage = PackageChange & {
  /** Ids of vulnerabilities that the package had before and has not now; absent if there are none, or images are not scanned. */
  readonly fixes?: readonly string[];
};

/** Known vulnerabilities of two images; undefined of one that was not scanned. */
export interface FindingsOfBoth {
  readonly before: readonly Finding[] | undefined;
  readonly now: readonly Finding[] | undefined;
  /** What scanned each; absent for Amazon Inspector. */
  readonly scanners?: { readonly before?: Scanner | undefined; readonly now?: Scanner | undefined };
}

/** Says of packages that went up which vulnerabilities they fix. */
export function markFixes(
  changes: readonly PackageChange[],
  { before, now }: FindingsOfBoth,
): readonly JudgedPackage[] {
  if (before === undefined || now === undefined) return changes;
  const pairs = (findings: readonly Finding[]) =>
    findings.flatMap(({ vulnerabilityId, packages }) =>
      packages.map(({ name }) => ({ vulnerabilityId, name, key: `${name} ${vulnerabilityId}` })),
    );
  const still = new Set(pairs(now).map(({ key }) => key));
  const fixes = new Map<string, Set<string>>();
  for (const { vulnerabilityId, name, key } of pairs(before))
    if (!still.has(key)) fixes.set(name, (fixes.get(name) ?? new Set()).add(vulnerabilityId));
  return changes.map((one) => {
    const fixed = one.change === 'up' ? fixes.get(one.name) : undefined;
    return fixed === undefined ? one : { ...one, fixes: [...fixed].sort() };
  });
}

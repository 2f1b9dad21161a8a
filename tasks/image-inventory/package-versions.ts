/** The parts of a version as package managers of RPM write them: `epoch:version-release`. */
interface VersionParts {
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

const partsOf = (text: string): VersionParts => {
  const [, epoch = '0', rest = text] = /^(\d+):(.*)$/s.exec(text) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? '' : rest.slice(dash + 1),
  };
};

/** What RPM compares one after the other: `~`, `^`, a number, or letters. Everything else only separates. */
const segmentsOf = (text: string): readonly string[] => text.match(/~|\^|\d+|[A-Za-z]+/g) ?? [];

const isNumber = (segment: string): boolean => /^\d/.test(segment);

/** Where a segment stands against the end of the other version: `~` before it, all others behind it. */
const rankOf = (segment: string | undefined): number => {
  if (segment === undefined) return 1;
  if (segment === '~') return 0;
  // A caret is newer than the end, and older than anything else.
  if (segment === '^') return 2;
  return isNumber(segment) ? 4 : 3;
};

const compareSegments = (one: string, other: string): number => {
  if (!isNumber(one)) return one < other ? -1 : one > other ? 1 : 0;
  const [left, right] = [BigInt(one), BigInt(other)];
  return left < right ? -1 : left > right ? 1 : 0;
};

const compareSegmented = (one: string, other: string): number => {
  const [left, right] = [segmentsOf(one), segmentsOf(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [a, b] = [left[index], right[index]];
    const difference = rankOf(a) - rankOf(b);
    if (difference !== 0) return Math.sign(difference);
    if (a === undefined || b === undefined) return 0;
    const compared = compareSegments(a, b);
    if (compared !== 0) return compared;
  }
  return 0;
};

/**
 * Compares two versions of one package as RPM does: epoch, version, release; numbers as numbers, `~` before everything.
 * @returns below, at or above 0
 * @see https://rpm-software-management.github.io/rpm/man/rpm-version.7
 */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  if (left.epoch !== right.epoch) return Math.sign(left.epoch - right.epoch);
  return compareSegmented(left.version, right.version) || compareSegmented(left.release, right.release);
}

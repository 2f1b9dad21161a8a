/** What an id of AWS or of a commit names. */
export type IdKind = 'commit' | 'image' | 'deployment' | 'instance';

/** What somebody asks where it is live. */
export type Question =
  | {
      readonly kind: IdKind;
      /** Its beginning, in lower case. */
      readonly id: string;
    }
  | {
      readonly kind: 'package';
      readonly name: string;
      /** Absent: every version. */
      readonly version?: string;
    }
  | { readonly kind: 'vulnerability'; readonly vulnerabilityId: string };

const ids: readonly (readonly [kind: IdKind, pattern: RegExp])[] = [
  ['image', /^ami-[0-9a-z]+$/],
  ['instance', /^i-[0-9a-z]+$/],
  ['deployment', /^d-[0-9a-z]+$/],
  ['commit', /^[0-9a-f]{7,40}$/],
];

/** As Inspector names vulnerabilities: by CVE, by GitHub's advisory, by Amazon Linux's. */
const VULNERABILITY = /^(?:CVE-\d{4}-\d+|GHSA(?:-[0-9a-z]{4}){3}|ALAS[0-9A-Z]*-\d{4}-\d+)$/i;

/** Versions begin with a number, perhaps behind an epoch; what has a domain's end is an e-mail address. */
const isVersion = (text: string): boolean => /^(?:\d+:)?\d\S*$/.test(text) && !/\.[a-z]{2,}$/i.test(text);

/** A package with its version: `openssl 3.2.2`, `openssl@3.2.2`. */
function packageIn(text: string): Extract<Question, { kind: 'package' }> {
  const [, name, version] = /^(\S+?)(?:\s+|@)(\S+)$/.exec(text) ?? [];
  return name !== undefined && version !== undefined && isVersion(version)
    ? { kind: 'package', name, version }
    : { kind: 'package', name: text };
}

/**
 * What somebody asks for: an id by its form, a vulnerability by its name, and a package by any other text.
 * @param given in upper or lower case
 */
export function questionOf(given: string): Question {
  const text = given.trim();
  const lower = text.toLowerCase();
  const [kind] = ids.find(([, pattern]) => pattern.test(lower)) ?? [];
  if (kind !== undefined) return { kind, id: lower };
  if (VULNERABILITY.test(text)) return { kind: 'vulnerability', vulnerabilityId: text };
  return packageIn(text);
}

/** So much of a commit's id is given at least. */
const LEAST_COMMIT = 7;

/** A word that is the beginning of one of these commits names that one: where commits are versions of an object, any text may. */
export function resolved(question: Question, commitIds: readonly string[]): Question {
  if (question.kind !== 'package' || question.name.length < LEAST_COMMIT) return question;
  const id = question.name.toLowerCase();
  return question.version === undefined && commitIds.some((one) => one.toLowerCase().startsWith(id))
    ? { kind: 'commit', id }
    : question;
}

/** Whether only images can have it, and no promotion by itself. */
export const isAboutContents = (question: Question): boolean =>
  question.kind === 'vulnerability' || (question.kind === 'package' && question.version !== undefined);

/** What is asked for, as sentences name it: `openssl 3.2.2`. */
export function questionText(question: Question): string {
  switch (question.kind) {
    case 'package':
      return question.version === undefined ? question.name : `${question.name} ${question.version}`;
    case 'vulnerability':
      return question.vulnerabilityId;
    default:
      return question.id;
  }
}

/** What stands before a version if it is not the first numbering of a package's versions. */
const EPOCH = /^\d+:/;
const withEpoch = (version: string): string => (EPOCH.test(version) ? version : `0:${version}`);

/**
 * Whether an installed version is the one that somebody asks for. Epoch and release need not be given: `3.2.2` is
 * `1:3.2.2-1.amzn2023.0.1` as well, and not `3.2.20`. No epoch is epoch 0, as for RPM: tools print either.
 */
export function isVersionOf(installed: string, asked: string): boolean {
  const whole = asked.includes(':') ? withEpoch(installed) : installed.replace(EPOCH, '');
  return whole === asked || whole.startsWith(`${asked}-`);
}

/** Where something looks like a secret. It never says what: the secret stays in the repository. */
export interface SecretFinding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Rule of the library, such as `github/GITHUB_TOKEN`. */
  readonly rule: string;
}

/** A file of the change that was not looked at, or not wholly. */
export interface NotScanned {
  readonly path: string;
  readonly why: 'binary' | 'too large, or no plain file' | 'too many files' | 'a comment turns the scan off';
}

/** What the scan of a commit found. */
export interface SecretScan {
  /** ISO 8601. */
  readonly at: string;
  /** Files that were scanned. */
  readonly files: number;
  /** The first ones; `findingCount` counts all of them. */
  readonly findings: readonly SecretFinding[];
  readonly findingCount: number;
  /** The first ones; `notScannedCount` counts all of them. */
  readonly notScanned: readonly NotScanned[];
  readonly notScannedCount: number;
  /** Why the scan was not made, if it was not: then nothing is known. */
  readonly failed?: string;
}

/** Files that are scanned at most. */
export const MOST_FILES = 1_000;
/** Bytes of a file that is scanned. */
export const MOST_BYTES = 512 * 1024;
/** Findings, and files that were not scanned, that are kept: people read them, and the ledger holds them. */
export const MOST_KEPT = 50;

/** `config/prod.env, line 3 (aws/AWSSecretAccessKey)` */
export const findingText = ({ path, line, rule }: SecretFinding): string => `${path}, line ${line} (${rule})`;

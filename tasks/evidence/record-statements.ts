import type { KeyObject } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { imageObjectKey } from '../image-inventory/image-objects.ts';
import { isObject } from '../json.ts';
import type { BuiltRevision } from '../payloads.ts';
import { buildStatementKey, expectedOfBuild } from '../provenance/build-statement.ts';
import { contentOf, envelopeAsWritten, readEnvelope } from '../provenance/dsse.ts';
import { statementDigest } from '../provenance/sign-build.ts';
import {
  type ExpectedStatement,
  expectedOfImage,
  statementProblem,
  subjectOf,
} from '../provenance/statement.ts';
import type { ClaimedEntry, EvidenceProblem } from './verify-chain.ts';

/** A statement of where something comes from that a record names. */
export interface NamedStatement {
  /** Where the evidence bucket has it. */
  readonly objectKey: string;
  readonly expected: ExpectedStatement;
  /** What its SHA-256 must be. @default its subject's digest alone counts, as for images */
  readonly digest?: string;
}

/** The fields of a value that are texts. */
const textsOf = (value: unknown): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).flatMap(([name, field]) =>
      typeof field === 'string' ? [[name, field]] : [],
    ),
  );

/** What an entry tells to be built, or of a go-back to be deployed again. */
function builtBy({ kind, what }: ClaimedEntry): Readonly<Record<string, string | undefined>> {
  if (!isObject(what)) return {};
  if (kind === 'go-back') return textsOf(what.built);
  return kind === 'job-ended' && what.status === 'SUCCEEDED' ? textsOf(what.output) : {};
}

/**
 * The statements of all images and archives that a record tells to be built, and of the archive of a go-back; each once. The image of a go-back
 * is in the record of the release.
 */
export function namedStatements(entries: readonly ClaimedEntry[]): readonly NamedStatement[] {
  const { application = '', commitId = '' } = textsOf(entries[0]?.what);
  const named = entries.flatMap((entry): readonly NamedStatement[] => {
    const { imageId, inventory, statement, ...rest } = builtBy(entry);
    if (imageId !== undefined && inventory !== undefined)
      return [
        {
          objectKey: imageObjectKey(application, imageId, inventory, 'provenance.json'),
          expected: expectedOfImage(application, imageId, inventory),
        },
      ];
    if (statement === undefined) return [];
    const { bucket = '', key = '', version = '', sha256 = '' } = rest;
    const built: BuiltRevision = { bucket, key, version, sha256 };
    return [
      {
        objectKey: buildStatementKey(application, statement),
        expected: expectedOfBuild(application, commitId, built),
        digest: statement,
      },
    ];
  });
  return [...new Map(named.map((one) => [one.objectKey, one])).values()];
}

/** Why an envelope is not the statement that a record names; undefined if it is. */
function problemOf(
  envelope: unknown,
  { expected, digest }: NamedStatement,
  key: KeyObject,
): string | undefined {
  const opened = readEnvelope(envelope, key);
  if ('problem' in opened) return opened.problem;
  if (canonicalJson(envelope) !== canonicalJson(envelopeAsWritten(envelope, key)))
    return 'it is not written as Lockstep writes it';
  if (digest !== undefined && statementDigest(opened.text) !== digest) return 'the record names another one';
  return statementProblem(opened.statement, expected);
}

/**
 * Checks the statements that a file brings: there is one for everything that the record tells to be built, and no other; each is
 * signed by the key, and is about just that.
 */
export function statementProblems(
  entries: readonly ClaimedEntry[],
  statements: readonly unknown[],
  key: KeyObject,
): readonly EvidenceProblem[] {
  const left = [...statements];
  const problems = namedStatements(entries).flatMap((named): readonly EvidenceProblem[] => {
    const { subject } = named.expected;
    const found = left.findIndex((envelope) => subjectOf(contentOf(envelope)) === subject);
    const [envelope] = found < 0 ? [] : left.splice(found, 1);
    const why =
      found < 0
        ? 'the file has none; an export brings what the evidence bucket has'
        : problemOf(envelope, named, key);
    return why === undefined
      ? []
      : [
          {
            kind: 'statement',
            message: `There is no valid statement of where ${subject} comes from: ${why}.`,
          },
        ];
  });
  return [
    ...problems,
    ...left.map(
      (envelope): EvidenceProblem => ({
        kind: 'statement',
        message: `The file has a statement about ${subjectOf(contentOf(envelope)) ?? 'nothing that can be read'}, of which the record does not tell that it was built.`,
      }),
    ),
  ];
}

import type { Target } from './stacks.ts';

/** Something that a deleted stack has left behind, or that builds have made. */
export interface Leftover {
  /** CloudFormation's type; `image` and `snapshot` for what no stack knows. */
  readonly type: string;
  /** As the service's API takes it. */
  readonly id: string;
  /** Of the resource in its stack. */
  readonly logicalId?: string;
}

/** What is deleted in one step; evidence is a step of its own, for the platform alone. */
export type LeftoverKind = 'leftovers' | 'evidence';

interface Stays {
  readonly why: string;
  /** Deleted in this order: keys last, as what they encrypt must be gone first (T60). */
  readonly rank: number;
}

const KEY = 'AWS::KMS::Key';
const KEY_RANK = 9;

/** What stays after the stacks, and why: every type that the templates retain. */
const stays: Readonly<Record<string, Stays>> = {
  'AWS::EC2::Image': { why: 'an image that instances were started from, with its snapshots', rank: 1 },
  'AWS::ImageBuilder::Image': { why: "Image Builder's record of a build", rank: 2 },
  'AWS::S3::BucketPolicy': { why: 'it goes with its bucket', rank: 3 },
  'AWS::S3::Bucket': {
    why: 'revisions, build logs or access logs, which an investigation may need',
    rank: 4,
  },
  'AWS::Logs::LogGroup': { why: 'what functions logged, which an investigation may need', rank: 5 },
  'AWS::Cognito::UserPool': { why: 'the people who signed in, whom decisions name', rank: 6 },
  'AWS::DynamoDB::Table': { why: 'the ledger: who approved what', rank: 7 },
  [KEY]: { why: 'it decrypts what stays', rank: KEY_RANK },
};

/** Whether a tear-down knows how to delete a type. */
export const isKnownType = (type: string): boolean => Object.hasOwn(stays, type);

/** Whether it is a key, which is deleted after everything else. */
export const isKey = ({ type }: Leftover): boolean => type === KEY;

/** Evidence: the sealed records with their keys, and the ledger. By the logical ids that the platform's constructs give. */
export const isEvidence = (target: Target, { logicalId = '' }: Leftover): boolean =>
  target === 'platform' && /^(Evidence|Ledger)/.test(logicalId);

/** Why something stays. */
export const whyItStays = (target: Target, leftover: Leftover): string => {
  if (isEvidence(target, leftover) && leftover.type === 'AWS::S3::Bucket')
    return 'the sealed records of promotions, locked against deletion';
  return stays[leftover.type]?.why ?? 'the template retains it';
};

/** What one step deletes, in its order. */
export const inLeftoverOrder = (
  target: Target,
  kind: LeftoverKind,
  leftovers: readonly Leftover[],
): readonly Leftover[] =>
  leftovers
    .filter((one) => isEvidence(target, one) === (kind === 'evidence'))
    .sort((one, other) => (stays[one.type]?.rank ?? 0) - (stays[other.type]?.rank ?? 0));

/** What stays, one line for each reason and type. */
export const staysText = (target: Target, leftovers: readonly Leftover[]): readonly string[] => {
  const groups = new Map<string, Leftover[]>();
  for (const one of [
    ...inLeftoverOrder(target, 'leftovers', leftovers),
    ...inLeftoverOrder(target, 'evidence', leftovers),
  ]) {
    const heading = `${one.type}: ${whyItStays(target, one)}`;
    groups.set(heading, [...(groups.get(heading) ?? []), one]);
  }
  return [...groups].flatMap(([heading, ones]) => [`  ${heading}`, ...ones.map(({ id }) => `    ${id}`)]);
};

/** A resource that CloudFormation could not delete, in its words. */
export interface FailedResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly reason: string;
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /dependent object|DependencyViolation|in use by (the )?(network|eni)/i,
    'A network interface of an image build, a function or an instance still uses it. It ends by itself, that of a function within 40 minutes.',
  ],
  [/not empty/i, 'Delete its objects with all versions, or keep the bucket.'],
  [
    /cannot be deleted as it is in use by/i,
    'Delete the stacks that use the export first: tear down their applications.',
  ],
  [
    /Access ?Denied|not authorized|UnauthorizedOperation/i,
    "Use credentials of the account's administrator, and detach the policies for people from that role: they deny.",
  ],
  [
    /TerminationProtection|termination protection/i,
    'Switch termination protection off: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name STACK.',
  ],
  [/protected against deletion|deletion protection/i, 'Switch its deletion protection off.'],
  [
    /cannot delete (a policy attached|entity, must)/i,
    'Detach the policy from the roles of people that it is attached to.',
  ],
  [/stopped while the stack was deleted/i, 'The local run was stopped meanwhile.'],
];

/** What to do about a reason that CloudFormation gives. */
export const remedyFor = (reason: string): string =>
  remedies.find(([pattern]) => pattern.test(reason))?.[1] ?? 'Remove what keeps it.';

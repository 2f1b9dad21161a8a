import { UsageError } from '../arguments.ts';
import type { Target } from './stacks.ts';
import type { LeftoverKind } from './stays.ts';

/** Tears down the stacks; or, later and each by itself, what they leave behind. */
export type TeardownCommand = {
  readonly name: 'teardown';
  readonly target: Target;
  readonly yes: boolean;
} & ({ readonly step: 'stacks'; readonly reason: string } | { readonly step: LeftoverKind });

/** Reads its arguments. @throws UsageError */
export const readTeardown = (
  values: {
    readonly platform?: boolean | undefined;
    readonly yes?: boolean | undefined;
    readonly reason?: string | undefined;
    readonly 'delete-leftovers'?: boolean | undefined;
    readonly 'delete-evidence'?: boolean | undefined;
  },
  application: string | undefined,
  surplus: string | undefined,
): TeardownCommand => {
  const { platform = false, yes = false, reason } = values;
  const [leftovers, evidence] = [values['delete-leftovers'] ?? false, values['delete-evidence'] ?? false];
  if (surplus !== undefined) throw new UsageError(`teardown does not take ${JSON.stringify(surplus)}.`);
  if (platform && application !== undefined)
    throw new UsageError(
      `teardown takes an application or --platform, got both: ${JSON.stringify(application)} and --platform.`,
    );
  if (!platform && !application)
    throw new UsageError('teardown takes an application or --platform, got none.');
  if (leftovers && evidence)
    throw new UsageError('--delete-leftovers and --delete-evidence are two steps. Give one of them.');
  if (evidence && !platform)
    throw new UsageError(
      `--delete-evidence goes with --platform, not with an application, got ${JSON.stringify(application)}: the evidence of all applications is in one bucket and one ledger.`,
    );
  const base = {
    name: 'teardown' as const,
    target: platform ? ('platform' as const) : { application: application ?? '' },
    yes,
  };
  if (!leftovers && !evidence) {
    if (!reason) throw new UsageError('teardown takes --reason TEXT, why it is torn down; got none.');
    return { ...base, step: 'stacks', reason };
  }
  if (reason !== undefined)
    throw new UsageError(
      '--reason goes with the deletion of stacks: it is recorded with the promotions that are stopped.',
    );
  return { ...base, step: evidence ? 'evidence' : 'leftovers' };
};

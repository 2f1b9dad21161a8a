import type { FailedResource } from './failures.ts';
import type { Place, StandingStack } from './stacks.ts';
import type { Leftover } from './stays.ts';

/** A resource of a stack. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  /** CloudFormation's own word. */
  readonly status: string;
}

/** Work under way that keeps stacks from being deleted, or that nobody would see the end of. */
export interface RunningWork {
  readonly kind: 'promotion' | 'build' | 'pipeline run' | 'deployment' | 'instance refresh' | 'image build';
  /** What people call it; an execution's ARN, a build's ARN… */
  readonly id: string;
  /** Whether it was stopped already and is ending. */
  readonly isEnding: boolean;
  /** Stops it, unless it is a promotion, which is stopped with a reason. One that has ended stays as it is. */
  readonly stop: () => Promise<void>;
}

/** What is in one account and region, as far as a tear-down uses it. */
export interface Account {
  readonly place: () => Promise<Place>;
  /** The same account in another region. */
  readonly inRegion: (region: string) => Account;
  /** Stacks that stand. */
  readonly stacks: () => Promise<readonly StandingStack[]>;
  /** A stack by its id, also one that was deleted. */
  readonly stack: (id: string) => Promise<StandingStack | undefined>;
  readonly resources: (stackId: string) => Promise<readonly StackResource[]>;
  /** What the last deletion failed at, each resource once. */
  readonly failures: (stackId: string) => Promise<readonly FailedResource[]>;
  readonly deleteStack: (id: string) => Promise<void>;
  /** Stacks that were deleted in the last 90 days. */
  readonly deletedStacks: () => Promise<readonly { readonly name: string; readonly id: string }[]>;
  /** What runs in a stack's resources. @param application of the state machine */
  readonly running: (
    application: string,
    resources: readonly StackResource[],
  ) => Promise<readonly RunningWork[]>;
  readonly leftovers: Leftovers;
}

/** What stacks leave behind. */
export interface Leftovers {
  /** Images of an application, and Image Builder's records of their builds. */
  readonly images: (application: string) => Promise<readonly Leftover[]>;
  readonly exists: (leftover: Leftover) => Promise<boolean>;
  /** Deletes one with everything in it. What is gone already is deleted. */
  readonly remove: (leftover: Leftover) => Promise<void>;
  /** Versions in a bucket, and until when the last of those under Object Lock is locked. */
  readonly locks: (
    bucket: string,
    now: Date,
  ) => Promise<{ readonly versions: number; readonly locked: number; readonly until?: Date }>;
  /** Takes a bucket's policy away: the evidence bucket's denies deleting. */
  readonly removePolicy: (bucket: string) => Promise<void>;
}

import { type DeployHost, removeStackAsFarAsPossible } from '../../assembly/remove-stack.ts';
import { type DeletionRecord, deletionRecords, stackRecords } from '../../assembly/stack-records.ts';

/** Stacks that are being deleted. */
interface StackDeletions {
  /** Begins to delete a stack that stands; one that is being deleted goes on. */
  readonly begin: (stackName: string, retained: readonly string[]) => void;
  /** Ends what a killed process has begun. */
  readonly start: () => void;
  /** Waits for nothing: a resource whose deletion waits for something may do so for days. */
  readonly stop: () => void;
}

/** Deletes stacks in the background, one resource after the other. */
export const createStackDeletions = (host: DeployHost): StackDeletions => {
  const stacks = stackRecords(host.store);
  const deletions = deletionRecords(host.store);
  const now = () => host.clock.now();
  let stopped = false;

  const change = (stackName: string, more: Partial<DeletionRecord>) => {
    const record = deletions.get(stackName);
    // Gone if the stack was deployed meanwhile.
    if (record && !stopped) deletions.put(stackName, { ...record, ...more });
  };

  /** Who uses an export of the stack. */
  const exportInUse = (stackName: string): string | undefined => {
    for (const name of Object.keys(stacks.get(stackName)?.exports ?? {})) {
      const users = stacks.values().filter(({ imports }) => imports?.includes(name));
      if (users.length > 0)
        return `Export ${name} cannot be deleted as it is in use by ${users.map((one) => one.stackName).join(' and ')}`;
    }
    return undefined;
  };

  const remove = async (stackName: string, retained: readonly string[]): Promise<void> => {
    const failed = await removeStackAsFarAsPossible(host, stackName, retained, (step) => {
      const events = deletions.get(stackName)?.events ?? [];
      change(stackName, { events: [...events, { ...step, at: now() }] });
    });
    change(stackName, {
      endedAt: now(),
      ...(failed.length === 0
        ? { status: 'DELETE_COMPLETE' }
        : {
            status: 'DELETE_FAILED',
            reason: `The following resource(s) failed to delete: [${failed.join(', ')}]. `,
          }),
    });
  };

  return {
    begin: (stackName, retained) => {
      const stack = stacks.get(stackName);
      const before = deletions.get(stackName);
      if (!stack || before?.status === 'DELETE_IN_PROGRESS') return;
      const reason = exportInUse(stackName);
      deletions.put(stackName, {
        stackName,
        stackId: stack.stackId,
        outputs: stack.outputs,
        startedAt: now(),
        ...(reason === undefined
          ? // What is gone already stays in the list of resources.
            { status: 'DELETE_IN_PROGRESS', events: before?.events ?? [] }
          : { status: 'CANCELLED', reason, events: [] }),
      });
      if (reason === undefined)
        void remove(stackName, retained).catch((error) => {
          host.log('cloudformation', `The deletion of ${stackName} ended`, { error: String(error) });
          change(stackName, { status: 'DELETE_FAILED', reason: String(error), endedAt: now() });
        });
    },
    start: () => {
      for (const { stackName, status } of deletions.values())
        if (status === 'DELETE_IN_PROGRESS')
          change(stackName, {
            status: 'DELETE_FAILED',
            reason: 'The emulator was stopped while the stack was deleted. Delete it again.',
            endedAt: now(),
          });
    },
    stop: () => {
      stopped = true;
    },
  };
};

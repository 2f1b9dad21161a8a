import { randomUUID } from 'node:crypto';
import { AwsError, type Host } from '../../host.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import type { Surroundings } from './other-services.ts';
import { type AutoScalingTables, changeGroup, changeSlot, type GroupRecord, type Slot } from './records.ts';
import type { Refreshes } from './refreshes.ts';

/** Pauses between two looks at a group, in ms: while something changes, and while nothing does. */
const BUSY_MS = 25;
const IDLE_MS = 1_000;
/** Pause before another attempt after a failed launch, in ms. */
const LAUNCH_PAUSE_MS = 1_000;
/** Grace periods are a hundred times as short as the group says, as the load balancer's health checks are. */
const GRACE_MS_PER_SECOND = 10;
/** How long applications may take to be up again after a start of the emulator, in ms. */
const RESTART_GRACE_MS = 20_000;
/** How long a lifecycle hook waits unless it says otherwise, in seconds (the API's default). */
const DEFAULT_HEARTBEAT_SECONDS = 3_600;

/** Brings groups to what is wanted of them. */
export interface Driver {
  /** Looks at the group now, and from then on. */
  readonly wake: (name: string) => void;
  /** Writes down what a group did. */
  readonly record: (name: string, description: string, cause: string, failure?: string) => void;
}

/**
 * One loop for each group compares what is with what is wanted and takes one step for each slot. All it knows is in the
 * store, so it goes on from there after a crash.
 */
export const createDriver = (
  host: Host,
  tables: AutoScalingTables,
  lifetime: Lifetime,
  surroundings: Surroundings,
  refreshes: Refreshes,
): Driver => {
  const wakers = new Map<string, () => void>();
  const startedAt = host.clock.now();
  /** Instances of an earlier start, whose applications are started again. */
  const restarted = new Set(
    tables.groups.values().flatMap(({ slots }) => slots.map((one) => one.instanceId)),
  );
  const launchPauses = new Map<string, number>();

  const record: Driver['record'] = (groupName, description, cause, failure) => {
    const id = randomUUID();
    tables.activities.put(id, {
      id,
      groupName,
      description,
      cause,
      status: failure === undefined ? 'Successful' : 'Failed',
      ...(failure === undefined ? {} : { message: failure }),
      at: host.clock.now(),
    });
  };

  const launch = async (group: GroupRecord, slot: Slot) => {
    try {
      const instanceId = await surroundings.launch(group, slot);
      changeSlot(tables, group.name, slot.token, (now) => ({ ...now, instanceId }));
      record(group.name, `Launching a new EC2 instance: ${instanceId}`, 'The desired capacity was not met.');
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      launchPauses.set(group.name, host.clock.now() + LAUNCH_PAUSE_MS);
      changeSlot(tables, group.name, slot.token, () => undefined);
      const reason = `${error.name}: ${error.message}`;
      record(group.name, 'Launching a new EC2 instance', 'The desired capacity was not met.', reason);
    }
  };

  /** Waits for the group's launch hooks one after the other, then puts the instance into service. */
  const welcome = async (group: GroupRecord, slot: Slot, instanceId: string) => {
    const hook = group.hooks.find(
      ({ LifecycleTransition, LifecycleHookName }) =>
        LifecycleTransition === 'autoscaling:EC2_INSTANCE_LAUNCHING' &&
        !slot.passedHooks?.includes(LifecycleHookName ?? ''),
    );
    if (hook?.LifecycleHookName) {
      const name = hook.LifecycleHookName;
      const until = host.clock.now() + (hook.HeartbeatTimeout ?? DEFAULT_HEARTBEAT_SECONDS) * 1_000;
      const token = randomUUID();
      changeSlot(tables, group.name, slot.token, (now) => ({
        ...now,
        state: 'Pending:Wait',
        waitsFor: { hook: name, token, until },
      }));
      host.emit({
        id: token,
        source: 'aws.autoscaling',
        detailType: 'EC2 Instance-launch Lifecycle Action',
        resources: [group.arn],
        detail: {
          LifecycleActionToken: token,
          AutoScalingGroupName: group.name,
          LifecycleHookName: name,
          EC2InstanceId: instanceId,
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        },
      });
      return;
    }
    await surroundings.register(group.targetGroupArns, [instanceId]);
    changeSlot(tables, group.name, slot.token, (now) => ({
      ...now,
      state: 'InService',
      inServiceAt: host.clock.now(),
    }));
  };

  /**
   * Gives up the instances that fail the load balancer's health checks when their grace period is over, where the group asks for
   * that. A check of type EC2 looks at the instance and not at its application.
   */
  const retireUnhealthy = async (group: GroupRecord) => {
    if (!group.healthCheckType.split(',').includes('ELB') || group.targetGroupArns.length === 0) return;
    const now = host.clock.now();
    const grace = group.healthCheckGracePeriod * GRACE_MS_PER_SECOND;
    const judged = group.slots.filter(
      ({ state, instanceId, inServiceAt = 0 }) =>
        state === 'InService' &&
        now >= inServiceAt + grace &&
        (!restarted.has(instanceId) || now >= startedAt + RESTART_GRACE_MS),
    );
    if (judged.length === 0) return;
    const unhealthy = await surroundings.unhealthy(group.targetGroupArns);
    for (const { token, instanceId } of judged) {
      if (instanceId === undefined || !unhealthy.has(instanceId)) continue;
      changeSlot(tables, group.name, token, (slot) => ({ ...slot, state: 'Terminating' }));
      record(
        group.name,
        `Replacing EC2 instance: ${instanceId}`,
        'It was taken out of service in response to an ELB system health check failure.',
      );
    }
  };

  const endOverdueWait = (group: GroupRecord, slot: Slot) => {
    const wait = slot.waitsFor;
    if (!wait || wait.until > host.clock.now()) return;
    const hook = group.hooks.find(({ LifecycleHookName }) => LifecycleHookName === wait.hook);
    completeHook(tables, group.name, slot, hook?.DefaultResult ?? 'ABANDON');
  };

  const retire = async (group: GroupRecord, slot: Slot, state: string | undefined) => {
    const { instanceId } = slot;
    if (instanceId === undefined || state === undefined || state === 'terminated') {
      changeSlot(tables, group.name, slot.token, () => undefined);
      if (instanceId)
        record(group.name, `Terminating EC2 instance: ${instanceId}`, 'It was taken out of service.');
      return;
    }
    if (state === 'shutting-down') return;
    await surroundings.deregister(group.targetGroupArns, [instanceId]);
    if (await surroundings.isDrained(group.targetGroupArns, instanceId))
      await surroundings.terminate(instanceId);
  };

  const step = async (group: GroupRecord, slot: Slot, states: ReadonlyMap<string, string>) => {
    const state = slot.instanceId === undefined ? undefined : states.get(slot.instanceId);
    if (slot.state === 'Terminating') return retire(group, slot, state);
    if (slot.instanceId === undefined) return launch(group, slot);
    if (state !== 'pending' && state !== 'running') {
      await surroundings.deregister(group.targetGroupArns, [slot.instanceId]);
      changeSlot(tables, group.name, slot.token, () => undefined);
      record(group.name, `Replacing EC2 instance: ${slot.instanceId}`, 'EC2 says that it does not run.');
    } else if (slot.state === 'Pending:Wait') endOverdueWait(group, slot);
    else if (slot.state === 'Pending' && state === 'running') await welcome(group, slot, slot.instanceId);
  };

  /** Adds slots, or marks those to give up: first what is not in service yet, then the oldest. */
  const balance = (name: string) =>
    changeGroup(tables, name, (group) => {
      const wanted = group.deleting ? 0 : group.desired;
      const active = group.slots.filter(({ state }) => state !== 'Terminating');
      const missing = wanted - active.length;
      if (missing > 0 && (launchPauses.get(name) ?? 0) <= host.clock.now()) {
        const added = Array.from({ length: missing }, (): Slot => {
          return { token: randomUUID(), state: 'Pending', launchTemplate: group.launchTemplate };
        });
        return { ...group, slots: [...group.slots, ...added] };
      }
      if (missing >= 0) return group;
      const inOrder = [
        ...active.filter(({ state }) => state !== 'InService'),
        ...active.filter(({ state }) => state === 'InService'),
      ];
      const given = new Set(inOrder.slice(0, -missing).map(({ token }) => token));
      return {
        ...group,
        slots: group.slots.map((slot) => (given.has(slot.token) ? { ...slot, state: 'Terminating' } : slot)),
      };
    });

  const isStable = (group: GroupRecord) =>
    group.slots.length === group.desired && group.slots.every(({ state }) => state === 'InService');

  /** @returns whether something is changing */
  const tick = async (name: string): Promise<boolean> => {
    const before = tables.groups.get(name);
    if (!before) return false;
    const states = await surroundings.states(before.slots.flatMap(({ instanceId }) => instanceId ?? []));
    for (const slot of before.slots) await step(before, slot, states);
    if (!before.deleting) await retireUnhealthy(before);
    balance(name);
    const group = tables.groups.get(name);
    if (!group) return false;
    if (group.deleting) {
      if (group.slots.length === 0) tables.groups.delete(name);
      return true;
    }
    const stable = isStable(group);
    return refreshes.advance(group, stable) || !stable;
  };

  const loop = async (name: string) => {
    while (tables.groups.has(name)) {
      const woken = new Promise<void>((resolve) => wakers.set(name, resolve));
      let isBusy = false;
      try {
        isBusy = await tick(name);
      } catch (error) {
        if (lifetime.ended()) throw error;
        host.log('autoscaling', `Group ${name} cannot be brought on`, { error: String(error) });
      }
      await Promise.race([lifetime.sleep(isBusy ? BUSY_MS : IDLE_MS), ...(isBusy ? [] : [woken])]);
    }
  };

  return {
    record,
    wake: (name) => {
      const waker = wakers.get(name);
      if (waker) return waker();
      wakers.set(name, () => undefined);
      lifetime.run(() => loop(name).finally(() => wakers.delete(name)));
    },
  };
};

/** Ends the waiting for a lifecycle hook: the instance goes on, or is given up. */
export const completeHook = (
  tables: AutoScalingTables,
  groupName: string,
  { token, waitsFor }: Slot,
  result: string,
): void =>
  changeSlot(tables, groupName, token, ({ waitsFor: _, ...slot }) => ({
    ...slot,
    state: result === 'CONTINUE' ? 'Pending' : 'Terminating',
    passedHooks: [...(slot.passedHooks ?? []), waitsFor?.hook ?? ''],
  }));

import type { Host, Service } from '../../host.ts';
import { createLifetime } from '../../instances/lifetime.ts';
import { createDriver } from './group-driver.ts';
import { groupOperations } from './group-operations.ts';
import { createFrontDoors } from './group-proxies.ts';
import { hookAndPolicyOperations } from './hooks-and-policies.ts';
import { createSurroundings } from './other-services.ts';
import { autoScalingGroupProvider } from './provider.ts';
import { autoScalingTables } from './records.ts';
import { createRefreshes } from './refreshes.ts';

/** EC2 Auto Scaling, and what tells where its groups are reached. */
export interface AutoScalingService extends Service {
  /** Port on 127.0.0.1 that forwards to a group without a load balancer. */
  readonly frontDoorPort: (groupName: string) => number | undefined;
}

/**
 * EC2 Auto Scaling: groups from launch templates, instance refreshes, lifecycle hooks. Instances are replaced when EC2
 * says that they do not run and, in groups with health checks of type ELB, when they fail the load balancer's.
 */
export const createAutoScalingService = (host: Host): AutoScalingService => {
  const tables = autoScalingTables(host);
  const lifetime = createLifetime(host.clock, (error) =>
    host.log('autoscaling', 'Work failed', { error: String(error) }),
  );
  const surroundings = createSurroundings(host);
  const refreshes = createRefreshes(host, tables);
  const driver = createDriver(host, tables, lifetime, surroundings, refreshes);
  const doors = createFrontDoors(host, tables);

  return {
    name: 'autoscaling',
    operations: {
      ...groupOperations(host, tables, driver, surroundings),
      ...hookAndPolicyOperations(host, tables, driver.wake),
      ...refreshes.operations(driver.wake),
    },
    resources: {
      'AWS::AutoScaling::AutoScalingGroup': autoScalingGroupProvider(host, tables, lifetime, doors),
    },
    frontDoorPort: doors.port,
    start: async () => {
      await doors.openAll();
      for (const name of tables.groups.keys()) driver.wake(name);
    },
    stop: async () => {
      await lifetime.end();
      await doors.shutAll();
    },
  };
};

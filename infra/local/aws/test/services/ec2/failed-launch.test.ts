import type { DescribeInstancesResult, Reservation } from '@aws-sdk/client-ec2';
import { ContainerEngineError, type Engine } from '../../../instances/container/engine.ts';
import { baseImage, createFleetHost, eventually } from '../../instances/fleet-host.ts';

/** An engine that starts nothing. */
const brokenEngine: Engine = {
  name: 'podman',
  runOptions: [],
  initOptions: [],
  ask: async () => ({ code: 125, stdout: Buffer.alloc(0), stderr: 'no such container' }),
  call: async ([command]) => {
    if (command === 'ps') return '';
    throw new ContainerEngineError(`"podman ${command}" failed: no space left on device`);
  },
};

it('an instance whose container cannot be started is terminated, with what the engine said as its reason', async () => {
  const fleet = createFleetHost({
    containers: { engine: brokenEngine, baseImage: 'localhost/base', applicationPort: () => 80 },
  });
  try {
    await fleet.start();
    const { Instances = [] } = await fleet.call<Reservation>('ec2', 'RunInstances', {
      ImageId: baseImage,
      MinCount: 1,
      MaxCount: 1,
    });
    const InstanceIds = Instances.map(({ InstanceId }) => InstanceId);
    const ended = await eventually(async () => {
      const { Reservations } = await fleet.call<DescribeInstancesResult>('ec2', 'DescribeInstances', {
        InstanceIds,
      });
      const instance = Reservations?.[0]?.Instances?.[0];
      return instance?.State?.Name === 'terminated' ? instance : undefined;
    });
    expect(ended.StateReason?.Message).toBe(
      'Server.InternalError: "podman run" failed: no space left on device',
    );
    expect(fleet.log.join('\n')).toContain(`${InstanceIds[0]} could not be started`);
  } finally {
    await fleet.dispose();
  }
});

import { earlierReleases } from '../../../tasks/drift/earlier-releases.ts';
import { readProdInstances, readQatInstances } from '../../../tasks/drift/read-instances.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aRelease } from '../doubles/samples.ts';

const group = (name: string, ...instances: (readonly [id: string, lifecycle: string])[]) =>
  ({
    AutoScalingGroupName: name,
    Instances: instances.map(([InstanceId, LifecycleState]) => ({ InstanceId, LifecycleState })),
  }) as never;
const imagesOf = async (ids: readonly string[]) =>
  Object.fromEntries(ids.filter((id) => id !== 'i-new').map((id) => [id, `ami of ${id}`]));

describe('instances', () => {
  it('of QAT are those of its one group; EC2 is asked about those in service alone', async () => {
    const read = readQatInstances(
      { named: async (name) => group(name, ['i-1', 'InService'], ['i-2', 'Pending']) },
      { imagesOf },
      'qat',
    );
    expect(await read()).toEqual({
      instances: [
        { instanceId: 'i-1', lifecycle: 'InService', group: 'qat', imageId: 'ami of i-1' },
        { instanceId: 'i-2', lifecycle: 'Pending', group: 'qat' },
      ],
    });
  });

  it('of QAT cannot be read without the group', async () => {
    const read = readQatInstances({ named: async () => undefined }, { imagesOf }, 'qat');
    await expect(read()).rejects.toThrow('The Auto Scaling group qat does not exist.');
  });

  const prod = (find: object | undefined = { autoScalingGroups: [{ name: 'blue' }] }) =>
    readProdInstances(
      {
        owned: async (key) =>
          key === 'shop/prod'
            ? [
                group('blue', ['i-1', 'InService'], ['i-2', 'InService']),
                group('green', ['i-3', 'InService']),
              ]
            : [],
      },
      { find: async () => find },
      { healthy: async (arn) => (arn === 'arn' ? ['i-1', 'i-own', 'i-new'] : []), imagesOf },
      { applicationName: 'shop', deploymentGroupName: 'prod' },
      async () => 'arn',
    )();

  it('of Prod are those of every group of the fleet, and all others that take requests', async () => {
    expect(await prod()).toEqual({
      group: 'blue',
      instances: [
        {
          instanceId: 'i-1',
          lifecycle: 'InService',
          group: 'blue',
          takesRequests: true,
          imageId: 'ami of i-1',
        },
        { instanceId: 'i-2', lifecycle: 'InService', group: 'blue', takesRequests: false },
        { instanceId: 'i-3', lifecycle: 'InService', group: 'green', takesRequests: false },
        { instanceId: 'i-own', takesRequests: true, imageId: 'ami of i-own' },
        // EC2 does not know it yet.
        { instanceId: 'i-new', takesRequests: true },
      ],
    });
  });

  it('of Prod cannot be read without the deployment group', async () => {
    await expect(prod({})).rejects.toThrow('The deployment group of shop/prod does not exist');
  });
});

it('finds the releases of one application to one environment, newest first', async () => {
  const ledger = createMemoryLedger();
  const add = (promotionId: string, change: object) =>
    ledger.addPromotion(
      aRelease({ promotionId, startedAt: `2026-11-2${promotionId}T10:00:00.000Z`, ...change }),
    );
  await add('0', { deployments: { prod: 'd-0' } });
  await add('1', { deployments: { qat: 'd-1' } });
  await add('2', { deployments: { prod: 'd-2' }, application: 'till' });
  await add('3', { deployments: { prod: 'd-3' } });
  expect((await earlierReleases(ledger, 'shop', 'prod')).map(({ deploymentId }) => deploymentId)).toEqual([
    'd-3',
    'd-0',
  ]);
});

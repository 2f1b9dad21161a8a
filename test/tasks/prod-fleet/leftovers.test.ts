import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import {
  beforeRun,
  groupsAndDeployments,
  leftovers,
  removeGroup,
} from '../../../tasks/prod-fleet/leftovers.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion } from '../doubles/samples.ts';
import { createFleetWorld } from './fleet-world.ts';

const group = (name: string, Status?: string): AutoScalingGroup =>
  ({
    AutoScalingGroupName: name,
    Tags: [{ Key: 'lockstep:fleet', Value: 'shop/prod' }],
    ...(Status === undefined ? {} : { Status }),
  }) as AutoScalingGroup;
const serving = { autoScalingGroups: [{ name: 'live' }] };

describe('what failed deployments left behind (T10)', () => {
  it.each<[string, AutoScalingGroup[], typeof serving | undefined, string[], string[]]>([
    [
      'is what the deployment group does not reference',
      [group('live'), group('green')],
      serving,
      [],
      ['green'],
    ],
    ['is nothing when all is in use', [group('live')], serving, [], []],
    ['is left while a deployment runs', [group('live'), group('green')], serving, ['d-1'], []],
    ['is left when the group that should serve is missing', [group('green')], serving, [], []],
    [
      'is left when the group that should serve is being deleted',
      [group('live', 'Delete in progress'), group('green')],
      serving,
      [],
      [],
    ],
    ['is left without a deployment group', [group('live'), group('green')], undefined, [], []],
    ['is not deleted twice', [group('live'), group('green', 'Delete in progress')], serving, [], []],
  ])('%s', (_, owned, deploymentGroup, running, expected) => {
    expect(leftovers(owned, deploymentGroup, running)).toEqual(expected);
  });
});

describe('before a pipeline’s run', () => {
  const run = async (pipelineName: string, change: Partial<Promotion> = { images: { prod: 'ami-new' } }) => {
    const world = createFleetWorld();
    for (const name of ['live', 'green']) world.groups.set(name, group(name));
    world.groups.set('of-another-fleet', { AutoScalingGroupName: 'of-another-fleet' } as AutoScalingGroup);
    world.deploymentGroups.set('shop/prod', serving);
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion(change));
    await beforeRun({
      ...world.dependencies,
      ledger,
      prod: {
        pipelineName: 'shop-prod',
        applicationName: 'shop',
        deploymentGroupName: 'prod',
        imageParameterName: '/shop/prod/image',
        alarmNames: [],
      },
      alarms: { standings: async () => [] },
      pointAtImage: async (request) => world.log.push(`point ${request.parameterName} at ${request.imageId}`),
    })(aJob({ kind: 'pipeline-run', parameters: { pipelineName } }));
    return world.log;
  };

  it('Prod’s leftovers go, and Prod points at the promotion’s image again', async () => {
    expect(await run('shop-prod')).toEqual(['remove green', 'point /shop/prod/image at ami-new']);
  });

  it('Prod is pointed at nothing for a promotion that has no image for it', async () => {
    expect(await run('shop-prod', { images: {} })).toEqual(['remove green']);
  });

  it('another pipeline touches nothing of Prod', async () => {
    expect(await run('shop-qat')).toEqual([]);
  });
});

describe('deleting a group', () => {
  const denied = Object.assign(new Error('AutoScalingGroup name not found'), { name: 'ValidationError' });
  const remove = (found: AutoScalingGroup | undefined) =>
    removeGroup(
      {
        named: async () => found,
        remove: async () => {
          throw denied;
        },
      },
      'green',
    );

  it.each([undefined, group('green', 'Delete in progress')])(
    'is done when somebody else has just done it',
    async (found) => {
      await expect(remove(found)).resolves.toBeUndefined();
    },
  );

  it('fails when the group stays', async () => {
    await expect(remove(group('green'))).rejects.toBe(denied);
  });
});

it('groups are read before deployments: a group that a deployment makes in between is not taken for a leftover', async () => {
  const groups = [group('live')];
  const running: string[] = [];
  const startDeployment = () => {
    groups.push(group('green-of-d-1'));
    running.push('d-1');
  };
  let reads = 0;
  /** Between the two reads a deployment starts; after both it has ended again, which a third read would show. */
  const read = <Value>(value: () => Value) => {
    const seen = structuredClone(value());
    reads += 1;
    if (reads === 1) startDeployment();
    return Promise.resolve(seen);
  };
  const { owned, running: seen } = await groupsAndDeployments(
    { owned: () => read(() => groups) },
    { running: () => read(() => running) },
    { applicationName: 'shop', deploymentGroupName: 'prod' },
  );
  expect(leftovers(owned, serving, seen)).toEqual([]);
  expect({ owned: owned.map((one) => one.AutoScalingGroupName), seen }).toEqual({
    owned: ['live'],
    seen: ['d-1'],
  });
});

import type { DeploymentInfo, InstanceTarget } from '@aws-sdk/client-codedeploy';
import type { EnvironmentStatus, ExpectedRelease } from '../../../tasks/drift/environment-status.ts';
import { type DeliverySight, readDeliveries } from '../../../tasks/drift/read-deliveries.ts';

const release: ExpectedRelease = {
  promotionId: 'p',
  commitId: 'a'.repeat(40),
  imageId: 'ami-a',
  deploymentId: 'd-a',
};
const minute = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 10, minutes));
const NOW = minute(60);
const revision = (key: string) => ({ revisionType: 'S3', s3Location: { bucket: 'b', key } }) as const;

let world: Map<string, { readonly info: DeploymentInfo; readonly targets: readonly InstanceTarget[] }>;
let asked: string[];
const add = (
  id: string,
  at: Date,
  key: string,
  instances: readonly (string | InstanceTarget)[],
  change: DeploymentInfo = {},
) =>
  world.set(id, {
    info: {
      deploymentId: id,
      createTime: at,
      status: 'Succeeded',
      creator: 'user',
      revision: revision(key),
      ...change,
    },
    targets: instances.map((one) => (typeof one === 'string' ? { targetId: one, status: 'Succeeded' } : one)),
  });
beforeEach(() => {
  world = new Map();
  asked = [];
  add('d-a', minute(0), 'a', ['i-1', 'i-2']);
});

const idsOf = (is: (info: DeploymentInfo) => boolean) =>
  [...world].flatMap(([id, { info }]) => (is(info) ? [id] : []));
const isRunning = ({ status }: DeploymentInfo) => status === 'InProgress' || status === 'Created';
const read = (before?: EnvironmentStatus): Promise<DeliverySight> =>
  readDeliveries(
    {
      deployments: {
        deployment: async (id) => world.get(id)?.info,
        targets: async (id) => {
          asked.push(id);
          return [...(world.get(id)?.targets ?? [])];
        },
      },
      deploymentGroups: {
        running: async () => idsOf(isRunning),
        createdSince: async (_application, _group, since) =>
          idsOf(({ createTime = since, status }) => createTime >= since && status !== 'Created'),
      },
    },
    { applicationName: 'shop', deploymentGroupName: 'prod' },
    async () => [{ commitId: 'e'.repeat(40), deploymentId: 'd-earlier' }],
  )(release, before, NOW);
const found = async (before?: EnvironmentStatus) => Object.fromEntries((await read(before)).deliveries);

const statusOf = ({ deliveries, readFrom }: DeliverySight, change: object = {}): EnvironmentStatus => ({
  application: 'shop',
  environment: 'prod',
  at: NOW.toISOString(),
  region: 'us-east-1',
  release,
  unread: [],
  instances: [...deliveries].map(([instanceId, delivery]) => ({
    instanceId,
    state: 'serves',
    delivery,
    drift: [],
  })),
  unlisted: 0,
  alarms: [],
  told: [],
  readFrom,
  ...change,
});

describe('what CodeDeploy installed', () => {
  it('is of each instance the last that succeeded on it, of the same or another revision', async () => {
    add('d-auto', minute(5), 'a', ['i-3'], { creator: 'autoscaling' });
    add('d-hand', minute(10), 'x', ['i-2', { targetId: 'i-1', status: 'Failed' }]);
    expect(await found()).toMatchObject({
      'i-1': { deploymentId: 'd-a', isExpected: true, commitId: release.commitId },
      'i-2': { deploymentId: 'd-hand', isExpected: false },
      'i-3': { deploymentId: 'd-auto', isExpected: true },
    });
    expect((await found())['i-2']).not.toHaveProperty('commitId');
  });

  it('names the earlier release whose revision somebody deployed again', async () => {
    add('d-earlier', minute(-60), 'e', ['i-0']);
    add('d-hand', minute(10), 'e', ['i-1']);
    expect(await found()).toMatchObject({ 'i-1': { commitId: 'e'.repeat(40), isExpected: false } });
    expect(await found()).not.toHaveProperty('i-0');
  });

  it('is not what happened to blue instances, from which traffic was taken', async () => {
    add('d-failed', minute(10), 'x', [{ targetId: 'i-1', status: 'Succeeded', instanceLabel: 'Blue' }], {
      status: 'Failed',
    });
    expect(await found()).toMatchObject({ 'i-1': { deploymentId: 'd-a' } });
  });

  it('is changing while a deployment runs, unless Auto Scaling made it for a new instance', async () => {
    add('d-auto', minute(5), 'a', [], { creator: 'autoscaling', status: 'InProgress' });
    expect((await read()).inProgress).toEqual([]);
    add('d-hand', minute(6), 'x', [], { status: 'Created' });
    expect((await read()).inProgress).toEqual(['d-hand']);
  });

  it('is read once: the next look begins where the last one ended', async () => {
    add('d-auto', minute(5), 'a', ['i-3'], { creator: 'autoscaling' });
    const first = await read();
    expect(first.readFrom).toBe(minute(45).toISOString());
    add('d-late', minute(50), 'x', ['i-1']);
    asked = [];
    const next = await read(statusOf(first));
    expect(asked).toEqual(['d-late']);
    expect(Object.fromEntries(next.deliveries)).toEqual(await found());
  });

  it('is read again from what had not ended, however long ago that began', async () => {
    add('d-slow', minute(5), 'x', [], { status: 'InProgress' });
    const first = await read();
    expect(first.readFrom).toBe(minute(5).toISOString());
    add('d-slow', minute(5), 'x', ['i-1']);
    expect(await found(statusOf(first))).toMatchObject({ 'i-1': { deploymentId: 'd-slow' } });
  });

  it.each([
    ['of another release', { release: { ...release, deploymentId: 'd-0' } }],
    ['that left instances out', { readFrom: undefined }],
  ])('is read from the release on after a look %s', async (_, change) => {
    await read(statusOf(await read(), change));
    expect(asked).toEqual(['d-a', 'd-a']);
  });

  it('fails, and says so, if CodeDeploy does not have the release’s deployment any more', async () => {
    world.delete('d-a');
    await expect(read()).rejects.toThrow('CodeDeploy does not have the deployment d-a any more');
  });
});

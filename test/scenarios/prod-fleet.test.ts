import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PoliciesType } from '@aws-sdk/client-auto-scaling';
import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import { type Assembly, deployAssembly, loadAssembly } from '@lockstep/aws-emulator';
import { removeStack } from '../../infra/local/aws/assembly/remove-stack.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { testAssembly } from '../support/assembly.ts';
import { startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { synthesizeWith } from './support/assemblies.ts';
import { cutOff, prodImage, prodInOrder, seeFleet } from './support/prod-fleet.ts';
import { approveBoth, eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const STACK = 'Lockstep-orders';

/** The fleet grows, its instances change and so does the port: the target group is replaced. */
const changed = { fleet: { min: 3, max: 5 }, instanceType: 't3.medium', port: 9090 };

describe('the Prod fleet over its life', () => {
  let scenario: Scenario;
  let scratch: string;
  let first: Assembly;
  let second: Assembly;
  beforeAll(async () => {
    scratch = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-fleet-'));
    first = loadAssembly(await testAssembly());
    second = await synthesizeWith(path.join(scratch, 'changed'), (configuration) => ({
      ...configuration,
      applications: configuration.applications.map((application) => ({ ...application, ...changed })),
    }));
    scenario = await startScenario();
  });
  afterAll(async () => {
    await scenario?.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  const fleet = () => seeFleet(scenario.run);
  const policiesOf = async (group: string | undefined) =>
    (
      await scenario.run.host.call<PoliciesType>(
        { kind: 'administrator' },
        'autoscaling',
        'DescribePolicies',
        {},
      )
    ).ScalingPolicies?.filter(({ AutoScalingGroupName }) => AutoScalingGroupName === group);
  const promote = async () => {
    const promotion = await scenario.startPromotion();
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
    return promotion;
  };
  /** Commits that Prod serves in some requests. */
  const served = async () => {
    const answers = await Promise.all(
      Array.from({ length: 9 }, async () => (await fetch(`${scenario.application.prodUrl}/version`)).text()),
    );
    return new Set(
      answers.map((text) => (text.startsWith('{') ? (JSON.parse(text) as { commit: string }).commit : text)),
    );
  };
  const actionOnFleet = async (assembly: Assembly) =>
    (await deployAssembly(scenario.run.host, assembly)).changes
      .filter(({ type }) => type === 'Custom::LockstepProdFleet')
      .map(({ action }) => action);
  const inService = async (count: number) =>
    eventually(`${count} instances in service`, async () => {
      const { groups, live } = await fleet();
      const group = groups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === live);
      const ready = group?.Instances?.filter(({ LifecycleState }) => LifecycleState === 'InService') ?? [];
      return ready.length === count ? true : undefined;
    });

  it('T01: starts with one seed group that is healthy, which the deployment group names', async () => {
    const { groups, live, instances } = await fleet();
    expect(groups).toMatchObject([{ AutoScalingGroupName: live, MinSize: 2, MaxSize: 4 }]);
    expect(live).toMatch(/-seed$/);
    expect(instances).toHaveLength(2);
  });

  it('T04: an update after two promotions changes the group that serves, by its own name', async () => {
    await promote();
    const { commitId } = await promote();
    const before = await fleet();
    expect(before.live).toMatch(/^CodeDeploy_prod_/);

    expect(await actionOnFleet(second)).toEqual(['updated']);
    await inService(3);
    const after = await fleet();
    expect(after.live).toBe(before.live);
    expect(after.groups).toMatchObject([
      { AutoScalingGroupName: before.live, MinSize: 3, MaxSize: 5, TargetGroupARNs: [expect.any(String)] },
    ]);
    expect(after.groups[0]?.TargetGroupARNs).not.toEqual(before.groups[0]?.TargetGroupARNs);
    const kept = before.instances.map(({ InstanceId }) => InstanceId);
    expect(after.instances.map(({ InstanceId }) => InstanceId)).toEqual(expect.arrayContaining(kept));
    // The instance that was added got the revision of the others.
    expect(await served()).toEqual(new Set([commitId]));
  });

  it('T05: the promotion after it replaces that group, with the new sizes, launch template and a scaling policy', async () => {
    const before = await fleet();
    const { commitId } = await promote();
    const after = await fleet();
    expect(after.live).not.toBe(before.live);
    expect(after.groups).toMatchObject([{ AutoScalingGroupName: after.live, MinSize: 3, MaxSize: 5 }]);
    expect(await policiesOf(before.live)).toEqual([]);
    expect(await policiesOf(after.live)).toMatchObject([
      { PolicyType: 'TargetTrackingScaling', TargetTrackingConfiguration: { TargetValue: 60 } },
    ]);
    expect(after.instances.map(({ InstanceType }) => InstanceType)).toEqual(Array(3).fill('t3.medium'));
    expect(await served()).toEqual(new Set([commitId]));
  });

  it('T10: a failed blue/green leaves nothing: updates and new instances are those of the fleet that serves', async () => {
    const before = await fleet();
    await scenario.failNext(stateNames.deployToProd);
    const promotion = await scenario.startPromotion();
    expect(await approveBoth(promotion)).toMatchObject({ status: 'FAILED' });
    const { live, nextImage } = await prodInOrder(scenario, promotion.id);
    expect(live).toBe(before.live);

    expect(await actionOnFleet(first)).toEqual(['updated']);
    const updated = await fleet();
    expect(updated.groups).toMatchObject([{ AutoScalingGroupName: before.live, MinSize: 2, MaxSize: 4 }]);
    expect(await prodImage(scenario)).toBe(nextImage);
    // An instance that is added now starts from the image that serves (T11).
    await scenario.run.host.call({ kind: 'administrator' }, 'autoscaling', 'SetDesiredCapacity', {
      AutoScalingGroupName: live,
      DesiredCapacity: 4,
    });
    await inService(4);
    const images = (await fleet()).instances.map(({ ImageId }) => ImageId);
    expect(images).toEqual(Array(4).fill(nextImage));

    await promotion.redrive();
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    const after = await fleet();
    expect(after.groups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual([after.live]);
    expect(after.instances.map(({ ImageId }) => ImageId)).not.toContain(nextImage);
    expect(await served()).toEqual(new Set([promotion.commitId]));
  });

  // The calls of the fleet's functions that are lost, one in each try: onEvent's is 0, isComplete's follow.
  const losses = [
    [0, 'before'],
    [0, 'after'],
    [1, 'before'],
    [1, 'after'],
  ] as const;

  it('an update that is cut off at any point is finished by the next, and changes the same group', async () => {
    const { live } = await fleet();
    for (const [index, [call, moment]] of losses.entries()) {
      const wanted = index % 2 === 0 ? second : first;
      await expect(deployAssembly(cutOff(scenario.run.host, call, moment), wanted)).rejects.toThrow(
        /the function ran/,
      );
      await deployAssembly(scenario.run.host, wanted);
      const { groups, live: now } = await fleet();
      expect(now).toBe(live);
      expect(groups).toMatchObject([{ AutoScalingGroupName: live, MinSize: index % 2 === 0 ? 3 : 2 }]);
    }
  });

  it('a deletion that is cut off at any point is finished by the next, and leaves nothing', async () => {
    const { host } = scenario.run;
    for (const [call, moment] of losses)
      await expect(removeStack(cutOff(host, call, moment), STACK)).rejects.toThrow(/the function ran/);
    await removeStack(host, STACK);
    expect(await fleet()).toEqual({ groups: [], live: undefined, instances: [] });
    const administrator = { kind: 'administrator' } as const;
    expect(await host.call(administrator, 'autoscaling', 'DescribeAutoScalingGroups', {})).toMatchObject({
      AutoScalingGroups: [],
    });
    const { Reservations = [] } = await host.call<DescribeInstancesResult>(
      administrator,
      'ec2',
      'DescribeInstances',
      {},
    );
    const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
    expect(states.filter((state) => state !== 'terminated')).toEqual([]);
  });

  it('a creation that is cut off at any point is finished by the next, and makes one fleet', async () => {
    const { host } = scenario.run;
    for (const [call, moment] of losses)
      await expect(deployAssembly(cutOff(host, call, moment), first)).rejects.toThrow(/the function ran/);
    await deployAssembly(host, first);
    const { groups, live, instances } = await fleet();
    const [resource] = scenario.run.stacks.resourcesOfType('Custom::LockstepProdFleet');
    expect(resource?.state.physicalId).toBe(`${resource?.properties.applicationName}/prod`);
    expect(live).toBe(`${resource?.properties.applicationName}-prod-seed`);
    expect(groups).toMatchObject([{ AutoScalingGroupName: live, MinSize: 2 }]);
    expect(instances).toHaveLength(2);
  });
});

describe('a run that is killed while the Prod fleet is made', () => {
  it('goes on between onEvent and isComplete, and makes one fleet', async () => {
    const stateDir = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-fleet-kill-')));
    const { endpoint } = await freePorts();
    const command = startCommand(['--state-dir', stateDir, '--port', String(endpoint)]);
    const journal = path.join(stateDir, 'journal.ndjson');
    const fleetWasAnswered = () =>
      fs.existsSync(journal) &&
      fs
        .readFileSync(journal, 'utf8')
        .split('\n')
        .some((line) => line.includes('assembly.onEventAnswers') && line.includes('/prod"'));
    await eventually('onEvent to answer', () => fleetWasAnswered() || undefined, command.output);
    command.child.kill('SIGKILL');
    expect(await command.ended).toBe('SIGKILL');

    const scenario = await startScenario({ stateDir });
    try {
      const { groups, live, instances } = await seeFleet(scenario.run);
      expect(groups).toMatchObject([{ AutoScalingGroupName: live, MinSize: 2 }]);
      expect(instances).toHaveLength(2);
    } finally {
      await scenario.stop();
    }
  });
});

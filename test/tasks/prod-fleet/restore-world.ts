import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Promotion } from '../../../tasks/ledger/items.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import { type RestoreProdDependencies, restoreProd } from '../../../tasks/prod-fleet/restore-prod.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { createFleetWorld, Killed } from './fleet-world.ts';

export const PARAMETER = '/shop/prod/image';

/** Prod as it stands after a failed deployment; instances are `<group>-<n>`. */
export interface Scene {
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly redriveCount: number;
  readonly promotion: Partial<Promotion>;
  /** The pipeline's run; none if the deployment was never started. `unknown`: the start was cut short before recording it. */
  readonly run: 'InProgress' | 'Stopping' | 'Succeeded' | 'Failed' | 'unknown' | undefined;
  /** When the execution ended. */
  readonly stopDate: Date;
  /** Whether CodeDeploy still deploys. */
  readonly running: readonly string[];
  readonly parameter: string | undefined;
  /** The group that the deployment group names. */
  readonly live: string | undefined;
  /** Images of each group's instances. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Instances that take requests. */
  readonly healthy: readonly string[];
}

/** A failed deployment of `ami-new` to a fleet of two instances of `ami-old`. */
export const afterFailure: Scene = {
  status: 'FAILED',
  redriveCount: 0,
  promotion: { status: 'FAILED', images: { qat: 'ami-qat', prod: 'ami-new' } },
  run: 'Failed',
  stopDate: new Date('2026-11-22T11:59:00.000Z'),
  running: [],
  parameter: 'ami-new',
  live: 'blue',
  groups: { blue: ['ami-old', 'ami-old'], green: ['ami-new', 'ami-new'] },
  healthy: ['blue-0', 'blue-1'],
};

/** Prod, the promotion and its execution, as restoring sees them; each call may be the one that is killed. */
export const createRestoreWorld = async (change: Partial<Scene> = {}) => {
  const scene = { ...afterFailure, ...change };
  const fleet = createFleetWorld();
  const images: Record<string, string> = {};
  for (const [name, instances] of Object.entries(scene.groups)) {
    for (const [n, image] of instances.entries()) images[`${name}-${n}`] = image;
    fleet.groups.set(name, {
      AutoScalingGroupName: name,
      DesiredCapacity: instances.length,
      Tags: [{ Key: 'lockstep:fleet', Value: 'shop/prod' }],
      Instances: instances.map((_, n) => ({ InstanceId: `${name}-${n}` })),
    } as AutoScalingGroup);
  }
  if (scene.live !== undefined)
    fleet.deploymentGroups.set('shop/prod', { autoScalingGroups: [{ name: scene.live }] });
  for (const id of scene.running) fleet.running.add(id);

  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion(scene.promotion));
  if (scene.run !== undefined)
    await ledger.addJob(
      aJob({
        state: 'Deploy to Prod',
        kind: 'pipeline-run',
        parameters: { pipelineName: 'shop-prod', environment: 'prod' },
        ...(scene.run === 'unknown'
          ? { status: 'STARTING' }
          : { status: scene.run === 'Failed' ? 'FAILED' : 'RUNNING', externalId: 'shop-prod/e-1' }),
      }),
    );

  const world = {
    execution: { status: scene.status, redriveCount: scene.redriveCount, stopDate: scene.stopDate },
    parameter: scene.parameter,
    written: [] as string[],
    mails: [] as Notice[],
    fleet,
    ledger,
    promotion: () => ledger.promotion(PROMOTION_ID),
    /** Groups of the fleet that are not being deleted. */
    kept: () => [...fleet.groups].filter(([, { Status }]) => Status === undefined).map(([name]) => name),
    /** Something that happens before the nth call of a restoring. */
    before: new Map<number, () => void>(),
    /** How many calls the last restoring made. */
    calls: 0,
    restore: async (killAt = Number.POSITIVE_INFINITY): Promise<void> => {
      let moment = 0;
      world.calls = 0;
      const mortal = <Call extends (...parameters: never[]) => Promise<unknown>>(call: Call): Call =>
        (async (...parameters: never[]) => {
          world.calls += 1;
          world.before.get(world.calls)?.();
          moment += 1;
          if (moment >= killAt) throw new Killed('before the call');
          const result = await call(...parameters);
          moment += 1;
          if (moment >= killAt) throw new Killed('after the call');
          return result;
        }) as Call;
      const { groups, deploymentGroups } = fleet.dependencies;
      const dependencies: RestoreProdDependencies = {
        ledger: {
          promotion: mortal(ledger.promotion),
          updatePromotion: mortal(ledger.updatePromotion),
          jobs: mortal(ledger.jobs),
          lock: mortal(ledger.lock),
        },
        describeExecution: mortal(async () => ({ $metadata: {}, ...world.execution }) as never),
        runs: {
          run: mortal(async () =>
            scene.run === undefined || scene.run === 'unknown' ? undefined : { status: scene.run },
          ),
        },
        groups: {
          owned: mortal(groups.owned),
          named: mortal(groups.named),
          remove: mortal(groups.remove),
        },
        deploymentGroups: {
          find: mortal(deploymentGroups.find),
          running: mortal(deploymentGroups.running),
          continueRollback: mortal(deploymentGroups.continueRollback),
        },
        serving: {
          healthy: mortal(async () => scene.healthy.filter((id) => images[id] !== undefined)),
          imagesOf: mortal(async (ids) => Object.fromEntries(ids.map((id) => [id, images[id]]))),
        },
        parameters: {
          read: mortal(async () => world.parameter),
          write: mortal(async (_, imageId) => {
            world.parameter = imageId;
            world.written.push(imageId);
          }),
        },
        wait: async () => {},
        notices: {
          send: mortal(async (notice) => {
            world.mails.push(notice);
          }),
        },
        now: () => new Date('2026-11-22T12:00:00.000Z'),
        siteUrl: 'https://approvals.example.com',
        prod: {
          applicationName: 'shop',
          deploymentGroupName: 'prod',
          targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/shop-prod/1',
          imageParameterName: PARAMETER,
        },
      };
      await restoreProd(dependencies)(PROMOTION_ID);
    },
  };
  return world;
};

import type { AlarmStanding } from '../../../tasks/alarms/alarms.ts';
import type { Job, Promotion } from '../../../tasks/ledger/items.ts';
import {
  mayDeployDespiteAlarms,
  prodAlarmObstacle,
  watchAlarms,
  watchDeployment,
} from '../../../tasks/prod-fleet/watched-alarms.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aGoBack, aJob, aPromotion } from '../doubles/samples.ts';
import { createFleetWorld } from './fleet-world.ts';

const prod = {
  applicationName: 'shop',
  deploymentGroupName: 'prod',
  pipelineName: 'shop-prod',
  alarmNames: ['errors', 'slow'],
};
const job = aJob({
  state: 'Deploy to Prod',
  kind: 'pipeline-run',
  status: 'STARTING',
  parameters: { pipelineName: 'shop-prod', environment: 'prod' },
});
const despite = (attempt: number): Pick<Promotion, 'despiteAlarms'> => ({
  despiteAlarms: {
    attempt,
    askedBy: { type: 'identity', arn: 'olga' },
    reason: 'It is the fix',
    at: '2026-11-22T10:00:00.000Z',
  },
});
const standing = (name: string, state: AlarmStanding['state']): AlarmStanding => ({
  name,
  state,
  since: '2026-11-22T09:00:00.000Z',
  meaning: `${name} of shop.`,
});

/** Prod whose group watches these alarms, and CloudWatch in which those are on. */
const scene = async (watched: readonly string[], on: readonly string[], change: Partial<Promotion> = {}) => {
  const world = createFleetWorld();
  world.deploymentGroups.set('shop/prod', {
    autoScalingGroups: [{ name: 'live' }],
    alarmConfiguration: { enabled: watched.length > 0, alarms: watched.map((name) => ({ name })) },
  });
  const ledger = createMemoryLedger();
  const promotion = aPromotion(change);
  await ledger.addPromotion(promotion);
  await ledger.addJob(job);
  const alarms = {
    standings: async (names: readonly string[]) =>
      names.map((name) => standing(name, on.includes(name) ? 'ALARM' : 'OK')),
  };
  const { deploymentGroups } = world.dependencies;
  return {
    world,
    ledger,
    obstacle: prodAlarmObstacle(alarms, ledger, prod),
    watch: (of: Job = job) => watchDeployment({ alarms, ledger, deploymentGroups }, prod, promotion, of),
    watchAll: () => watchAlarms(deploymentGroups, prod, prod.alarmNames),
  };
};

it.each<[string, Partial<Promotion>, number, boolean]>([
  ['a push', {}, 1, false],
  ['a go-back', { goBack: aGoBack() }, 1, true],
  ['a push that an operator wants despite alarms', despite(2), 2, true],
  ['its next attempt', despite(2), 3, false],
])('%s may begin while alarms are on: %#', (_, change, attempt, may) => {
  expect(mayDeployDespiteAlarms(aPromotion(change), { attempt })).toBe(may);
});

describe('before a deployment to Prod', () => {
  it('nothing is in the way while no alarm is on, or of another pipeline', async () => {
    expect(await (await scene(prod.alarmNames, [])).obstacle(job)).toBeUndefined();
    const { obstacle } = await scene(prod.alarmNames, ['errors']);
    expect(await obstacle({ ...job, parameters: { pipelineName: 'shop-qat' } })).toBeUndefined();
  });

  it('fails a push while an alarm is on, with its name, since when, and what to do', async () => {
    const { obstacle } = await scene(prod.alarmNames, ['slow']);
    expect(await obstacle(job)).toEqual({
      error: 'AlarmOn',
      cause: expect.stringMatching(
        /^Nothing was deployed to Prod: [\s\S]*- slow is on since 22 Nov 2026, 09:00 UTC: slow of shop\.\n[\s\S]*go back[\s\S]*redrive/,
      ),
    });
  });

  it('a go-back begins; the alarms that are on are left out, which is recorded first, and the others watch', async () => {
    const { obstacle, watch, world, ledger } = await scene(prod.alarmNames, ['slow'], { goBack: aGoBack() });
    expect(await obstacle(job)).toBeUndefined();
    await watch();
    expect(world.log).toEqual(['watch errors on live']);
    expect((await ledger.jobs(job.promotionId))[0]).toMatchObject({ alarmsLeftOut: ['slow'] });
  });

  it('what an earlier deployment left out watches again, and nothing is changed that is right', async () => {
    const left = await scene(['errors'], []);
    await left.watch();
    expect(left.world.log).toEqual(['watch errors, slow on live']);
    expect((await left.ledger.jobs(job.promotionId))[0]).not.toHaveProperty('alarmsLeftOut');
    const right = await scene(['slow', 'errors'], []);
    await right.watch();
    expect(right.world.log).toEqual([]);
  });

  it('a start that is repeated after a crash in between leaves out the same, once', async () => {
    const { watch, world, ledger } = await scene(prod.alarmNames, ['slow'], { goBack: aGoBack() });
    // Killed at the change of the group, after it was recorded.
    world.killAt(1);
    await expect(watch()).rejects.toThrow();
    world.killAt(undefined);
    expect(world.log).toEqual([]);
    const [recorded] = await ledger.jobs(job.promotionId);
    await watch(recorded);
    expect(world.log).toEqual(['watch errors on live']);
  });
});

it('afterwards all watch again, and without a deployment group there is nothing to do', async () => {
  const { watchAll, world } = await scene([], ['slow']);
  await watchAll();
  await watchAll();
  expect(world.log).toEqual(['watch errors, slow on live']);
  world.deploymentGroups.clear();
  await watchAll();
  expect(world.log).toHaveLength(1);
});

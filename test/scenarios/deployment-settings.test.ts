import fs from 'node:fs';
import path from 'node:path';
import type {
  BatchGetDeploymentTargetsOutput,
  InstanceTarget,
  ListDeploymentTargetsOutput,
} from '@aws-sdk/client-codedeploy';
import { cdkContext } from '../infra/aws/support/synthesize.ts';
import { prodInOrder, seeFleet } from './support/prod-fleet.ts';
import { approveBoth, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;
const INSTANCES = 4;

/** The configuration of cdk.json, with a fleet of four and how fast CodeDeploy goes through it. */
const withSpeed = (configuration: unknown) => {
  const { lockstep } = cdkContext() as { lockstep: { applications: object[] } };
  return {
    ...lockstep,
    applications: lockstep.applications.map((application) => ({
      ...application,
      fleet: { min: INSTANCES, max: INSTANCES * 2 },
      deployment: { configuration },
    })),
  };
};

describe.each([
  ['half-at-a-time', 'half-at-a-time', 2],
  ['minimumHealthyPercent 75', { minimumHealthyPercent: 75 }, 1],
])('a fleet of four with %s', (_, configuration, atOnce) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep: withSpeed(configuration) });
  });
  afterAll(() => scenario?.stop());

  const call = <Output>(operation: string, input: object) =>
    scenario.run.host.call<Output>(administrator, 'codedeploy', operation, input);
  /** The new instances of the newest deployment that is no launch's. */
  const newInstances = async (deploymentId: string): Promise<readonly InstanceTarget[]> => {
    const { targetIds = [] } = await call<ListDeploymentTargetsOutput>('ListDeploymentTargets', {
      deploymentId,
    });
    const { deploymentTargets = [] } = await call<BatchGetDeploymentTargetsOutput>(
      'BatchGetDeploymentTargets',
      { deploymentId, targetIds },
    );
    return deploymentTargets.flatMap(({ instanceTarget }) =>
      instanceTarget?.instanceLabel === 'Green' ? [instanceTarget] : [],
    );
  };
  /** From the first event that began to the last that ended, in ms. */
  const span = ({ lifecycleEvents = [] }: InstanceTarget, last: string): readonly [number, number] => {
    const end = lifecycleEvents.find(({ lifecycleEventName }) => lifecycleEventName === last)?.endTime;
    const [first] = lifecycleEvents;
    return [first?.startTime?.getTime() ?? Number.NaN, end?.getTime() ?? Number.NaN];
  };
  /** How many of the spans overlap at most. */
  const mostAtOnce = (spans: readonly (readonly [number, number])[]): number =>
    Math.max(...spans.map(([at]) => spans.filter(([from, until]) => from <= at && at < until).length));

  it(`deploys to ${atOnce} of the new instances at a time`, async () => {
    const promotion = await scenario.startPromotion();
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
    const { deployments } = (await scenario.system.ledger.promotion(promotion.id)) ?? {};
    const green = await newInstances(deployments?.prod ?? '');
    expect(green.map(({ status }) => status)).toEqual(Array(INSTANCES).fill('Succeeded'));
    expect(mostAtOnce(green.map((target) => span(target, 'ValidateService')))).toBe(atOnce);
  });

  it(`stops after ${atOnce} failed if a hook fails on each, begins nowhere else, and Prod keeps its old instances`, async () => {
    const before = await seeFleet(scenario.run);
    const hook = path.join(scenario.source.directory, 'scripts/validate-service.sh');
    const text = fs.readFileSync(hook, 'utf8');
    const [interpreter = '', ...rest] = text.split('\n');
    // QAT runs it as well.
    const failing = 'if [ "$DEPLOYMENT_GROUP_NAME" = prod ]; then echo "the till is closed"; exit 9; fi';
    fs.writeFileSync(hook, [interpreter, failing, ...rest].join('\n'));
    const promotion = await scenario.startPromotion();
    const ended = await approveBoth(promotion);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'DeploymentFailed', code: 'ScriptFailed' });
    expect(ended.cause).toContain('the till is closed');

    const job = await scenario.system.ledger.latestJob(promotion.id, 'Deploy to Prod');
    const [, deploymentId = ''] = /\b(d-[A-Z0-9]+)/.exec(job?.cause ?? '') ?? [];
    const statuses = (await newInstances(deploymentId)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'Failed')).toHaveLength(atOnce);
    expect(statuses.filter((status) => status === 'Skipped')).toHaveLength(INSTANCES - atOnce);

    const { instances } = await prodInOrder(scenario, promotion.id);
    const ids = (list: typeof instances) => list.map(({ InstanceId }) => InstanceId).sort();
    expect(ids(instances)).toEqual(ids(before.instances));
  });
});

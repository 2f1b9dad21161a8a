import type { GetDeploymentOutput } from '@aws-sdk/client-codedeploy';
import type { ListActionExecutionsOutput } from '@aws-sdk/client-codepipeline';
import type { RegisterImageResult } from '@aws-sdk/client-ec2';
import { administrator } from '@lockstep/aws-emulator';
import { imageParameterName } from '../../infra/aws/names.ts';
import { startTrafficProbe } from '../../infra/local/run/traffic-probe.ts';
import { partsOf } from '../../tasks/jobs/external-ids.ts';
import { deploymentOf } from '../../tasks/jobs/pipeline-run.ts';
import { prodDeployments } from '../../tasks/promotions/metrics.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { changeResources } from '../support/templates.ts';
import { prodImage, prodInOrder, seeFleet } from './support/prod-fleet.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

let scenario: Scenario;
afterEach(() => scenario?.stop());

/** Approves, and waits for the end; a test may fail before it. */
const ending = (promotion: ScenarioPromotion) => {
  const end = approveBoth(promotion);
  end.catch(() => undefined);
  return end;
};

/** Acts at the moment at which CodeDeploy makes the next group of new instances. */
const whenGreenIsMade = (act: () => Promise<unknown>) => {
  const { host } = scenario.run;
  const { call } = host;
  const changed: typeof call = async (principal, service, operation, input) => {
    if (service === 'autoscaling' && operation === 'CreateAutoScalingGroup') {
      Object.assign(host, { call });
      await act();
    }
    return call(principal, service, operation, input);
  };
  Object.assign(host, { call: changed });
};

const overwriteParameter = async (): Promise<string> => {
  const { host } = scenario.run;
  const { ImageId = '' } = await host.call<RegisterImageResult>(administrator, 'ec2', 'RegisterImage', {
    Name: 'not-of-lockstep',
  });
  await host.call(administrator, 'ssm', 'PutParameter', {
    Name: imageParameterName(scenario.application.name, 'prod'),
    ...{ Value: ImageId, Overwrite: true, Type: 'String', DataType: 'aws:ec2:image' },
  });
  return ImageId;
};

/** Status of the promotion's deployment to Prod. */
const statusOf = async ({ id }: ScenarioPromotion) => {
  const { host } = scenario.run;
  const { externalId } = prodDeployments(await scenario.system.ledger.jobs(id)).at(-1) ?? {};
  if (externalId === undefined) return undefined;
  const [pipelineName, pipelineExecutionId] = partsOf(externalId);
  const { actionExecutionDetails = [] } = await host.call<ListActionExecutionsOutput>(
    administrator,
    'codepipeline',
    'ListActionExecutions',
    { pipelineName, filter: { pipelineExecutionId } },
  );
  const deploymentId = deploymentOf(actionExecutionDetails);
  if (deploymentId === undefined) return undefined;
  const { deploymentInfo } = await host.call<GetDeploymentOutput>(
    administrator,
    'codedeploy',
    'GetDeployment',
    { deploymentId },
  );
  return deploymentInfo?.status;
};
const isReady = (promotion: ScenarioPromotion) =>
  eventually('the deployment to wait', async () => (await statusOf(promotion)) === 'Ready' || undefined);

it('an image behind the parameter that was replaced after the guard never serves, is named, and a redrive deploys what was approved', async () => {
  scenario = await startScenario();
  const first = await scenario.startPromotion();
  expect(await ending(first)).toMatchObject({ status: 'SUCCEEDED' });

  const probe = startTrafficProbe(new URL('/version', scenario.application.prodUrl).href);
  const promotion = await scenario.startPromotion();
  let other = '';
  /** Instances of the other image. */
  const others = new Set<string>();
  whenGreenIsMade(async () => {
    other = await overwriteParameter();
  });
  const end = ending(promotion);
  await eventually('instances of the other image', async () => {
    const { instances } = await seeFleet(scenario.run);
    for (const { ImageId, InstanceId = '' } of instances)
      if (ImageId === other && other !== '') others.add(InstanceId);
    return others.size === 2 || undefined;
  });
  const { status, error, cause } = await end;
  const { imageId } = (await promotion.job(names.buildProdImage)).output ?? {};
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'ImageReplaced' });
  expect(cause).toMatch(/^No traffic moved to the new instances/);
  for (const id of others) expect(cause).toContain(`instance ${id} runs ${other}, not ${imageId}`);
  expect(cause).toContain('PutParameter');
  expect((await promotion.states()).at(-1)).toEqual([names.deployToProd, 'FAILED']);

  const { nextImage, instances } = await prodInOrder(scenario, promotion.id);
  expect(nextImage).not.toBe(other);
  expect(instances.map(({ ImageId }) => ImageId)).toEqual([nextImage, nextImage]);
  const answered = () => scenario.run.services.elasticloadbalancing.accessLog();
  expect(answered().length).toBeGreaterThan(10);
  expect(answered().filter(({ instanceId }) => others.has(instanceId ?? ''))).toEqual([]);

  await promotion.redrive();
  expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
  expect(await prodImage(scenario)).toBe(imageId);
  expect((await seeFleet(scenario.run)).instances.map(({ ImageId }) => ImageId)).toEqual([imageId, imageId]);
  expect(answered().filter(({ instanceId }) => others.has(instanceId ?? ''))).toEqual([]);
  expect(await probe()).toMatchObject({ failed: 0 });
});

/** Takes away the event of a deployment that waits: its rule hears of another state. */
const withoutEvent = (directory: string): void => {
  let changed = 0;
  changeResources(directory, ({ Type, Properties }, logicalId) => {
    if (Type !== 'AWS::Events::Rule' || !logicalId.startsWith('TriggersDeploymentReady')) return true;
    changed += 1;
    const { EventPattern } = Properties as { EventPattern: { detail: { state: string[] } } };
    EventPattern.detail.state = ['NONE'];
    return true;
  });
  expect(changed).toBe(1);
};

it('a lost event only delays: traffic moves at the next look, also after a restart while the deployment waits', async () => {
  scenario = await startScenario({ change: withoutEvent });
  let promotion = await scenario.startPromotion();
  approveBoth(promotion).catch(() => undefined);
  await isReady(promotion);
  const { stateDir } = scenario;
  await scenario.stop('keep');
  scenario = await startScenario({ stateDir, change: withoutEvent });
  promotion = scenario.promotionOf(promotion.executionArn, promotion.commitId);
  await isReady(promotion);
  const serving = await fetch(new URL('/version', scenario.application.prodUrl));
  expect(await serving.text()).not.toContain(promotion.commitId);
  scenario.advance({ minutes: 6 });
  expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
});

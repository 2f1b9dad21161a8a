import fs from 'node:fs';
import path from 'node:path';
import type { RegisterImageResult } from '@aws-sdk/client-ec2';
import { administrator, type ContainerOptions, removeAbandoned } from '@lockstep/aws-emulator';
import { imageParameterName } from '../../infra/aws/names.ts';
import { instancesOf } from '../../infra/local/aws/instances/instances.ts';
import { parametersOf, presetParameter } from '../../infra/local/aws/services/ssm/parameters.ts';
import {
  describeWithEngine,
  testEngine,
} from '../../infra/local/aws/test/instances/container/test-engine.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import { pause } from '../../infra/local/run/follow.ts';
import { git } from '../../infra/local/run/git.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { cdkContext } from '../infra/aws/support/synthesize.ts';
import { makeLibraryImage, makeMachineImage } from '../support/machine-image/make.ts';
import { prodImage, prodInOrder, seeFleet } from './support/prod-fleet.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

// Each promotion waits for containers, on machines that do other things too.
jest.setTimeout(900_000);

/** The public parameter of Amazon Linux 2023, from whose image images are made. */
const PARENT = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

/** The configuration of cdk.json, for the application whose scripts use systemd, root and port 80. */
const configured = (components: readonly string[]) => {
  const { lockstep } = cdkContext() as { lockstep: { applications: object[] } };
  return {
    ...lockstep,
    applications: lockstep.applications.map((application) => ({
      ...application,
      ...{ port: 80, healthCheckPath: '/', runtime: 'python', image: { components } },
    })),
  };
};

describeWithEngine('images that are really built', () => {
  let containers: ContainerOptions;
  let released: string;
  let evil: string;
  let scenario: Scenario;
  beforeAll(async () => {
    const engine = await testEngine();
    makeMachineImage(engine.name);
    const baseImage = await makeLibraryImage(engine, '2.0');
    released = await makeLibraryImage(engine, '2.1');
    evil = await makeLibraryImage(engine, '6.6.6');
    containers = { engine, baseImage, applicationPort: () => 80 };
    scenario = await startScenario({ lockstep: configured([]), containers });
    await commitMachineApp();
    expect(await approveBoth(await scenario.startPromotion())).toMatchObject({ status: 'SUCCEEDED' });
  });
  afterAll(async () => {
    await scenario?.stop();
    await removeAbandoned(containers.engine);
    for (const image of [containers.baseImage, released, evil])
      await containers.engine.call(['image', 'rm', '--force', image]);
  });

  /** The application answers with the version of the library that its instance has. */
  const commitMachineApp = async () => {
    const { directory } = scenario.source;
    await git(directory, ['rm', '-r', '--quiet', '.']);
    fs.cpSync(path.join(import.meta.dirname, 'support/machine-app'), directory, { recursive: true });
    const server = path.join(directory, 'server.py');
    const text = fs.readFileSync(server, 'utf8');
    const changed = text.replace('b"open\\n"', 'open("/usr/share/shop-lib/version", "rb").read()');
    expect(changed).not.toBe(text);
    fs.writeFileSync(server, changed);
  };
  const put = (Name: string, Value: string | undefined) =>
    scenario.run.host.call(administrator, 'ssm', 'PutParameter', {
      ...{ Name, Value, Overwrite: true, Type: 'String', DataType: 'aws:ec2:image' },
    });
  /** An AMI for which that container image stands, of no promotion. */
  const register = async (Name: string, image: string): Promise<string> => {
    const { host } = scenario.run;
    const { ImageId = '' } = await host.call<RegisterImageResult>(administrator, 'ec2', 'RegisterImage', {
      Name,
    });
    instancesOf(host).workshop?.register(ImageId, image);
    return ImageId;
  };
  /** The version of the library of the instance that answers. */
  const answer = async () => (await (await fetch(scenario.application.prodUrl)).text()).trim();
  /** Asks Prod again and again until the end of something. @returns what it answered */
  const answersDuring = async (act: () => Promise<void>): Promise<readonly string[]> => {
    const answers = new Set<string>();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        answers.add(await answer());
        await pause(50);
      }
    })();
    await act().finally(() => {
      isOver = true;
    });
    await asking;
    return [...answers];
  };
  /** AMIs of all instances that Prod has. */
  const imagesOfProd = async () =>
    new Set((await seeFleet(scenario.run)).instances.map(({ ImageId }) => ImageId));
  const ended = (promotion: ScenarioPromotion) =>
    eventually('the end in the ledger', async () =>
      (await scenario.system.ledger.promotion(promotion.id))?.status === 'FAILED' ? true : undefined,
    );

  it('show an older package that a component installed as older, and a parent that was released before Prod stops there', async () => {
    expect(await answer()).toBe('2.0');
    const { stateDir } = scenario;
    await scenario.stop('keep');
    const components = ['test/support/machine-image/older-library.yaml'];
    scenario = await startScenario({ stateDir, lockstep: configured(components), containers });
    const promotion = await scenario.startPromotion();
    const { approvalId, review } = await promotion.asked('qc');
    expect(review.gaps).toEqual([]);
    expect(review.packages).toMatchObject({
      count: { down: 1, added: 0, up: 0, removed: 0, other: 0 },
      changes: [{ change: 'down', name: 'shop-lib', before: '2.0', now: '1.0' }],
    });
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const { document } = await quinn.open(`${scenario.system.siteUrl}/approvals/${approvalId}`);
    expect(document.text).toContain('shop-lib');
    expect(document.text).toContain('older than in Prod');

    const known = presetParameter(PARENT);
    if (!known) throw new Error(`There is no ${PARENT}.`);
    const parent = await register('al2023-newer', released);
    parametersOf(scenario.run.host).put(PARENT, { ...known, value: parent });
    expect(await approveBoth(promotion)).toMatchObject({
      status: 'FAILED',
      error: 'ImageDiffers',
      cause: expect.stringContaining(`The parent image was ${known.value} and is ${parent}.`),
    });
    expect((await promotion.states()).at(-1)).toEqual([names.buildProdImage, 'FAILED']);
    expect(await answer()).toBe('2.0');
    await ended(promotion);

    parametersOf(scenario.run.host).delete(PARENT);
    await promotion.redrive();
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await answer()).toBe('1.0');
  });

  it('never serve when another one was put behind the parameter that Prod starts from', async () => {
    const Name = imageParameterName(scenario.application.name, 'prod');
    const other = await register('not-of-lockstep', evil);
    const before = await answer();
    const answers = await answersDuring(async () => {
      const promotion = await scenario.startPromotion();
      await promotion.asked('qc');
      await put(Name, other);
      await scenario.failNext(names.deployToProd);
      expect(await approveBoth(promotion)).toMatchObject({ status: 'FAILED' });
      await ended(promotion);
      const { nextImage } = await prodInOrder(scenario, promotion.id);
      expect(nextImage).not.toBe(other);
      // "Point Prod at image" succeeded, and a redrive does not repeat it.
      await put(Name, other);
      await promotion.redrive();
      expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
      const { imageId } = (await promotion.job(names.buildProdImage)).output ?? {};
      expect(await prodImage(scenario)).toBe(imageId);
      expect([...(await imagesOfProd())]).toEqual([imageId]);
    });
    expect(answers).toEqual([before]);
  });

  it('never serve either when the parameter was overwritten after the deployment had begun', async () => {
    const Name = imageParameterName(scenario.application.name, 'prod');
    const other = await register('not-of-lockstep-either', evil);
    const before = await answer();
    const answers = await answersDuring(async () => {
      const promotion = await scenario.startPromotion();
      await promotion.decide('qc', 'quinn');
      await promotion.decide('pmo', 'parker');
      await eventually('the deployment', async () => {
        const job = await scenario.system.ledger.latestJob(promotion.id, names.deployToProd);
        return job?.status === 'RUNNING' ? true : undefined;
      });
      await put(Name, other);
      const { imageId } = (await promotion.job(names.buildProdImage)).output ?? {};
      expect(await promotion.ended()).toMatchObject({
        status: 'FAILED',
        error: 'ImageReplaced',
        cause: expect.stringContaining(`runs ${other}, not ${imageId}`),
      });
      expect((await promotion.states()).at(-1)).toEqual([names.deployToProd, 'FAILED']);
      const { nextImage } = await prodInOrder(scenario, promotion.id);
      expect(nextImage).not.toBe(other);
    });
    expect(answers).toEqual([before]);
  });
});

import fs from 'node:fs';
import path from 'node:path';
import type { DescribeLaunchTemplateVersionsResult } from '@aws-sdk/client-ec2';
import { localConfiguration } from '../../infra/local/run/local-configuration.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { approveBoth, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(200_000);

const example = JSON.parse(fs.readFileSync(path.join(projectRoot, 'examples/own-image.json'), 'utf8')) as {
  readonly applications: readonly { readonly image: object }[];
};
/** Launch templates of the team's own, which an account has. */
const launchTemplateDefault = { qat: 'lt-0123456789abcdef0', prod: 'lt-0fedcba9876543210' };
const lockstep = {
  ...example,
  applications: example.applications.map((application) => ({
    ...application,
    image: { ...application.image, launchTemplateDefault },
  })),
};

describe('an application with an image of its own', () => {
  let scenario: Scenario;
  let promotion: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep });
  });
  afterAll(() => scenario.stop());

  it('leaves out what only an account has, and says so', () => {
    expect(localConfiguration(lockstep).leftOut).toEqual(['applications[0].image.parent']);
  });

  it('shows approvers its components, and the AMI that the image was really made from', async () => {
    promotion = await scenario.startPromotion();
    const { review } = await promotion.asked('qc');
    expect(review.images.qat?.components).toEqual([
      expect.stringContaining('lockstep-orders-security-updates '),
      expect.stringContaining('lockstep-orders-codedeploy-agent '),
      expect.stringContaining('lockstep-orders-packages '),
      expect.stringContaining('lockstep-orders-own-hardening '),
      'amazon-cloudwatch-agent-linux x.x.x',
      expect.stringContaining('lockstep-orders-own-smoke '),
    ]);
    expect(review.images.qat?.parent?.imageId).toMatch(/^ami-[0-9a-f]{17}$/);
    expect(review.gaps).toEqual([]);
  });

  it("makes each image the default of the team's launch template when it is built, before anybody approves it", async () => {
    expect(scenario.run.notices).toContainEqual(expect.stringContaining(launchTemplateDefault.qat));
    const defaultOf = async (LaunchTemplateId: string) => {
      const { LaunchTemplateVersions: [version] = [] } =
        await scenario.run.host.call<DescribeLaunchTemplateVersionsResult>(
          { kind: 'administrator' },
          'ec2',
          'DescribeLaunchTemplateVersions',
          { LaunchTemplateId, Versions: ['$Default'] },
        );
      return version?.LaunchTemplateData?.ImageId;
    };
    const images = async () => (await scenario.system.ledger.promotion(promotion.id))?.images;
    expect([await defaultOf(launchTemplateDefault.qat), await defaultOf(launchTemplateDefault.prod)]).toEqual(
      [(await images())?.qat, undefined],
    );
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await defaultOf(launchTemplateDefault.prod)).toBe((await images())?.prod);
    expect(await defaultOf(launchTemplateDefault.prod)).toMatch(/^ami-/);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});

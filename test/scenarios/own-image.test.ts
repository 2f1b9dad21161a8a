import fs from 'node:fs';
import path from 'node:path';
import { localConfiguration } from '../../infra/local/run/local-configuration.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(200_000);

const lockstep: unknown = JSON.parse(
  fs.readFileSync(path.join(projectRoot, 'examples/own-image.json'), 'utf8'),
);

describe('an application with an image of its own', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep });
  });
  afterAll(() => scenario.stop());

  it('leaves out what only an account has, and says so', () => {
    expect(localConfiguration(lockstep).leftOut).toEqual(['applications[0].image.parent']);
  });

  it('shows approvers its components, and the AMI that the image was really made from', async () => {
    const promotion = await scenario.startPromotion();
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
});

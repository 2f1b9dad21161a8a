import fs from 'node:fs';
import path from 'node:path';
import type { DescribeImagesResult } from '@aws-sdk/client-ec2';
import type { ImageSummary, ListImagePipelineImagesResponse } from '@aws-sdk/client-imagebuilder';
import { parametersOf, presetParameter } from '../../infra/local/aws/services/ssm/parameters.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import type { EvidenceEntry } from '../../tasks/evidence/chain.ts';
import type { ImageChoice } from '../../tasks/images/image-choice.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { cdkContext } from '../infra/aws/support/synthesize.ts';
import { lockstepJson } from './support/command-line.ts';
import { approveBoth, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;

/** The configuration of cdk.json with equal images used again. */
const withReuse = (image: object = {}) => {
  const { lockstep } = cdkContext() as { lockstep: { applications: object[] } };
  return {
    ...lockstep,
    applications: lockstep.applications.map((application) => ({
      ...application,
      image: { reuse: 'when-equal', ...image },
    })),
  };
};

describe('images that are used again', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep: withReuse() });
  });
  afterAll(() => scenario?.stop());

  const call = <Output>(service: string, operation: string, input: object) =>
    scenario.run.host.call<Output>(administrator, service, operation, input);
  /** All builds of both image pipelines, oldest first. */
  const builds = async (): Promise<readonly ImageSummary[]> => {
    const pipelines = scenario.run.stacks
      .resourcesOfType('AWS::ImageBuilder::ImagePipeline')
      .map(({ state }) => state.physicalId);
    const lists = await Promise.all(
      pipelines.map((imagePipelineArn) =>
        call<ListImagePipelineImagesResponse>('imagebuilder', 'ListImagePipelineImages', {
          imagePipelineArn,
        }),
      ),
    );
    return lists
      .flatMap(({ imageSummaryList = [] }) => imageSummaryList)
      .toSorted((a, b) => ((a.dateCreated ?? '') < (b.dateCreated ?? '') ? -1 : 1));
  };
  /** What the command line's plan says of a commit's image builds. */
  const planOf = async (commitId: string): Promise<unknown> =>
    (await lockstepJson(scenario, 'plan', commitId)).json?.builds;
  const because = (choice: ImageChoice | undefined) =>
    choice?.choice === 'build' ? choice.because : choice?.choice;
  /** Starts a promotion, and waits until QC is asked. @returns why its QAT image was built, or that it was not */
  const pushed = async () => {
    const promotion = await scenario.startPromotion();
    const approval = await promotion.asked('qc');
    return { promotion, approval, why: because((await promotion.job(stateNames.buildQatImage)).imageChoice) };
  };
  const signedIn = async (person: string, path: string) => {
    const one = await signInAs(person, scenario.system.siteUrl);
    return { one, page: await one.open(`${scenario.system.siteUrl}${path}`) };
  };

  it('builds where there is no earlier image, and then builds nothing for equal inputs', async () => {
    const first = await scenario.startPromotion();
    expect(await approveBoth(first)).toMatchObject({ status: 'SUCCEEDED' });
    expect(because((await first.job(stateNames.buildQatImage)).imageChoice)).toBe('NoImage');
    const before = await builds();
    expect(before).toHaveLength(2);

    // A plan says so before, of a commit on another branch.
    const planned = await scenario.commit();
    await scenario.push('next');
    expect(await planOf(planned)).toMatchObject([
      { state: stateNames.buildQatImage, reuses: (await first.job(stateNames.buildQatImage)).externalId },
      {
        state: stateNames.buildProdImage,
        reuses: (await first.job(stateNames.buildProdImage)).externalId,
      },
    ]);
    const { promotion: second, approval } = await pushed();
    const [qatOfFirst, qatOfSecond] = [
      await first.job(stateNames.buildQatImage),
      await second.job(stateNames.buildQatImage),
    ];
    expect(qatOfSecond).toMatchObject({
      status: 'SUCCEEDED',
      externalId: qatOfFirst.externalId,
      output: qatOfFirst.output,
      imageChoice: { choice: 'reuse', sentence: expect.stringContaining('Reused because equal') },
    });
    expect(approval.candidate.qatImageId).toBe(qatOfFirst.output?.imageId);
    const builtAt = before.find(({ arn }) => arn === qatOfFirst.externalId)?.dateCreated;
    expect(approval.review.images.qat?.reused).toBe(builtAt);
    const asked = await signedIn('quinn', `/approvals/${approval.approvalId}`);
    expect(asked.page.document.text).toContain('reused because equal');

    expect(await approveBoth(second)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await builds()).toHaveLength(2);
    const [prodOfFirst, prodOfSecond] = [
      await first.job(stateNames.buildProdImage),
      await second.job(stateNames.buildProdImage),
    ];
    expect(prodOfSecond.output).toEqual(prodOfFirst.output);
    const shown = await signedIn('dana', `/promotions/${second.id}`);
    expect(shown.page.document.text).toContain('Reused because equal');
    expect(shown.page.document.text).not.toContain('Rebake');
    const file = path.join(scenario.stateDir, 'record.json');
    expect(await lockstepJson(scenario, 'evidence', second.id, '--out', file)).toMatchObject({ code: 0 });
    const { entries } = JSON.parse(fs.readFileSync(file, 'utf8')) as { entries: readonly EvidenceEntry[] };
    expect(
      entries
        .filter(({ kind, what }) => kind === 'job-started' && what.job === 'image-build')
        .map(({ what }) => what),
    ).toMatchObject([{ imageChoice: { choice: 'reuse' } }, { imageChoice: { choice: 'reuse' } }]);
  });

  it('builds once an operator has pressed Rebake, whose name evidence has', async () => {
    const { promotion, why } = await pushed();
    expect(why).toBe('reuse');
    const { one, page } = await signedIn('olga', `/promotions/${promotion.id}`);
    const form = page.document
      .querySelectorAll('form')
      .find((candidate) => candidate.getAttribute('action')?.endsWith('/rebake'));
    if (!form) throw new Error('There is no button to rebake.');
    await one.submit(page, form, {});

    const next = await pushed();
    expect(next.why).toBe('Rebake');
    expect((await next.promotion.job(stateNames.buildQatImage)).imageChoice?.sentence).toContain(
      'olga asked for new images',
    );
    expect((await pushed()).why).toBe('reuse');
  });

  it('builds when EC2 does not have the AMI any more', async () => {
    const { approval } = await pushed();
    const ImageId = approval.candidate.qatImageId;
    await call('ec2', 'DeregisterImage', { ImageId });
    const { Images = [] } = await call<DescribeImagesResult>('ec2', 'DescribeImages', { Owners: ['self'] });
    expect(Images.map((image) => image.ImageId)).not.toContain(ImageId);
    const next = await pushed();
    expect(next.why).toBe('ImageGone');
    expect(next.approval.candidate.qatImageId).not.toBe(ImageId);
  });

  it('builds when Amazon Linux 2023 was released, until an image is made from that', async () => {
    const name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    const known = presetParameter(name);
    if (!known) throw new Error(`There is no ${name}.`);
    const day = 24 * 60 * 60_000;
    const release = (value: string, modifiedAt: number) =>
      parametersOf(scenario.run.host).put(name, { ...known, value, modifiedAt });
    release(known.value, scenario.run.clock.now());
    expect((await pushed()).why).toBe('NewerPackages');
    release('ami-0fedcba9876543210', scenario.run.clock.now() - day);
    expect((await pushed()).why).toBe('ParentChanged');
    expect((await pushed()).why).toBe('reuse');
  });

  it('builds when the image is made of something else', async () => {
    const { stateDir } = scenario;
    await scenario.stop('keep');
    scenario = await startScenario({ stateDir, lockstep: withReuse({ packages: ['nginx'] }) });
    expect((await pushed()).why).toBe('RecipeChanged');
    expect((await pushed()).why).toBe('reuse');
  });
});

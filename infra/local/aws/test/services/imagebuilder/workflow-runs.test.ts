import { buildFilesOf } from '../../../services/imagebuilder/simulated-build.ts';
import { administrator, putRole, until } from '../shared/test-host.ts';
import { arn, buildPermissions, createImageWorld, type ImageAnswer, type ImageWorld } from './image-world.ts';

/** Uploads a report under the build instance's id. */
const REPORTING = `
name: report
schemaVersion: 1.0
parameters: [{ Bucket: { type: string } }]
phases:
  - name: build
    steps:
      - name: id
        action: ExecuteBash
        inputs: { commands: ['curl -fsS "http://169.254.169.254/latest/meta-data/instance-id"'] }
      - name: up
        action: S3Upload
        inputs: [{ source: /tmp/report, destination: 's3://{{ Bucket }}/reports/{{ build.id.outputs.stdout }}' }]
`;

interface Runs {
  readonly workflowExecutions: readonly { type: string; status: string; workflowExecutionId: string }[];
  readonly nextToken?: string;
}
interface Steps {
  readonly imageBuildVersionArn: string;
  readonly steps: readonly { name: string; action: string; outputs?: string }[];
}

describe("the runs of an image build's workflows", () => {
  let images: ImageWorld;
  beforeEach(() => {
    images = createImageWorld();
  });
  afterEach(() => images.world.remove());

  const built = async (log?: string) => {
    const { world, messages, open, deploy, start } = images;
    const opened = await open();
    await deploy(opened, { data: REPORTING, parameters: [{ Name: 'Bucket', Value: ['logs'] }] });
    if (log !== undefined) putRole(world, 'build', 'ec2.amazonaws.com', buildPermissions(log));
    const imageBuildVersionArn = await start(opened);
    await until(world, () => messages.length > 0);
    const runs = await opened.call<Runs>('ListWorkflowExecutions', { imageBuildVersionArn });
    const stepsOf = (workflowExecutionId: string | undefined) =>
      opened.call<Steps>('ListWorkflowStepExecutions', { workflowExecutionId });
    const idOf = async (type: string) => {
      const run = runs.workflowExecutions.find((one) => one.type === type);
      const { steps } = await stepsOf(run?.workflowExecutionId);
      const { outputs = '{}' } = steps.find(({ action }) => action === 'LaunchInstance') ?? {};
      return (JSON.parse(outputs) as { instanceId?: string }).instanceId ?? '';
    };
    const { image } = await opened.call<ImageAnswer>('GetImage', { imageBuildVersionArn });
    const read = async (Key: string) =>
      Buffer.from(
        (
          await opened.process.inner.call<{ Body: Uint8Array }>(administrator, 's3', 'GetObject', {
            Bucket: 'logs',
            Key,
          })
        ).Body,
      ).toString();
    return { opened, imageBuildVersionArn, runs, stepsOf, idOf, image, read };
  };

  it('tell the instances that built and tested it, each with an id of its own', async () => {
    const { runs, stepsOf, idOf, imageBuildVersionArn } = await built();
    expect(runs.workflowExecutions).toMatchObject([
      {
        type: 'BUILD',
        status: 'COMPLETED',
        workflowExecutionId: expect.stringMatching(/^wf-[0-9a-f-]{36}$/),
      },
      { type: 'TEST', status: 'COMPLETED' },
    ]);
    expect(await stepsOf(runs.workflowExecutions[0]?.workflowExecutionId)).toMatchObject({
      imageBuildVersionArn,
      steps: [{ name: 'LaunchBuildInstance' }, { name: 'ApplyBuildComponents' }],
    });
    expect(await idOf('BUILD')).toMatch(/^i-[0-9a-f]{17}$/);
    expect(await idOf('TEST')).not.toBe(await idOf('BUILD'));
    await expect(stepsOf('wf-of-nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('come page by page', async () => {
    const { opened, imageBuildVersionArn } = await built();
    const list = (more: object) =>
      opened.call<Runs>('ListWorkflowExecutions', { imageBuildVersionArn, maxResults: 1, ...more });
    const first = await list({});
    const { nextToken } = first;
    expect(first.workflowExecutions.map(({ type }) => type)).toEqual(['BUILD']);
    expect((await list({ nextToken })).workflowExecutions.map(({ type }) => type)).toEqual(['TEST']);
    await expect(list({ maxResults: 26 })).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });

  it('upload, where nothing is executed, the files that somebody gave the instance, and no others', async () => {
    buildFilesOf(images.world).put('/tmp/report', 'three findings');
    const { idOf, read, image, opened } = await built();
    expect(image.state.status).toBe('AVAILABLE');
    expect(await read(`reports/${await idOf('BUILD')}`)).toBe('three findings');
    const recipe = await opened.call('GetImageRecipe', {
      imageRecipeArn: arn('image-recipe/orders/1.0.0'),
    });
    expect(recipe).toMatchObject({
      imageRecipe: { components: [{ parameters: [{ name: 'Bucket', value: ['logs'] }] }] },
    });
  });

  it('upload nothing where there is no file', async () => {
    const { idOf, read, image } = await built();
    expect(image.state.status).toBe('AVAILABLE');
    await expect(read(`reports/${await idOf('BUILD')}`)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it("upload with the rights of the instance's role", async () => {
    buildFilesOf(images.world).put('/tmp/report', 'three findings');
    const { image } = await built('arn:aws:s3:::logs/qat/*');
    expect(image.state).toMatchObject({
      status: 'FAILED',
      reason: expect.stringMatching(/AccessDenied.*s3:PutObject.*reports\/i-/s),
    });
  });
});

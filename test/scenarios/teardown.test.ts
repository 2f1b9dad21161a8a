import type { ListStackResourcesOutput } from '@aws-sdk/client-cloudformation';
import type { DescribeImagesResult } from '@aws-sdk/client-ec2';
import { administrator } from '@lockstep/aws-emulator';
import { runProgram } from '../../cli/program.ts';
import { createAwsAccount } from '../../cli/teardown/aws-account.ts';
import { teardown as tearDown } from '../../cli/teardown/teardown.ts';
import type { Image } from '../../infra/local/aws/services/imagebuilder/records.ts';
import { approveBoth, eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(600_000);

describe('a tear-down', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario.stop());

  const call = <Output>(service: string, operation: string, input: object = {}) =>
    scenario.run.host.call<Output>(administrator, service, operation, input);
  /** The command line against the local run. @param answer typed at the terminal */
  const lockstep = async (args: readonly string[], answer?: string) => {
    const printed = { out: '', error: '', progress: '', asked: '' };
    const port = new URL(scenario.run.host.endpointUrl).port;
    const code = await runProgram([...args, '--local', '--port', port, '--state-dir', '.'], {
      directory: scenario.stateDir,
      out: (text) => {
        printed.out += text;
      },
      error: (text) => {
        printed.error += text;
      },
      progress: (text) => {
        printed.progress += `${text}\n`;
      },
      ...(answer !== undefined && {
        ask: async (question: string) => {
          printed.asked = question;
          return answer;
        },
      }),
    });
    return { code, ...printed };
  };
  const teardown = (...args: string[]) => lockstep(['teardown', ...args, '--yes']);
  const stackNames = () => [...scenario.run.stacks.stackNames()].sort();
  const resourceIds = (stack: string, type: string) =>
    scenario.run.stacks
      .resourcesOfType(type)
      .filter(({ stackName }) => stackName === stack)
      .map(({ state }) => state.physicalId);
  const ownImages = async () =>
    ((await call<DescribeImagesResult>('ec2', 'DescribeImages', { Owners: ['self'] })).Images ?? []).length;

  it('T58: stops a waiting approval and a running build first, records why, deletes the stack, and says what stays', async () => {
    await approveBoth(await scenario.startPromotion());
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    const images = scenario.run.host.store.table<Image>('imagebuilder.images');
    const pipeline = scenario.run.stacks.stackOutputs('Lockstep-orders').QatImagePipelineArn;
    const { imageBuildVersionArn: build = '' } = await call<{ imageBuildVersionArn?: string }>(
      'imagebuilder',
      'StartImagePipelineExecution',
      { imagePipelineArn: pipeline, clientToken: 'by-hand' },
    );
    // A build that goes on until it is cancelled.
    await eventually('the build to be available', () =>
      images.get(build)?.status === 'AVAILABLE' ? true : undefined,
    );
    images.put(build, { ...(images.get(build) as Image), status: 'BUILDING' });

    // Evidence and images stay while the stack stands (T60).
    expect(await teardown('orders', '--delete-leftovers')).toMatchObject({
      code: 1,
      error: expect.stringContaining('these stand: Lockstep-orders'),
    });
    const before = await ownImages();
    expect(await lockstep(['teardown', 'orders', '--reason', 'retired'], 'no')).toMatchObject({
      code: 1,
      asked: expect.stringMatching(
        /stop 1 promotion, 1 image build\n {4}delete the stack Lockstep-orders\n.*CodeCommit repository orders and its history: clone it first[\s\S]*type orders: $/,
      ),
      out: expect.stringContaining('Nothing was changed'),
    });
    expect(images.get(build)?.status).toBe('BUILDING');

    const { code, out, error, progress } = await lockstep(
      ['teardown', 'orders', '--reason', 'The application  is retired'],
      'orders',
    );
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(progress).toContain(`Stopped ${promotion.id}, by arn:`);
    expect(progress).toMatch(/Lockstep-orders: \d+ of \d+ resources are deleted or kept\./);
    expect(images.get(build)?.status).toBe('CANCELLED');
    expect(await promotion.describe()).toMatchObject({ status: 'ABORTED' });
    expect(stackNames()).toEqual(['Lockstep-Platform']);
    for (const text of [
      'AWS::S3::Bucket',
      'AWS::KMS::Key',
      'AWS::EC2::Image',
      'teardown orders --delete-leftovers',
    ])
      expect(out).toContain(text);
    expect(await ownImages()).toBe(before);

    // Its evidence was sealed before the functions that seal it were deleted.
    const shown = await lockstep(['show', promotion.id, '--json']);
    const record = JSON.parse(shown.out) as {
      promotion: { status: string };
      evidence: { entries: number; sealedUpTo: number };
    };
    expect(record.promotion.status).toBe('ABORTED');
    expect(record.evidence.sealedUpTo).toBe(record.evidence.entries);
    const exported = await lockstep(['evidence', promotion.id, '--out', 'record.json']);
    expect(exported.code).toBe(0);
  });

  it('fails to tear down what does not stand, naming what does', async () => {
    expect(await teardown('payments', '--reason', 'typo')).toMatchObject({
      code: 1,
      error: expect.stringContaining(
        'No stack of payments stands in account 000000000000, region us-east-1.',
      ),
    });
  });

  it('says again what stays when it is run again', async () => {
    expect(await teardown('orders', '--reason', 'again')).toMatchObject({
      code: 0,
      out: expect.stringContaining('The stacks of orders are deleted already.'),
    });
  });

  it('T60: deletes what the stack left behind, with all versions of objects, and its key last', async () => {
    expect(await ownImages()).toBeGreaterThan(0);
    const { code, out, progress } = await teardown('orders', '--delete-leftovers');
    expect(out).not.toContain('These stay');
    expect(code).toBe(0);
    const lines = progress.trim().split('\n');
    expect(lines.at(-1)).toMatch(/^Scheduled .* for deletion/);
    expect(lines.filter((line) => line.startsWith('Scheduled'))).toHaveLength(1);
    expect(await ownImages()).toBe(0);
    const { Buckets = [] } = await call<{ Buckets?: { Name?: string }[] }>('s3', 'ListBuckets');
    expect(Buckets.every(({ Name = '' }) => Name.includes('platform'))).toBe(true);
    expect(await teardown('orders', '--delete-leftovers')).toMatchObject({
      code: 0,
      out: expect.stringContaining('There is nothing to delete of orders'),
    });
  });

  it('T60: tears the platform down, keeps evidence that is locked, and deletes it when its time is over', async () => {
    const [ledger = ''] = resourceIds('Lockstep-Platform', 'AWS::DynamoDB::Table');
    const down = await teardown('--platform', '--reason', 'Lockstep is retired');
    expect(down.error).toBe('');
    expect(down.out).toContain('the sealed records of promotions, locked against deletion');
    expect(stackNames()).toEqual([]);

    const leftovers = await teardown('--platform', '--delete-leftovers');
    expect({ code: leftovers.code, error: leftovers.error }).toEqual({ code: 0, error: '' });
    const locked = await teardown('--platform', '--delete-evidence');
    expect(locked).toMatchObject({
      code: 1,
      error: expect.stringMatching(/under Object Lock, the last until \d+ \w+ \d{4}, .*Nothing was deleted/),
    });
    await expect(call('dynamodb', 'DescribeTable', { TableName: ledger })).resolves.toBeDefined();

    // Seven years and some days later. The command line has the machine's clock: here it is given the run's.
    scenario.advance({ days: 7 * 365 + 30 });
    const lines: string[] = [];
    const port = Number(new URL(scenario.run.host.endpointUrl).port);
    const { text } = await tearDown(
      { name: 'teardown', target: 'platform', step: 'evidence', yes: true },
      {
        account: createAwsAccount({ port, stateDirectory: scenario.stateDir }),
        system: () => Promise.reject(new Error('There is no system any more.')),
        now: () => new Date(scenario.run.clock.now()),
        pause: async () => {},
        tell: (line) => lines.push(line),
      },
    );
    expect(text).toMatch(/^Deleted 4 of 4\.$/);
    expect(lines.slice(-2).every((line) => line.startsWith('Scheduled'))).toBe(true);
    await expect(call('dynamodb', 'DescribeTable', { TableName: ledger })).rejects.toThrow('not found');
    expect(await call('s3', 'ListBuckets')).toMatchObject({ Buckets: [] });
  });
});

describe('a tear-down that is cut short', () => {
  it('continues where it was when it is run again', async () => {
    const scenario = await startScenario();
    try {
      const port = new URL(scenario.run.host.endpointUrl).port;
      const run = (tell: (text: string) => void) => {
        const printed = { out: '', error: '' };
        return runProgram(
          ['teardown', 'orders', '--reason', 'x', '--yes', '--local', '--port', port, '--state-dir', '.'],
          {
            directory: scenario.stateDir,
            out: (text) => {
              printed.out += text;
            },
            error: (text) => {
              printed.error += text;
            },
            progress: tell,
          },
        ).then((code) => ({ code, ...printed }));
      };
      // As Ctrl-C while it waits for CloudFormation.
      const cut = await run((text) => {
        if (text.startsWith('Lockstep-orders: ')) throw new Error('cut short');
      });
      expect(cut).toMatchObject({ code: 1, error: expect.stringContaining('cut short') });
      const described = await scenario.run.host.call<ListStackResourcesOutput>(
        administrator,
        'cloudformation',
        'ListStackResources',
        { StackName: 'Lockstep-orders' },
      );
      expect(described.StackResourceSummaries?.length).toBeGreaterThan(0);
      const again: string[] = [];
      expect(await run((text) => again.push(text))).toMatchObject({ code: 0, error: '' });
      expect(again.join('\n')).not.toContain('Deleting Lockstep-orders.');
      expect(again.at(-1)).toBe('Lockstep-orders is deleted.');
    } finally {
      await scenario.stop();
    }
  });
});

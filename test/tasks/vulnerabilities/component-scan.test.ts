import {
  ImagebuilderClient,
  ListWorkflowExecutionsCommand,
  ListWorkflowStepExecutionsCommand,
} from '@aws-sdk/client-imagebuilder';
import { componentScan, createBuildInstances } from '../../../tasks/vulnerabilities/component-scan.ts';
import { double, offline, on } from '../doubles/sdk.ts';
import { aTrivyReport, aTrivyVulnerability } from './sample-reports.ts';

const image = { imageId: 'ami-qat', imageBuildVersionArn: 'build-arn' };

/** An object of the bucket with this text, or of so many bytes; undefined if there is none. */
const scanOf = (text: string | undefined, bytes = text?.length ?? 0, instances = ['i-1']) => {
  const asked: string[] = [];
  let reads = 0;
  const scan = componentScan(
    async () => instances,
    async (key) => {
      asked.push(key);
      return text === undefined
        ? undefined
        : {
            bytes,
            text: async () => {
              reads++;
              return text;
            },
          };
    },
  );
  return { scan: () => scan(image), asked, reads: () => reads };
};

describe('a scan by a component', () => {
  it("is what the build instance uploaded under its id, also if Image Builder's own scan says something else", async () => {
    const { scan, asked } = scanOf(JSON.stringify(aTrivyReport(aTrivyVulnerability())));
    expect(await scan()).toMatchObject({
      scanner: { name: 'trivy', version: '0.69.0' },
      found: [{ vulnerabilityId: 'CVE-2026-1' }],
    });
    expect(asked).toEqual(['image-scans/i-1.json']);
  });

  it.each<[string, Parameters<typeof scanOf>, RegExp]>([
    ['nothing was uploaded', [undefined], /i-1 has uploaded no report\.$/],
    ['no component wrote one', [''], /no component wrote a report on the build instance i-1\.$/],
    ['the report is none', ['{}'], /cannot be used: it is neither/],
    ['its build instance is not known', ['{}', 2, []], /names 0 instances/],
    ['there are two', ['{}', 2, ['i-1', 'i-2']], /names 2 instances/],
  ])('is none where %s', async (_why, given, message) => {
    expect(await scanOf(...given).scan()).toEqual({
      notScanned: expect.stringMatching(/^The image ami-qat was not scanned: /),
    });
    expect(await scanOf(...given).scan()).toEqual({ notScanned: expect.stringMatching(message) });
  });

  it('does not read a report that is too large', async () => {
    const { scan, reads } = scanOf(JSON.stringify(aTrivyReport()), 16 * 2 ** 20 + 1);
    expect(await scan()).toEqual({ notScanned: expect.stringContaining('has 16777217 bytes') });
    expect(reads()).toBe(0);
  });
});

it('the build instance is what the build workflow launched, not the one of the tests', async () => {
  const { client } = double(
    new ImagebuilderClient(offline),
    on(ListWorkflowExecutionsCommand, ({ imageBuildVersionArn, nextToken }) => {
      expect(imageBuildVersionArn).toBe('build-arn');
      return nextToken === undefined
        ? { workflowExecutions: [{ type: 'TEST' as const, workflowExecutionId: 'test' }], nextToken: 'more' }
        : { workflowExecutions: [{ type: 'BUILD' as const, workflowExecutionId: 'build' }] };
    }),
    on(ListWorkflowStepExecutionsCommand, ({ workflowExecutionId }) => ({
      steps: [
        { action: 'LaunchInstance', outputs: JSON.stringify({ instanceId: `i-${workflowExecutionId}` }) },
        { action: 'CreateImage', outputs: JSON.stringify({ imageId: 'ami-1' }) },
        { action: 'TerminateInstance' },
      ],
    })),
  );
  expect(await createBuildInstances(client)('build-arn')).toEqual(['i-build']);
});

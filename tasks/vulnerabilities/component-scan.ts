import {
  type ImagebuilderClient,
  paginateListWorkflowExecutions,
  paginateListWorkflowStepExecutions,
} from '@aws-sdk/client-imagebuilder';
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { ScanSource } from './scan-image.ts';
import { readScannerReport } from './scanner-report.ts';

/** Folder of the application's bucket to which build instances upload what scanners wrote. */
export const IMAGE_SCAN_PREFIX = 'image-scans';

/** Bytes of a report. One of a whole image has a few megabytes; parsed, it takes several times as much of the function's memory. */
const LARGEST_REPORT = 16 * 2 ** 20;

/** Both lists give so many at a time at most (their API references). */
const LARGEST_PAGE = 25;

/** Ids of the instances on which an image was built: one, unless Image Builder did something unusual. */
export type BuildInstances = (imageBuildVersionArn: string) => Promise<readonly string[]>;

/** A report as it was uploaded; undefined if it is not there, or must not be read. */
export type ReadReport = (
  objectKey: string,
) => Promise<{ readonly bytes: number; readonly text: () => Promise<string> } | undefined>;

/** Image Builder's own build workflow has a step LaunchInstance, whose output is `{"instanceId":"i-…"}` (API reference, ListWorkflowStepExecutions). */
export const createBuildInstances =
  (client: ImagebuilderClient): BuildInstances =>
  async (imageBuildVersionArn) => {
    const instances: string[] = [];
    const paging = { client, pageSize: LARGEST_PAGE };
    for await (const { workflowExecutions = [] } of paginateListWorkflowExecutions(paging, {
      imageBuildVersionArn,
    }))
      for (const { type, workflowExecutionId } of workflowExecutions)
        if (type === 'BUILD' && workflowExecutionId !== undefined)
          for await (const { steps = [] } of paginateListWorkflowStepExecutions(paging, {
            workflowExecutionId,
          }))
            for (const { action, outputs = '{}' } of steps)
              if (action === 'LaunchInstance') {
                const { instanceId } = JSON.parse(outputs) as { readonly instanceId?: string };
                if (instanceId !== undefined) instances.push(instanceId);
              }
    return instances;
  };

/** Reads reports from the application's bucket. */
export const createReadReport =
  (bucket: string, client = new S3Client({})): ReadReport =>
  async (objectKey) => {
    try {
      const { Body, ContentLength } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: objectKey }),
      );
      return { bytes: ContentLength ?? 0, text: async () => (await Body?.transformToString('utf8')) ?? '' };
    } catch (error) {
      // Without the right to list the bucket, S3 does not tell a missing object from one that must not be read.
      if (error instanceof S3ServiceException && ['NoSuchKey', 'AccessDenied'].includes(error.name))
        return undefined;
      throw error;
    }
  };

/** Scans by a component of the team: the build instance has uploaded what the scanner wrote, under the instance's id. */
export const componentScan =
  (instancesOf: BuildInstances, read: ReadReport): ScanSource =>
  async ({ imageId, imageBuildVersionArn }) => {
    const notScanned = (why: string) => ({ notScanned: `The image ${imageId} was not scanned: ${why}.` });
    const instances = await instancesOf(imageBuildVersionArn);
    const [instance] = instances;
    if (instance === undefined || instances.length > 1)
      return notScanned(
        `Image Builder names ${instances.length} instances on which it was built, instead of one`,
      );
    const report = await read(`${IMAGE_SCAN_PREFIX}/${instance}.json`);
    if (report === undefined) return notScanned(`the build instance ${instance} has uploaded no report`);
    if (report.bytes === 0)
      return notScanned(`no component wrote a report on the build instance ${instance}`);
    if (report.bytes > LARGEST_REPORT)
      return notScanned(
        `the report has ${report.bytes} bytes; Lockstep reads ${LARGEST_REPORT}. Have the scanner write vulnerabilities alone, without its list of packages`,
      );
    try {
      const { scanner, findings } = readScannerReport(await report.text());
      return { scanner, found: findings };
    } catch (error) {
      return notScanned(`its report cannot be used: ${(error as Error).message}`);
    }
  };

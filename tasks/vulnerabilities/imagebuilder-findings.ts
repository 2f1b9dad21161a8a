import { type ImagebuilderClient, paginateListImageScanFindings } from '@aws-sdk/client-imagebuilder';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import type { Finding } from './finding.ts';
import { type DescribedFinding, described, withKnownExploited } from './inspector-findings.ts';
import type { ScanSource } from './scan-image.ts';

/** ListImageScanFindings gives so many findings at a time at most (its API reference). */
const LARGEST_PAGE = 25;

/** States of Image Builder's scan in which it still works (API reference, ImageScanState). */
const underWay: ReadonlySet<string | undefined> = new Set(['PENDING', 'SCANNING', 'COLLECTING']);

/** Reads what a scan has found in an image. */
export type ReadFindings = (imageBuildVersionArn: string) => Promise<readonly Finding[]>;

/** Reads what Amazon Inspector found in an image when it was built. Image Builder keeps that. */
export const createImageFindings =
  (client: ImagebuilderClient, inspector: Inspector2Client): ReadFindings =>
  async (imageBuildVersionArn) => {
    const found: DescribedFinding[] = [];
    for await (const { findings = [] } of paginateListImageScanFindings(
      { client, pageSize: LARGEST_PAGE },
      { filters: [{ name: 'imageBuildVersionArn', values: [imageBuildVersionArn] }] },
    ))
      found.push(...findings.map(described));
    return withKnownExploited(inspector, found);
  };

/** Scans by Amazon Inspector, which Image Builder starts. */
export const inspectorScan =
  (read: ReadFindings): ScanSource =>
  async ({ imageId, imageBuildVersionArn, scanState: { status = 'MISSING', reason } = {} }) => {
    if (underWay.has(status)) return undefined;
    if (status === 'COMPLETED') return { found: await read(imageBuildVersionArn) };
    return {
      notScanned: `Amazon Inspector's scan of the image ${imageId} is ${status}: ${reason ?? 'no reason was given'}.`,
    };
  };

import { type ImagebuilderClient, paginateListImageScanFindings } from '@aws-sdk/client-imagebuilder';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import { type DescribedFinding, described, withKnownExploited } from './inspector-findings.ts';
import type { FindingsSource } from './scan-image.ts';

/** ListImageScanFindings gives so many findings at a time at most (its API reference). */
const LARGEST_PAGE = 25;

/** Reads what Amazon Inspector found in an image when it was built. Image Builder keeps that. */
export const createImageFindings =
  (client: ImagebuilderClient, inspector: Inspector2Client): FindingsSource =>
  async (imageBuildVersionArn) => {
    const found: DescribedFinding[] = [];
    for await (const { findings = [] } of paginateListImageScanFindings(
      { client, pageSize: LARGEST_PAGE },
      { filters: [{ name: 'imageBuildVersionArn', values: [imageBuildVersionArn] }] },
    ))
      found.push(...findings.map(described));
    return withKnownExploited(inspector, found);
  };

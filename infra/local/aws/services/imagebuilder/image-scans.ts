import { randomUUID } from 'node:crypto';
import type {
  ImageScanFinding,
  ImageScanStatus,
  ListImageScanFindingsRequest,
  ListImageScanFindingsResponse,
} from '@aws-sdk/client-imagebuilder';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { describeKnown, knownAbout } from '../shared/vulnerabilities.ts';
import { type ImageScan, tablesOf } from './records.ts';

/** ListImageScanFindings gives so many findings at most, and as many if nothing is said (its API reference). */
const LARGEST_PAGE = 25;

/** How the next scans end, by the key `status`; absent for `COMPLETED`. */
export const scanOutcomeOf = ({ store }: Pick<Host, 'store'>) =>
  store.table<ImageScanStatus>('imagebuilder.scanOutcome');

/** Scans an image by what is known about vulnerabilities now. */
export function scanImage(host: Host, imageArn: string): void {
  const { packages, scans } = tablesOf(host);
  const status = scanOutcomeOf(host).get('status') ?? 'COMPLETED';
  const installed = packages.get(imageArn) ?? [];
  scans.put(imageArn, {
    status,
    reason: status === 'COMPLETED' ? 'The findings were collected.' : 'This was asked for.',
    scannedAt: host.clock.now(),
    found: status === 'COMPLETED' ? knownAbout(host, installed) : [],
  });
}

const findingOf = (
  host: Host,
  imageBuildVersionArn: string,
  { scannedAt }: ImageScan,
  found: ImageScan['found'][number],
) => {
  return {
    awsAccountId: host.accountId,
    imageBuildVersionArn,
    imagePipelineArn: tablesOf(host).images.get(imageBuildVersionArn)?.pipelineArn,
    ...describeKnown(found, scannedAt),
  } satisfies ImageScanFinding;
};

/** ListImageScanFindings, by the filter `imageBuildVersionArn`. */
export const imageScans = (host: Host): Readonly<Record<string, Operation>> => {
  const list: Operation<ListImageScanFindingsRequest, ListImageScanFindingsResponse> = {
    requires: () => ({ action: 'imagebuilder:ListImageScanFindings', resource: '*' }),
    run: ({ filters = [], maxResults = LARGEST_PAGE, nextToken: token }) => {
      const [filter] = filters;
      const [arn = ''] = filter?.values ?? [];
      if (filters.length !== 1 || filter?.name !== 'imageBuildVersionArn')
        throw new AwsError(
          'InvalidParameterValueException',
          'Only the filter imageBuildVersionArn is supported here.',
        );
      if (maxResults < 1 || maxResults > LARGEST_PAGE)
        throw new AwsError(
          'InvalidParameterValueException',
          `maxResults must be from 1 to ${LARGEST_PAGE}; received ${maxResults}.`,
        );
      const scan = tablesOf(host).scans.get(arn);
      const { items, nextToken } = page(scan?.found ?? [], token, maxResults, {
        errorName: 'InvalidPaginationTokenException',
      });
      return {
        requestId: randomUUID(),
        findings: scan === undefined ? [] : items.map((one) => findingOf(host, arn, scan, one)),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };
  return { ListImageScanFindings: list };
};

import { ImagebuilderClient, ListImageScanFindingsCommand } from '@aws-sdk/client-imagebuilder';
import { Inspector2Client, SearchVulnerabilitiesCommand } from '@aws-sdk/client-inspector2';
import { createImageFindings } from '../../../tasks/vulnerabilities/imagebuilder-findings.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const scanFinding = (vulnerabilityId: string, fixAvailable = 'YES') => ({
  severity: 'HIGH',
  title: vulnerabilityId,
  fixAvailable,
  packageVulnerabilityDetails: {
    vulnerabilityId,
    vulnerablePackages: [
      {
        name: 'openssl',
        epoch: 1,
        version: '3.0.8',
        release: '1.amzn2023',
        fixedInVersion: fixAvailable === 'NO' ? 'NotAvailable' : '1:3.0.9-1.amzn2023',
      },
    ],
  },
});

describe('findings in Image Builder', () => {
  it('are read page by page, with versions as inventories have them, and what CISA knows to be exploited', async () => {
    const builder = double(
      new ImagebuilderClient(offline),
      on(ListImageScanFindingsCommand, ({ nextToken }) =>
        nextToken === undefined
          ? { findings: [scanFinding('CVE-1')], nextToken: 'more' }
          : { findings: [scanFinding('CVE-2', 'NO'), scanFinding('CVE-3', 'PARTIAL')] },
      ),
    );
    const inspector = double(
      new Inspector2Client(offline),
      on(SearchVulnerabilitiesCommand, ({ filterCriteria }) => ({
        vulnerabilities: [
          {
            id: filterCriteria?.vulnerabilityIds?.[0],
            ...(filterCriteria?.vulnerabilityIds?.[0] === 'CVE-2' && {
              cisaData: { dateAdded: new Date(0) },
            }),
          },
        ],
      })),
    );
    const found = await createImageFindings(builder.client, inspector.client)('build-arn');
    expect(builder.sent[0]?.input).toMatchObject({
      filters: [{ name: 'imageBuildVersionArn', values: ['build-arn'] }],
      maxResults: 25,
    });
    expect(found.map(({ isFixable, isKnownExploited }) => [isFixable, isKnownExploited])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
    expect(found[0]).toMatchObject({ vulnerabilityId: 'CVE-1', severity: 'high' });
    expect(found[0]?.packages).toEqual([
      { name: 'openssl', version: '1:3.0.8-1.amzn2023', fixedIn: '1:3.0.9-1.amzn2023' },
    ]);
    expect(found[1]?.packages).toEqual([{ name: 'openssl', version: '1:3.0.8-1.amzn2023' }]);
  });
});

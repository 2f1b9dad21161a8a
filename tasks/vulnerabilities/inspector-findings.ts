import {
  type Inspector2Client,
  paginateListFindings,
  SearchVulnerabilitiesCommand,
} from '@aws-sdk/client-inspector2';
import { mapAtOnce } from '../at-once.ts';
import { type Finding, severityOf, type VulnerablePackage } from './finding.ts';

/** So many vulnerabilities are looked up at once. */
const AT_ONCE = 5;
/** ListFindings gives so many at a time at most (its API reference). */
const LARGEST_PAGE = 100;

/** A finding before it is known whether its vulnerability is exploited. */
export type DescribedFinding = Omit<Finding, 'isKnownExploited'>;

/** A finding as both Inspector and Image Builder give it. */
export interface ScannerFinding {
  readonly severity?: string | undefined;
  readonly title?: string | undefined;
  readonly fixAvailable?: string | undefined;
  readonly packageVulnerabilityDetails?:
    | {
        readonly vulnerabilityId: string | undefined;
        readonly vulnerablePackages?:
          | readonly {
              readonly name?: string | undefined;
              readonly version?: string | undefined;
              readonly epoch?: number | undefined;
              readonly release?: string | undefined;
              readonly fixedInVersion?: string | undefined;
            }[]
          | undefined;
      }
    | undefined;
}

/** A version with epoch and release, as inventories have it. */
const versionText = (epoch: number | undefined, version: string, release: string | undefined): string =>
  `${epoch ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`;

/** Inspector says this of a package without a fix. */
const NOT_FIXED = 'NotAvailable';

/** Reads a finding. */
export function described({
  severity,
  title = '',
  fixAvailable,
  packageVulnerabilityDetails,
}: ScannerFinding): DescribedFinding {
  const { vulnerabilityId, vulnerablePackages = [] } = packageVulnerabilityDetails ?? {};
  const packages = vulnerablePackages.map(
    ({ name = '', version = '', epoch, release, fixedInVersion }): VulnerablePackage => ({
      name,
      version: versionText(epoch, version, release),
      ...(fixedInVersion && fixedInVersion !== NOT_FIXED && { fixedIn: fixedInVersion }),
    }),
  );
  return {
    vulnerabilityId: vulnerabilityId ?? title,
    severity: severityOf(severity),
    title,
    // `PARTIAL`: some of its packages have a fix.
    isFixable: fixAvailable === 'YES' || fixAvailable === 'PARTIAL',
    packages,
  };
}

/** Adds what findings do not say: whether a vulnerability is exploited. Inspector's catalog tells one vulnerability at a time. */
export async function withKnownExploited(
  inspector: Inspector2Client,
  found: readonly DescribedFinding[],
): Promise<readonly Finding[]> {
  const isKnownExploited = async (vulnerabilityId: string): Promise<boolean> => {
    const { vulnerabilities = [] } = await inspector.send(
      new SearchVulnerabilitiesCommand({ filterCriteria: { vulnerabilityIds: [vulnerabilityId] } }),
    );
    // CISA's catalog of known exploited vulnerabilities.
    return vulnerabilities.some(({ cisaData }) => cisaData?.dateAdded !== undefined);
  };
  const ids = [...new Set(found.map(({ vulnerabilityId }) => vulnerabilityId))];
  const answers = await mapAtOnce(AT_ONCE, ids, isKnownExploited);
  const exploited = new Set(ids.filter((_, index) => answers[index]));
  return found.map((one) => ({ ...one, isKnownExploited: exploited.has(one.vulnerabilityId) }));
}

/** Reads what Inspector knows now of the instances that run an AMI. */
export const createActiveFindings =
  (inspector: Inspector2Client) =>
  async (imageId: string): Promise<readonly Finding[]> => {
    const found: DescribedFinding[] = [];
    for await (const { findings = [] } of paginateListFindings(
      { client: inspector, pageSize: LARGEST_PAGE },
      {
        filterCriteria: {
          ec2InstanceImageId: [{ comparison: 'EQUALS', value: imageId }],
          findingStatus: [{ comparison: 'EQUALS', value: 'ACTIVE' }],
          findingType: [{ comparison: 'EQUALS', value: 'PACKAGE_VULNERABILITY' }],
        },
      },
    ))
      found.push(...findings.map(described));
    return withKnownExploited(inspector, found);
  };

import type {
  Finding,
  ListFindingsRequest,
  ListFindingsResponse,
  SearchVulnerabilitiesRequest,
  SearchVulnerabilitiesResponse,
  Vulnerability as VulnerabilityDetails,
} from '@aws-sdk/client-inspector2';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { describeKnown, installedOf, knownAbout, vulnerabilitiesOf } from '../shared/vulnerabilities.ts';

/** Since when CISA's catalog has what it has here. */
const IN_CATALOG_SINCE = new Date('2026-01-01T00:00:00.000Z');

/** ListFindings gives so many at most, and as many if nothing is said (its API reference). */
const LARGEST_PAGE = 100;

/** Amazon Inspector: what it knows about vulnerabilities. Image Builder has it look at test instances. */
export const createInspectorService = (host: Host): Service => {
  const search: Operation<SearchVulnerabilitiesRequest, SearchVulnerabilitiesResponse> = {
    requires: () => ({ action: 'inspector2:SearchVulnerabilities', resource: '*' }),
    run: ({ filterCriteria }) => {
      const ids = filterCriteria?.vulnerabilityIds ?? [];
      if (ids.length !== 1)
        throw new AwsError(
          'ValidationException',
          `filterCriteria.vulnerabilityIds must have 1 id; received ${ids.length}.`,
        );
      const known = vulnerabilitiesOf(host).get(ids[0] ?? '');
      return {
        vulnerabilities:
          known === undefined
            ? []
            : [
                {
                  id: known.vulnerabilityId,
                  description: known.title,
                  vendorSeverity: known.severity,
                  ...(known.isKnownExploited && { cisaData: { dateAdded: IN_CATALOG_SINCE } }),
                } satisfies VulnerabilityDetails,
              ],
      };
    },
  };
  /** What it knows now of the instances of an AMI: it looks at them again whenever it learns of a vulnerability. */
  const list: Operation<ListFindingsRequest, ListFindingsResponse> = {
    requires: () => ({ action: 'inspector2:ListFindings', resource: '*' }),
    run: ({ filterCriteria = {}, maxResults = LARGEST_PAGE, nextToken: token }) => {
      const [image, ...more] = filterCriteria.ec2InstanceImageId ?? [];
      if (image?.comparison !== 'EQUALS' || image.value === undefined || more.length > 0)
        throw new AwsError('ValidationException', 'Only one AMI by ec2InstanceImageId is supported here.');
      const known = knownAbout(host, installedOf(host).get(image.value) ?? []);
      const { items, nextToken } = page(known, token, maxResults, { errorName: 'ValidationException' });
      return {
        findings: items.map(
          (one) =>
            ({
              findingArn: `arn:${host.partition}:inspector2:${host.region}:${host.accountId}:finding/${one.vulnerability.vulnerabilityId}`,
              awsAccountId: host.accountId,
              status: 'ACTIVE',
              remediation: {},
              lastObservedAt: new Date(host.clock.now()),
              resources: [{ type: 'AWS_EC2_INSTANCE', id: image.value ?? '' }],
              ...describeKnown(one, host.clock.now()),
            }) satisfies Finding,
        ),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  };
  return {
    name: 'inspector2',
    operations: { SearchVulnerabilities: search, ListFindings: list },
    resources: {},
  };
};

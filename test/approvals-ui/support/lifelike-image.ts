import type { Review } from '../../../tasks/approvals/review.ts';
import { reviewPackages } from '../../../tasks/approvals/review-packages.ts';
import { reviewVulnerabilities } from '../../../tasks/approvals/review-vulnerabilities.ts';
import { compareInventories } from '../../../tasks/image-inventory/compare-inventories.ts';
import { forbiddenDrift } from '../../../tasks/image-inventory/image-drift.ts';
import type { SecretScan } from '../../../tasks/secret-scan/secret-scan.ts';
import type { Finding } from '../../../tasks/vulnerabilities/finding.ts';
import { manyPackages, sampleInventory } from '../../tasks/image-inventory/sample-inventory.ts';
import { aFinding, anAcceptance } from '../../tasks/vulnerabilities/sample-findings.ts';

const common = manyPackages(412);
const versions = (changed: Readonly<Record<string, string>>) =>
  sampleInventory({
    packages: [...common, ...Object.entries(changed).map(([name, version]) => ({ name, version }))],
  });

const prod = versions({
  curl: '8.5.0-1.amzn2023.0.4',
  glibc: '2.34-117.amzn2023.0.1',
  'java-21-amazon-corretto-headless': '1:21.0.5+11-1.amzn2023.1',
  openssl: '1:3.0.8-1.amzn2023.0.14',
  'python3-setuptools-wheel': '59.6.0-2.amzn2023.0.5',
  zlib: '1.2.11-33.amzn2023.0.5',
});
const qat = versions({
  curl: '8.11.1-2.amzn2023.0.1',
  glibc: '2.34-117.amzn2023.0.2',
  'java-21-amazon-corretto-headless': '1:21.0.4+7-1.amzn2023.1',
  jq: '1.7.1-49.amzn2023.0.2',
  openssl: '1:3.0.8-1.amzn2023.0.16',
  zlib: '1.2.11-33.amzn2023.0.5',
});

const finding = (id: string, name: string, version: string, change: Partial<Finding> = {}): Finding =>
  aFinding(id, { packages: [{ name, version }], isFixable: false, ...change });
const java = finding('CVE-2026-21445', 'java-21-amazon-corretto-headless', '1:21.0.4+7-1.amzn2023.1', {
  isFixable: true,
  packages: [
    {
      name: 'java-21-amazon-corretto-headless',
      version: '1:21.0.4+7-1.amzn2023.1',
      fixedIn: '1:21.0.5+11-1.amzn2023.1',
    },
  ],
});
const zlib = finding('CVE-2025-9714', 'zlib', '1.2.11-33.amzn2023.0.5', { severity: 'medium' });
const before = [
  zlib,
  finding('CVE-2026-5535', 'openssl', '1:3.0.8-1.amzn2023.0.14', { isKnownExploited: true }),
  finding('CVE-2026-6119', 'openssl', '1:3.0.8-1.amzn2023.0.14', { severity: 'high' }),
  finding('CVE-2026-8096', 'curl', '8.5.0-1.amzn2023.0.4', { severity: 'high' }),
];

/** What differs in an image that is scanned: older and newer packages, security updates, an accepted vulnerability. */
export const imageReview: Pick<Review, 'packages' | 'vulnerabilities'> = {
  packages: reviewPackages({ before: prod, now: qat }, { before, now: [zlib, java] }),
  vulnerabilities: reviewVulnerabilities(
    before,
    [zlib, java],
    [
      anAcceptance({
        vulnerabilityId: 'CVE-2026-21445',
        until: '2026-12-31',
        reason: 'The orders service opens no archives; Corretto 21.0.5 breaks the label printer.',
      }),
    ],
  ),
};

const prodBuild = versions({
  curl: '8.11.1-4.amzn2023.0.1',
  glibc: '2.34-117.amzn2023.0.2',
  'java-21-amazon-corretto-headless': '1:21.0.4+7-1.amzn2023.1',
  openssl: '1:3.0.8-1.amzn2023.0.14',
  zlib: '1.2.11-33.amzn2023.0.5',
});
const fromApproved = { before: qat, now: prodBuild };

/** How a Prod image differs from the approved QAT image: all of it, and what may not. */
export const prodImagePackages = reviewPackages(fromApproved, { before: undefined, now: undefined });
export const prodImageDiffers = forbiddenDrift(
  compareInventories(fromApproved.before, fromApproved.now),
  'security-updates',
).join('\n');

/** Why the gate stopped an image. */
export const gateFailure = [
  'The QAT image ami-0d5a7c1f0be8826aa does not pass image.gate. A redrive builds it again, with the newest packages and what was accepted until then.',
  'CVE-2026-21445 (critical) in java-21-amazon-corretto-headless 1:21.0.4+7-1.amzn2023.1, fixed in 1:21.0.5+11-1.amzn2023.1.',
].join('\n');

/** A commit in which somebody wrote a token. */
export const secretScan: SecretScan = {
  at: '2026-11-22T09:58:20.000Z',
  files: 9,
  findings: [{ path: 'config/delivery.env', line: 3, rule: 'github/GITHUB_TOKEN' }],
  findingCount: 1,
  notScanned: [{ path: 'src/pages/labels.pdf', why: 'binary' }],
  notScannedCount: 1,
};

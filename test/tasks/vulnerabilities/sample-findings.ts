import type { Acceptance } from '../../../tasks/vulnerabilities/acceptance.ts';
import type { Finding } from '../../../tasks/vulnerabilities/finding.ts';

/** A new critical vulnerability with a fix; `change` replaces parts of it. */
export const aFinding = (vulnerabilityId = 'CVE-2026-1', change: Partial<Finding> = {}): Finding => ({
  vulnerabilityId,
  severity: 'critical',
  title: `${vulnerabilityId} - openssl`,
  isFixable: true,
  isKnownExploited: false,
  packages: [{ name: 'openssl', version: '1:3.0.8-1', fixedIn: '1:3.0.9-1' }],
  ...change,
});

export const anAcceptance = (change: Partial<Acceptance> = {}): Acceptance => ({
  application: 'shop',
  vulnerabilityId: 'CVE-2026-1',
  by: { type: 'person', subject: 'sub-of-quinn', name: 'quinn', verifiedEmail: 'quinn@example.com' },
  at: '2026-11-20T10:00:00.000Z',
  until: '2026-11-30',
  reason: 'We do not use that cipher',
  promotionId: 'shop-1',
  ...change,
});

// Reports of scanners, in the shapes that they document, with the fields that Lockstep does not read as well.

/** What grype writes. */
export const aGrypeReport = (...matches: readonly object[]) => ({
  matches,
  source: { type: 'directory', target: '/' },
  distro: { name: 'amazonlinux', version: '2023', idLike: ['fedora'] },
  descriptor: {
    name: 'grype',
    version: '0.92.0',
    configuration: { output: ['json'] },
    db: { status: { schemaVersion: 'v6.0.2', valid: true } },
    timestamp: '2026-11-22T10:00:00.123456789Z',
  },
});

/** One of its matches. */
export const aMatch = (vulnerability: object = {}, more: object = {}) => ({
  vulnerability: {
    id: 'ALAS2023-2026-1',
    dataSource: 'https://alas.aws.amazon.com/AL2023/ALAS-2026-1.html',
    namespace: 'amazon:distro:amazonlinux:2023',
    severity: 'Critical',
    urls: [],
    description: 'Reads past the end of a certificate',
    cvss: [],
    fix: { versions: ['1:3.0.9-1'], state: 'fixed' },
    advisories: [],
    ...vulnerability,
  },
  relatedVulnerabilities: [{ id: 'CVE-2026-1', severity: 'High', cvss: [] }],
  matchDetails: [{ type: 'exact-direct-match', matcher: 'rpm-matcher' }],
  artifact: { name: 'openssl', version: '1:3.0.8-1', type: 'rpm', locations: [] },
  ...more,
});

/** What trivy writes. */
export const aTrivyReport = (...vulnerabilities: readonly object[]) => ({
  SchemaVersion: 2,
  Trivy: { Version: '0.69.0' },
  CreatedAt: '2026-11-22T11:00:00.5+01:00',
  ArtifactName: '/',
  ArtifactType: 'filesystem',
  Metadata: { OS: { Family: 'amazon', Name: '2023.9 (Amazon Linux)' } },
  Results: [
    {
      Target: '/ (amazon 2023.9 (Amazon Linux))',
      Class: 'os-pkgs',
      Type: 'amazon',
      ...(vulnerabilities.length > 0 && { Vulnerabilities: vulnerabilities }),
    },
    { Target: 'Node.js', Class: 'lang-pkgs', Type: 'node-pkg', Vulnerabilities: null },
  ],
});

/** One of its vulnerabilities. */
export const aTrivyVulnerability = (more: object = {}) => ({
  VulnerabilityID: 'CVE-2026-1',
  PkgID: 'openssl@1:3.0.8-1.x86_64',
  PkgName: 'openssl',
  InstalledVersion: '1:3.0.8-1',
  FixedVersion: '1:3.0.9-1',
  Status: 'fixed',
  Severity: 'CRITICAL',
  Title: 'openssl: reads past the end of a certificate',
  Description: 'A longer text',
  CVSS: { nvd: { V3Score: 9.8 } },
  ...more,
});

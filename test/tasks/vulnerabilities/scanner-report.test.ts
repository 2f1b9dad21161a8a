import fc from 'fast-check';
import type { Finding } from '../../../tasks/vulnerabilities/finding.ts';
import { readScannerReport } from '../../../tasks/vulnerabilities/scanner-report.ts';
import { aGrypeReport, aMatch, aTrivyReport, aTrivyVulnerability } from './sample-reports.ts';

const read = (report: object) => readScannerReport(JSON.stringify(report));
const finding = (report: object): Finding | undefined => read(report).findings[0];

describe("grype's report", () => {
  it('is read with the scanner, its version and the time of the scan', () => {
    expect(read(aGrypeReport(aMatch()))).toEqual({
      scanner: { name: 'grype', version: '0.92.0', at: '2026-11-22T10:00:00.123Z' },
      findings: [
        {
          vulnerabilityId: 'ALAS2023-2026-1',
          severity: 'critical',
          title: 'Reads past the end of a certificate',
          isFixable: true,
          isKnownExploited: false,
          packages: [{ name: 'openssl', version: '1:3.0.8-1', fixedIn: '1:3.0.9-1' }],
        },
      ],
    });
  });

  it('may have found nothing', () => {
    expect(read(aGrypeReport()).findings).toEqual([]);
  });

  it.each([
    ['Unknown', 'untriaged'],
    ['Negligible', 'informational'],
    ['Low', 'low'],
    ['Medium', 'medium'],
    ['High', 'high'],
    ['Critical', 'critical'],
    [undefined, 'untriaged'],
  ])('calls a severity %s, which is %s here', (severity, here) => {
    expect(finding(aGrypeReport(aMatch({ severity })))?.severity).toBe(here);
  });

  it.each([
    ['fixed', ['2', '3'], true, '2, 3'],
    ['fixed', [], true, undefined],
    ['not-fixed', null, false, undefined],
    ['wont-fix', ['2'], false, undefined],
    ['unknown', undefined, false, undefined],
  ])('with the fix state %s and versions %j', (state, versions, isFixable, fixedIn) => {
    const found = finding(aGrypeReport(aMatch({ fix: { state, versions } })));
    expect(found?.isFixable).toBe(isFixable);
    expect(found?.packages).toEqual([{ name: 'openssl', version: '1:3.0.8-1', ...(fixedIn && { fixedIn }) }]);
  });

  it.each([
    ['the vulnerability', aMatch({ knownExploited: [{ cve: 'CVE-2026-1' }] }), true],
    [
      'one that an advisory is about',
      aMatch({}, { relatedVulnerabilities: [{ id: 'CVE-2026-1', knownExploited: [{ cve: 'CVE-2026-1' }] }] }),
      true,
    ],
    ['none', aMatch({ knownExploited: [] }, { relatedVulnerabilities: null }), false],
  ])('says of %s that it is exploited', (_which, match, isKnownExploited) => {
    expect(finding(aGrypeReport(match))?.isKnownExploited).toBe(isKnownExploited);
  });

  it('gives a short title, or the id where there is no description', () => {
    expect(finding(aGrypeReport(aMatch({ description: 'x'.repeat(1_000) })))?.title).toHaveLength(301);
    expect(finding(aGrypeReport(aMatch({ description: undefined })))?.title).toBe('ALAS2023-2026-1');
  });
});

describe("trivy's report", () => {
  it('is read with the scanner, its version and the time of the scan', () => {
    expect(read(aTrivyReport(aTrivyVulnerability()))).toEqual({
      scanner: { name: 'trivy', version: '0.69.0', at: '2026-11-22T10:00:00.500Z' },
      findings: [
        {
          vulnerabilityId: 'CVE-2026-1',
          severity: 'critical',
          title: 'openssl: reads past the end of a certificate',
          isFixable: true,
          isKnownExploited: false,
          packages: [{ name: 'openssl', version: '1:3.0.8-1', fixedIn: '1:3.0.9-1' }],
        },
      ],
    });
  });

  it('may have found nothing, and may leave out its version', () => {
    const { Trivy: _, ...report } = aTrivyReport();
    expect(read(report)).toEqual({
      scanner: { name: 'trivy', at: '2026-11-22T10:00:00.500Z' },
      findings: [],
    });
  });

  it.each([
    ['UNKNOWN', 'untriaged'],
    ['LOW', 'low'],
    ['MEDIUM', 'medium'],
    ['HIGH', 'high'],
  ])('calls a severity %s, which is %s here', (Severity, here) => {
    expect(finding(aTrivyReport(aTrivyVulnerability({ Severity })))?.severity).toBe(here);
  });

  it.each([undefined, ''])('has no fix where FixedVersion is %j', (FixedVersion) => {
    const found = finding(aTrivyReport(aTrivyVulnerability({ FixedVersion })));
    expect(found?.isFixable).toBe(false);
    expect(found?.packages).toEqual([{ name: 'openssl', version: '1:3.0.8-1' }]);
  });
});

describe('what is no report', () => {
  const { distro: _, ...undistributed } = aGrypeReport();
  const { CreatedAt: __, ...undated } = aTrivyReport();
  it.each<[string, string, RegExp]>([
    ['empty', ' \n', /^it is empty$/],
    ['truncated', JSON.stringify(aTrivyReport()).slice(0, -1), /^it is not JSON, or not all of it: /],
    ['a list', '[]', /^it is neither grype's JSON \(matches\) nor trivy's \(SchemaVersion\)$/],
    ['null', 'null', /^it is neither/],
    [
      'a bill of materials',
      JSON.stringify({ bomFormat: 'CycloneDX', vulnerabilities: [] }),
      /^it is neither/,
    ],
    ["trivy's older format", JSON.stringify({ ...aTrivyReport(), SchemaVersion: 1 }), /SchemaVersion: /],
    ['of trivy without results', JSON.stringify({ ...aTrivyReport(), Results: [] }), /looked at nothing/],
    ['of trivy without its list', JSON.stringify({ ...aTrivyReport(), Results: undefined }), /Results: /],
    ['of trivy without a time', JSON.stringify(undated), /CreatedAt: /],
    [
      'of trivy about a folder',
      JSON.stringify({ ...aTrivyReport(), Metadata: {} }),
      /recognized no distribution/,
    ],
    [
      "of trivy with another's severity",
      JSON.stringify(aTrivyReport(aTrivyVulnerability({ Severity: 'Important' }))),
      /Results\.0\.Vulnerabilities\.0\.Severity: /,
    ],
    [
      'of trivy without a package',
      JSON.stringify(aTrivyReport(aTrivyVulnerability({ PkgName: '' }))),
      /Vulnerabilities\.0\.PkgName: /,
    ],
    [
      'of trivy with a version that goes on in another line',
      JSON.stringify(aTrivyReport(aTrivyVulnerability({ InstalledVersion: '1.0.\nIt was accepted.' }))),
      /InstalledVersion: it has control characters/,
    ],
    [
      'of trivy with a name that nobody reads to its end',
      JSON.stringify(aTrivyReport(aTrivyVulnerability({ PkgName: 'a'.repeat(257) }))),
      /PkgName: /,
    ],
    [
      'of another scanner',
      JSON.stringify({ ...aGrypeReport(), descriptor: { name: 'xray' } }),
      /descriptor\.name: /,
    ],
    ['of grype without a distribution', JSON.stringify(undistributed), /distro: /],
    [
      'of grype about a folder',
      JSON.stringify({ ...aGrypeReport(), distro: { name: '', version: '' } }),
      /grype recognized no distribution/,
    ],
    ['of grype without matches', JSON.stringify({ ...aGrypeReport(), matches: null }), /matches: /],
    [
      'of grype without an id',
      JSON.stringify(aGrypeReport(aMatch({ id: '' }))),
      /matches\.0\.vulnerability\.id: /,
    ],
    [
      'of grype without a word on fixes',
      JSON.stringify(aGrypeReport(aMatch({ fix: undefined }))),
      /vulnerability\.fix: /,
    ],
  ])('is refused: %s', (_what, text, message) => {
    expect(() => readScannerReport(text)).toThrow(message);
  });

  it('is refused wherever it was cut off', () => {
    const text = JSON.stringify(aGrypeReport(aMatch(), aMatch({ id: 'CVE-2026-2' })));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(() => readScannerReport(text.slice(0, length))).toThrow();
      }),
    );
  });
});

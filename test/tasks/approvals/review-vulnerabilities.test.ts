import { scannedVulnerabilities } from '../../../tasks/approvals/review-vulnerabilities.ts';
import type { Scanner } from '../../../tasks/vulnerabilities/finding.ts';
import { aFinding } from '../vulnerabilities/sample-findings.ts';

const at = '2026-11-22T10:00:00.000Z';
const grype: Scanner = { name: 'grype', version: '0.92.0', at };
const trivy: Scanner = { name: 'trivy', at };

describe('the vulnerabilities of a QAT image', () => {
  it.each<[string, Scanner | undefined, Scanner | undefined, object]>([
    ['Amazon Inspector both', undefined, undefined, {}],
    ['one scanner both, in other versions', { ...grype, version: '0.91.0' }, grype, { scanner: grype }],
    ['another one each', grype, trivy, { scanner: trivy, otherScanner: 'grype 0.92.0' }],
    [
      "Inspector Prod's, and a component QAT's",
      undefined,
      grype,
      { scanner: grype, otherScanner: 'Amazon Inspector' },
    ],
    ["a component Prod's, and Inspector QAT's", trivy, undefined, { otherScanner: 'trivy' }],
  ])('name what scanned: %s', async (_what, before, now, expected) => {
    const reviewed = await scannedVulnerabilities({ output: {} }, async () => ({
      before: [],
      now: [aFinding()],
      scanners: { before, now },
    }));
    const { isCompared: _, count: __, findings: ___, ...named } = reviewed ?? {};
    expect(named).toEqual(expected);
  });

  it('name no other scanner where what Prod runs was not scanned', async () => {
    const reviewed = await scannedVulnerabilities({ output: {} }, async () => ({
      before: undefined,
      now: [],
      scanners: { now: grype },
    }));
    expect(reviewed).toEqual({
      scanner: grype,
      isCompared: false,
      count: { new: 0, still: 0, fixed: 0 },
      findings: [],
    });
  });

  it('are a gap if there was no scan', async () => {
    await expect(
      scannedVulnerabilities({ output: { notScanned: 'The image was not scanned.' } }, async () => ({
        before: undefined,
        now: undefined,
      })),
    ).rejects.toThrow('The image was not scanned.');
  });
});

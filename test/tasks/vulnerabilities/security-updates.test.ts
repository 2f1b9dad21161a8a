import type { PackageChange } from '../../../tasks/image-inventory/compare-inventories.ts';
import { markFixes } from '../../../tasks/vulnerabilities/security-updates.ts';
import { aFinding } from './sample-findings.ts';

const openssl = { change: 'up', name: 'openssl', before: '1:3.0.8-1', now: '1:3.0.9-1' } as const;
const [one, two] = [aFinding('CVE-2026-1'), aFinding('CVE-2026-2')];

describe('an update', () => {
  it('fixes what the package had before and has not now, each once and in order', () => {
    const twice = aFinding('CVE-2026-1', { packages: [...one.packages, ...one.packages] });
    expect(markFixes([openssl], { before: [two, twice], now: [] })).toEqual([
      { ...openssl, fixes: ['CVE-2026-1', 'CVE-2026-2'] },
    ]);
  });

  it('does not fix what only another package lost', () => {
    const both = aFinding('CVE-2026-1', { packages: [...one.packages, { name: 'jq', version: '1' }] });
    expect(markFixes([openssl], { before: [both], now: [one] })).toEqual([openssl]);
  });

  it.each<[string, PackageChange]>([
    ['older', { ...openssl, change: 'down' }],
    ['removed', { change: 'removed', name: 'openssl', before: '1:3.0.8-1' }],
    ['changed in an unknown way', { ...openssl, change: 'other' }],
    ['of another package', { ...openssl, name: 'jq' }],
  ])('that is %s is no security update', (_, change) => {
    expect(markFixes([change], { before: [one], now: [] })).toEqual([change]);
  });

  it.each([
    { before: undefined, now: [] },
    { before: [one], now: undefined },
  ])('is not judged where an image was not scanned: %j', (findings) => {
    expect(markFixes([openssl], findings)).toEqual([openssl]);
  });
});

import fc from 'fast-check';
import { compareVersions } from '../../../tasks/image-inventory/package-versions.ts';

describe('versions of packages compare as RPM compares them', () => {
  it.each([
    ['1.0', '1.0', 0],
    ['1.9', '1.10', -1],
    ['1.0', '1.0.1', -1],
    ['1.01', '1.1', 0],
    ['1.0a', '1.0', 1],
    ['1.0a', '1.0b', -1],
    ['1.0a', '1.0.1', -1],
    // A tilde is older than the end, a caret newer.
    ['1.0~rc1', '1.0', -1],
    ['1.0~rc1', '1.0~rc2', -1],
    ['1.0^20240101', '1.0', 1],
    ['1.0^20240101', '1.0.1', -1],
    ['1.0~rc1^git1', '1.0~rc1', 1],
    ['20240101', '20231231', 1],
    ['99999999999999999998', '99999999999999999999', -1],
    // Epoch, then version, then release.
    ['1:1.0-1', '2.0-1', 1],
    ['0:2.0-1', '2.0-1', 0],
    ['3.2.2-1.amzn2023.0.1', '3.2.2-1.amzn2023.0.2', -1],
    ['3.2.2-2', '3.2.10-1', -1],
    ['1_0', '1.0', 0],
  ])('%s and %s: %i', (one, other, expected) => {
    expect(Math.sign(compareVersions(one, other))).toBe(expected);
    expect(Math.sign(compareVersions(other, one)) + expected).toBe(0);
  });

  const version = fc.stringMatching(/^(\d:)?[a-c0-2.~^]{0,6}(-[a-c0-2.]{1,4})?$/);
  it('in an order: transitive', () => {
    fc.assert(
      fc.property(fc.array(version, { minLength: 3, maxLength: 3 }), (three) => {
        const [a = '', b = '', c = ''] = [...three].sort(compareVersions);
        expect(compareVersions(a, b)).toBeLessThanOrEqual(0);
        expect(compareVersions(b, c)).toBeLessThanOrEqual(0);
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

import fc from 'fast-check';
import {
  compareInventories,
  isEqual,
  type PackageChange,
} from '../../../tasks/image-inventory/compare-inventories.ts';
import { forbiddenDrift, imageDrifts } from '../../../tasks/image-inventory/image-drift.ts';
import { type Package, sortedPackages } from '../../../tasks/image-inventory/inventory.ts';
import { sampleInventory } from './sample-inventory.ts';

const qat = sampleInventory();
const withPackages = (...packages: readonly Package[]) =>
  sampleInventory({ packages: sortedPackages(packages) });
const [bash, openssl] = qat.packages as readonly [Package, Package];

describe('the difference of two images', () => {
  it('is nothing if they differ in their ids alone', () => {
    const prod = sampleInventory({ imageId: 'ami-0fedcba9876543210', createdAt: '2026-03-01T12:00:00.000Z' });
    expect(compareInventories(qat, prod)).toEqual({ components: { added: [], removed: [] }, packages: [] });
    expect(isEqual(compareInventories(qat, prod))).toBe(true);
  });

  it.each<readonly [string, readonly Package[], PackageChange]>([
    ['added', [bash, openssl, { name: 'jq', version: '1.7' }], { change: 'added', name: 'jq', now: '1.7' }],
    ['removed', [openssl], { change: 'removed', name: 'bash', before: bash.version }],
    [
      'up',
      [bash, { name: 'openssl', version: '1:3.2.10-1' }],
      { change: 'up', name: 'openssl', before: openssl.version, now: '1:3.2.10-1' },
    ],
    [
      'down',
      [bash, { name: 'openssl', version: '3.9.9' }],
      { change: 'down', name: 'openssl', before: openssl.version, now: '3.9.9' },
    ],
    [
      'other: several at once',
      [bash, openssl, { name: 'openssl', version: '1:3.9' }],
      { change: 'other', name: 'openssl', before: openssl.version, now: `${openssl.version}, 1:3.9` },
    ],
    [
      'other: written differently',
      [{ name: 'bash', version: '5.2.15-1.amzn2023_0.2' }, openssl],
      { change: 'other', name: 'bash', before: bash.version, now: '5.2.15-1.amzn2023_0.2' },
    ],
  ])('of packages: %s', (_, packages, expected) => {
    expect(compareInventories(qat, withPackages(...packages)).packages).toEqual([expected]);
  });

  const name = fc.constantFrom('a', 'b', 'c');
  const packages = fc.array(fc.record({ name, version: fc.constantFrom('1', '2', '10') }), { maxLength: 6 });
  it('both ways round is the opposite', () => {
    const opposite = { added: 'removed', removed: 'added', up: 'down', down: 'up', other: 'other' } as const;
    fc.assert(
      fc.property(packages, packages, (before, now) => {
        const forth = compareInventories(withPackages(...before), withPackages(...now)).packages;
        const back = compareInventories(withPackages(...now), withPackages(...before)).packages;
        expect(back.map((one) => [one.name, one.change])).toEqual(
          forth.map((one) => [one.name, opposite[one.change]]),
        );
      }),
    );
  });
});

describe('what a Prod image may not differ in from the approved QAT image', () => {
  const parent = { imageId: 'ami-0bbbbbbbbbbbbbbbb' };
  const [first] = qat.components;
  const inputs = [
    ['recipe', sampleInventory({ recipe: { ...qat.recipe, arn: `${qat.recipe.arn}8` } }), 'The recipe was'],
    [
      'parent',
      sampleInventory({ parent }),
      'The parent image was ami-0aaaaaaaaaaaaaaaa and is ami-0bbbbbbbbbbbbbbbb.',
    ],
    ['component missing', sampleInventory({ components: first ? [first] : [] }), 'is missing.'],
    [
      'component with another document',
      sampleInventory({
        components: qat.components.map((one) => ({ ...one, ...(one.digest && { digest: 'b'.repeat(64) }) })),
      }),
      '(SHA-256 bbbbbbbbbbbb…) was added.',
    ],
  ] as const;
  it.each(inputs)('%s, with every configuration', (_, prod, text) => {
    for (const drift of imageDrifts)
      expect(forbiddenDrift(compareInventories(qat, prod), drift).join('\n')).toContain(text);
  });

  const changes = {
    up: withPackages(bash, { name: 'openssl', version: '1:3.2.10-1' }),
    down: withPackages(bash, { name: 'openssl', version: '1:3.0' }),
    added: withPackages(bash, openssl, { name: 'jq', version: '1.7' }),
    removed: withPackages(bash),
    other: withPackages(bash, openssl, { name: 'openssl', version: '1:3.9' }),
  } as const;
  it.each([
    ['none', []],
    ['security-updates', ['up']],
    ['any', ['up', 'down', 'added', 'removed', 'other']],
  ] as const)('%s allows packages to be: %j', (drift, allowed) => {
    for (const [change, prod] of Object.entries(changes))
      expect([change, forbiddenDrift(compareInventories(qat, prod), drift).length]).toEqual([
        change,
        (allowed as readonly string[]).includes(change) ? 0 : 1,
      ]);
  });
});

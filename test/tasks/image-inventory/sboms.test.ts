import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import { cycloneDx } from '../../../tasks/image-inventory/cyclonedx.ts';
import { sortedPackages } from '../../../tasks/image-inventory/inventory.ts';
import { packageUrl } from '../../../tasks/image-inventory/package-url.ts';
import { spdx } from '../../../tasks/image-inventory/spdx.ts';
import { manyPackages, sampleInventory } from './sample-inventory.ts';

const odd = sampleInventory({
  packages: sortedPackages([
    { name: 'libstdc++', version: '11.4.1-2.amzn2023.0.2' },
    { name: 'openssl', version: '1:3.2.2-1' },
    { name: 'kernel', version: '6.1.1~rc1-1' },
    { name: 'kernel', version: '6.1.2-1' },
  ]),
});
const whole = sampleInventory({ packages: manyPackages(3_000) });

describe('package URLs', () => {
  it.each([
    ['bash', '5.2-1', 'pkg:rpm/amzn/bash@5.2-1'],
    ['openssl', '1:3.2.2-1', 'pkg:rpm/amzn/openssl@3.2.2-1?epoch=1'],
    ['libstdc++', '11.4^git', 'pkg:rpm/amzn/libstdc%2B%2B@11.4%5Egit'],
  ])('%s %s', (name, version, expected) => {
    expect(packageUrl({ name, version })).toBe(expected);
  });
});

describe('a CycloneDX document', () => {
  it.each([
    ['odd names', odd],
    ['3,000 packages', whole],
    ['no packages', sampleInventory({ packages: [] })],
  ])('is valid by its schema: %s', async (_, inventory) => {
    expect(await new JsonStrictValidator(Version.v1dot6).validate(cycloneDx(inventory))).toBeNull();
  });

  it('names the image, what it was made from and each package, and is the same for the same inventory', () => {
    const text = cycloneDx(odd);
    expect(cycloneDx(odd)).toBe(text);
    const { metadata, components, serialNumber } = JSON.parse(text);
    expect(serialNumber).not.toBe(JSON.parse(cycloneDx(whole)).serialNumber);
    expect(metadata.component).toMatchObject({ name: odd.imageId, type: 'operating-system' });
    expect(metadata.component.properties).toContainEqual({
      name: 'lockstep:parentImage',
      value: 'ami-0aaaaaaaaaaaaaaaa',
    });
    expect(components.map(({ name, version }: { name: string; version: string }) => [name, version])).toEqual(
      odd.packages.map(({ name, version }) => [name, version]),
    );
  });
});

describe('an SPDX document', () => {
  it('names the image and each package once, and is the same for the same inventory', () => {
    expect(spdx(odd)).toBe(spdx(odd));
    const { packages, relationships, SPDXID } = JSON.parse(spdx(odd));
    const ids = packages.map((one: { SPDXID: string }) => one.SPDXID);
    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    expect(SPDXID).toBe('SPDXRef-DOCUMENT');
    expect(relationships).toHaveLength(5);
    expect(packages[3]).toMatchObject({
      name: 'libstdc++',
      externalRefs: [{ referenceLocator: 'pkg:rpm/amzn/libstdc%2B%2B@11.4.1-2.amzn2023.0.2' }],
    });
  });
});

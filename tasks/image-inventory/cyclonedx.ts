import { ComponentType } from '@cyclonedx/cyclonedx-library/Enums';
import { Bom, Component, Metadata, Property } from '@cyclonedx/cyclonedx-library/Models';
import { JSON as CycloneDxJson, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { documentName, type Inventory } from './inventory.ts';
import { packageUrl } from './package-url.ts';

/**
 * An inventory as a CycloneDX 1.6 document (JSON): the image is the subject, its packages are the components. The same inventory gives the
 * same text.
 */
export function cycloneDx(inventory: Inventory): string {
  const { imageId, imageBuildVersionArn, createdAt, recipe, parent, components, packages } = inventory;
  const subject = new Component(ComponentType.OperatingSystem, imageId, {
    bomRef: imageId,
    version: recipe.version,
  });
  const properties: readonly (readonly [string, string])[] = [
    ['lockstep:imageBuildVersionArn', imageBuildVersionArn],
    ['lockstep:recipe', recipe.arn],
    ['lockstep:parentImage', parent?.imageId ?? recipe.parentImage],
    ...components.map(({ arn, digest }, index): [string, string] => [
      `lockstep:component:${String(index + 1).padStart(2, '0')}`,
      digest === undefined ? arn : `${arn} sha256:${digest}`,
    ]),
  ];
  for (const [name, value] of properties) subject.properties.add(new Property(name, value));
  const bom = new Bom({
    serialNumber: documentName(inventory),
    metadata: new Metadata({
      component: subject,
      ...(createdAt !== '' && { timestamp: new Date(createdAt) }),
    }),
  });
  for (const one of packages) {
    const purl = packageUrl(one);
    bom.components.add(
      new Component(ComponentType.Library, one.name, { version: one.version, purl, bomRef: purl }),
    );
  }
  for (const { bomRef } of bom.components) subject.dependencies.add(bomRef);
  return new JsonSerializer(new CycloneDxJson.Normalize.Factory(Spec1dot6)).serialize(bom, {
    sortLists: true,
    space: 1,
  });
}

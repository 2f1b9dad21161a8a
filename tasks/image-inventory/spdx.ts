import { documentName, type Inventory } from './inventory.ts';
import { packageUrl } from './package-url.ts';

const NOT_SAID = 'NOASSERTION';

/** SPDX takes no others in its identifiers. */
const idOf = (kind: string, text: string, index: number): string =>
  `SPDXRef-${kind}-${index}-${text.replace(/[^A-Za-z0-9.-]/g, '-')}`;

/** SPDX times have no fractions of a second. */
const timeOf = (iso: string): string => `${new Date(iso === '' ? 0 : iso).toISOString().slice(0, 19)}Z`;

/**
 * An inventory as an SPDX 2.3 document (JSON): the image contains its packages. The same inventory gives the same text.
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function spdx(inventory: Inventory): string {
  const { imageId, imageBuildVersionArn, createdAt, recipe, parent, packages } = inventory;
  const image = idOf('Image', imageId, 0);
  const common = { downloadLocation: NOT_SAID, filesAnalyzed: false, licenseConcluded: NOT_SAID } as const;
  const listed = packages.map((one, index) => ({
    SPDXID: idOf('Package', one.name, index + 1),
    name: one.name,
    versionInfo: one.version,
    ...common,
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: packageUrl(one),
      },
    ],
  }));
  return `${JSON.stringify(
    {
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: 'SPDXRef-DOCUMENT',
      name: imageId,
      documentNamespace: documentName(inventory),
      creationInfo: { created: timeOf(createdAt), creators: ['Tool: Lockstep'] },
      packages: [
        {
          SPDXID: image,
          name: imageId,
          versionInfo: recipe.version,
          ...common,
          primaryPackagePurpose: 'OPERATING-SYSTEM',
          comment: `Built by ${imageBuildVersionArn} from ${parent?.imageId ?? recipe.parentImage}.`,
        },
        ...listed,
      ],
      relationships: [
        { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: image },
        ...listed.map(({ SPDXID }) => ({
          spdxElementId: image,
          relationshipType: 'CONTAINS',
          relatedSpdxElement: SPDXID,
        })),
      ],
    },
    null,
    1,
  )}\n`;
}

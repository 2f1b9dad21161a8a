/** What the evidence bucket keeps of an image. */
export const imageDocuments = [
  'inventory.json',
  'cyclonedx.json',
  'spdx.json',
  'provenance.json',
  'findings.json',
] as const;
export type ImageDocument = (typeof imageDocuments)[number];

/** Where the evidence bucket has what is kept of an application's images. */
export const imagesPrefix = (application: string): string => `${application}/images/`;

/**
 * Where the evidence bucket has one document of an image. Each object is written once: other contents have another digest.
 * @param inventory SHA-256 of the inventory; of findings, their own
 */
export const imageObjectKey = (
  application: string,
  imageId: string,
  inventory: string,
  document: ImageDocument,
): string => `${imagesPrefix(application)}${imageId}/${inventory}/${document}`;

import type { ImageDocument } from '../tasks/image-inventory/image-objects.ts';

/** Formats of a bill of materials, with the document that has it. */
export const sbomFormats = {
  cyclonedx: 'cyclonedx.json',
  spdx: 'spdx.json',
  inventory: 'inventory.json',
  provenance: 'provenance.json',
} as const satisfies Readonly<Record<string, ImageDocument>>;
export type SbomFormat = keyof typeof sbomFormats;

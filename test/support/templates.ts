import fs from 'node:fs';
import path from 'node:path';

/** A resource of a template, as far as tests look at it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
}

/**
 * Changes the templates of an assembly in place.
 * @param change is given each resource; returns false to remove it
 */
export const changeResources = (
  assemblyDirectory: string,
  change: (resource: TemplateResource, logicalId: string) => boolean | undefined,
): void => {
  for (const name of fs.readdirSync(assemblyDirectory)) {
    if (!name.endsWith('.template.json')) continue;
    const file = path.join(assemblyDirectory, name);
    const template = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      Resources: Record<string, TemplateResource>;
    };
    for (const [logicalId, resource] of Object.entries(template.Resources)) {
      if (change(resource, logicalId) === false) delete template.Resources[logicalId];
    }
    fs.writeFileSync(file, JSON.stringify(template));
  }
};

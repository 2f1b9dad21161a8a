import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { ConfigError } from '../../config.ts';
import { faultsOf } from './component-schema.ts';

/** The project's folder, where cdk.json is. */
const root = resolve(import.meta.dirname, '../../..');

/** A component document of the team's own. */
export interface OwnDocument {
  /** Of the component: what its name ends with. */
  readonly name: string;
  readonly data: string;
}

/**
 * Reads a component document and checks it as Image Builder will.
 * @param key where the configuration names it
 * @param path from the project's folder
 * @throws ConfigError
 */
export function readOwnDocument(key: string, path: string, phase?: 'test'): OwnDocument {
  const file = resolve(root, path);
  let data: string;
  try {
    data = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `- ${key}: received ${JSON.stringify(path)}, but ${(error as Error).message}. Give the path of a component document from the folder with cdk.json.`,
    );
  }
  const faults = faultsOf(data, phase);
  if (faults.length > 0)
    throw new ConfigError(
      `- ${key}: received ${JSON.stringify(path)}, which Image Builder would not accept:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n` +
        `  Correct ${file}.`,
    );
  return { name: `own-${basename(file, extname(file))}`, data };
}

/** A document that installs packages, and sees that they are there. */
export const packagesDocument = (packages: readonly string[]): OwnDocument => {
  const names = packages.join(' ');
  return {
    name: 'packages',
    data: `name: Packages
description: Packages that the application's configuration names.
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: InstallPackages
        action: ExecuteBash
        inputs:
          commands:
            - |
              install() { dnf -y install --releasever=latest ${names}; }
              # Repositories are inconsistent for minutes now and then (T65).
              install || { sleep 120; dnf clean metadata; install; }
  - name: validate
    steps:
      - name: PackagesAreInstalled
        action: ExecuteBash
        inputs:
          commands:
            - rpm -q ${names}
`,
  };
};

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { type FunctionName, functions } from '../../tasks/functions.ts';
import { exactImports } from './sdk-imports.ts';

const root = resolve(import.meta.dirname, '../..');

/** A function's entry file is missing. */
export class MissingEntryError extends Error {
  override readonly name = 'MissingEntryError';
}

/**
 * Bundles every function in one go, so that what they share is parsed once. The same sources give the same bytes, or
 * every synthesis would change every function. Works beside this process, which can load the construct library meanwhile.
 * @param outdir gets `<name>/index.js`, CommonJS with the SDK inside
 * @param entryOf where a function's entry file is @default the entry of tasks/functions.ts
 * @throws MissingEntryError
 */
export async function bundleFunctions(outdir: string, entryOf: EntryOf = usualEntry): Promise<void> {
  await build(optionsFor(outdir, entryOf));
}

/**
 * Where the SDK would look for credentials if the environment had none. A function's always has; and if it had not, the runtime's
 * own SDK would have these.
 */
const otherCredentials = ['sso', 'ini', 'process', 'web-identity'].map(
  (source) => `@aws-sdk/credential-provider-${source}`,
);

/** Optional parts of the CycloneDX library, which only XML needs: it tries to load them, and goes without. */
const otherFormats = ['xmlbuilder2', 'libxmljs2'];

type EntryOf = (name: FunctionName) => string;

const usualEntry: EntryOf = (name) => join(root, functions[name].entry);

function optionsFor(outdir: string, entryOf: EntryOf): BuildOptions {
  const entries = (Object.keys(functions) as FunctionName[]).map((name) => [name, entryOf(name)] as const);
  for (const [name, entry] of entries)
    if (!existsSync(entry))
      throw new MissingEntryError(
        `The function ${name} has no entry file ${entry}. Write it, or correct its entry in tasks/functions.ts.`,
      );
  return {
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map(([name, entry]) => [`${name}/index`, entry])),
    outdir,
    bundle: true,
    external: [...otherCredentials, ...otherFormats],
    plugins: [exactImports],
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // The SDK's ES modules are smaller and load faster than its CommonJS ones.
    mainFields: ['module', 'main'],
    minify: true,
    // Error names are a wire format; libraries that take theirs from a class keep them.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
  };
}

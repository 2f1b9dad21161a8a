import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

const require = createRequire(join(import.meta.dirname, 'sdk-imports.ts'));

/** An import of values from an SDK client; types on their own are erased anyway. */
const CLIENT_IMPORT = /import\s*\{([^}]*)\}\s*from\s*'(@aws-sdk\/client-[\w-]+)'/g;

/**
 * Has our sources import each command, paginator and error of an SDK client from the file that declares it. A client's index names
 * all its commands, so that a bundle of two calls to EC2 would read a thousand files, to drop all but a few again.
 */
export const exactImports: Plugin = {
  name: 'exact imports',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => ({
      contents: withExactImports(readFileSync(path, 'utf8')),
      loader: path.endsWith('x') ? 'tsx' : 'ts',
    }));
  },
};

/** A source's text with one import for each name that it takes from an SDK client. */
export const withExactImports = (source: string): string =>
  source.replace(CLIENT_IMPORT, (_, names: string, client: string) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => `import { ${name} } from ${JSON.stringify(fileOf(client, name.split(' ')[0] ?? ''))}`)
      .join('; '),
  );

/** The file of a client's package that declares a name; its index, if that is in none of the usual places. */
function fileOf(client: string, name: string): string {
  const folder = join(dirname(require.resolve(`${client}/package.json`)), 'dist-es');
  const paginated = `pagination/${name.replace(/^paginate/, '')}Paginator`;
  const found = [name, `commands/${name}`, paginated].find((file) => existsSync(join(folder, `${file}.js`)));
  if (found !== undefined) return join(folder, `${found}.js`);
  const errors = join(folder, 'models/errors.js');
  const isError = existsSync(errors) && readFileSync(errors, 'utf8').includes(`export class ${name} extends`);
  return isError ? errors : client;
}

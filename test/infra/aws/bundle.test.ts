import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { bundleFunctions } from '../../../infra/aws/bundle.ts';
import { withExactImports } from '../../../infra/aws/sdk-imports.ts';
import { functions } from '../../../tasks/functions.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

/**
 * What the SDK does without: faster signing for multi-region access points, and credentials that are not in the environment; and what the
 * CycloneDX library needs for XML alone.
 */
const OPTIONAL =
  /^(@aws-sdk\/(signature-v4-crt|credential-provider-(sso|ini|process|web-identity))|xmlbuilder2|libxmljs2)$/;

const names = Object.keys(functions);
const bundleOf = (directory: string, name: string) => readFileSync(join(directory, name, 'index.js'), 'utf8');

it('bundles every function to CommonJS that needs nothing but Node', async () => {
  const directory = temporaryDirectory();
  await bundleFunctions(directory);
  expect(readdirSync(directory).sort()).toEqual([...names].sort());
  for (const name of names) {
    const source = bundleOf(directory, name);
    expect(() => new Script(source)).not.toThrow();
    const required = [...source.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module]) => module ?? '');
    const outside = required.filter((module) => !isBuiltin(module) && !OPTIONAL.test(module));
    expect([name, outside]).toEqual([name, []]);
  }
});

it('gives the same bytes for the same sources', async () => {
  const sources = temporaryDirectory();
  writeFileSync(join(sources, 'shared.ts'), 'export class Gone extends Error { name = "Gone" }\n');
  writeFileSync(
    join(sources, 'entry.ts'),
    'import { Gone } from "./shared.ts";\nexport const handler = async () => { throw new Gone("x"); };\n',
  );
  const [first, second] = [temporaryDirectory(), temporaryDirectory()];
  for (const directory of [first, second]) await bundleFunctions(directory, () => join(sources, 'entry.ts'));
  expect(bundleOf(first, 'start-job')).toBe(bundleOf(second, 'start-job'));
});

it('fails without an entry file, naming function and file', async () => {
  await expect(bundleFunctions(temporaryDirectory(), (name) => `/nowhere/${name}.ts`)).rejects.toThrow(
    expect.objectContaining({
      name: 'MissingEntryError',
      message: expect.stringContaining(`${names[0]} has no entry file /nowhere/${names[0]}.ts`),
    }),
  );
});

it('takes from an SDK client the files that declare what is called, and from its index what is in none of them', () => {
  const files = (source: string) =>
    [...withExactImports(source).matchAll(/import \{ (.*?) \} from "(.*?)"/g)].map(([, name, file = '']) => [
      name,
      file.replace(/^.*\/dist-es\//, ''),
    ]);
  expect(
    files(
      "import {\n KMSClient, SignCommand as Sign, type GrantConstraints, NotFoundException, paginateListKeys, KeySpec\n} from '@aws-sdk/client-kms';",
    ),
  ).toEqual([
    ['KMSClient', 'KMSClient.js'],
    ['SignCommand as Sign', 'commands/SignCommand.js'],
    ['NotFoundException', 'models/errors.js'],
    ['paginateListKeys', 'pagination/ListKeysPaginator.js'],
    ['KeySpec', '@aws-sdk/client-kms'],
  ]);
});

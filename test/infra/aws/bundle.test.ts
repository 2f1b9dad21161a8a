import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { bundleFunctions } from '../../../infra/aws/bundle.ts';
import { functions } from '../../../tasks/functions.ts';
import { temporaryDirectory } from './support/templates.ts';

/** Faster signing for multi-region access points; the SDK does without. */
const OPTIONAL = '@aws-sdk/signature-v4-crt';

const names = Object.keys(functions);
const bundleOf = (directory: string, name: string) => readFileSync(join(directory, name, 'index.js'), 'utf8');

it('bundles every function to CommonJS that needs nothing but Node', () => {
  const directory = temporaryDirectory();
  bundleFunctions(directory);
  expect(readdirSync(directory).sort()).toEqual([...names].sort());
  for (const name of names) {
    const source = bundleOf(directory, name);
    expect(() => new Script(source)).not.toThrow();
    const required = [...source.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module]) => module ?? '');
    const outside = required.filter((module) => !isBuiltin(module) && module !== OPTIONAL);
    expect([name, outside]).toEqual([name, []]);
  }
});

it('gives the same bytes for the same sources', () => {
  const sources = temporaryDirectory();
  writeFileSync(join(sources, 'shared.ts'), 'export class Gone extends Error { name = "Gone" }\n');
  writeFileSync(
    join(sources, 'entry.ts'),
    'import { Gone } from "./shared.ts";\nexport const handler = async () => { throw new Gone("x"); };\n',
  );
  const [first, second] = [temporaryDirectory(), temporaryDirectory()];
  for (const directory of [first, second]) bundleFunctions(directory, () => join(sources, 'entry.ts'));
  expect(bundleOf(first, 'start-job')).toBe(bundleOf(second, 'start-job'));
});

it('fails without an entry file, naming function and file', () => {
  expect(() => bundleFunctions(temporaryDirectory(), (name) => `/nowhere/${name}.ts`)).toThrow(
    expect.objectContaining({
      name: 'MissingEntryError',
      message: expect.stringContaining(`${names[0]} has no entry file /nowhere/${names[0]}.ts`),
    }),
  );
});

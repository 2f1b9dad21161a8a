import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../infra/local/run/synthesize.ts';

const read = <Content>(file: string): Content =>
  JSON.parse(fs.readFileSync(path.join(projectRoot, file), 'utf8')) as Content;
const { dependencies, devDependencies, engines } = read<{
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  engines: { node: string };
}>('package.json');
const all = { ...dependencies, ...devDependencies };

describe('packages', () => {
  it('are pinned to exact versions', () => {
    for (const [name, version] of Object.entries(all))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  it('T43: none needs a compiler API of TypeScript, and all run on every Node version that is served', () => {
    for (const name of ['ts-jest', 'ts-node', 'typescript-eslint', '@typescript-eslint/parser'])
      expect(all).not.toHaveProperty(name);
    expect(engines.node).toBe('>=20.19');
    for (const name of Object.keys(dependencies).filter((one) => one.startsWith('@aws-sdk/'))) {
      const installed = read<{ engines: { node: string } }>(`node_modules/${name}/package.json`);
      expect([name, installed.engines.node]).toEqual([name, expect.stringMatching(/^>=\s*(18|20)\./)]);
    }
  });

  it('T44: cdk-nag is of the version whose checks are a validation plug-in', async () => {
    expect(all['cdk-nag']).toMatch(/^3\./);
    const nag: Readonly<Record<string, unknown>> = await import('cdk-nag');
    expect(nag.AwsSolutionsChecks).toBeDefined();
    expect(nag.NagSuppressions).toBeUndefined();
  });
});

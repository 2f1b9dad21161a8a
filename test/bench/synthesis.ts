import fs from 'node:fs';
import path from 'node:path';
import { synthesize } from '../../infra/local/run/synthesize.ts';

const people = {
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['operators@example.com'],
};

/** A configuration of so many applications, all of the usual kind. */
export const applications = (count: number) => ({
  ...people,
  applications: Array.from({ length: count }, (_, index) => ({
    name: `shop-${index + 1}`,
    runtime: ['nodejs', 'java', 'python'][index % 3],
  })),
});

const resourcesIn = (file: string): number =>
  Object.keys((JSON.parse(fs.readFileSync(file, 'utf8')) as { Resources: object }).Resources).length;

/**
 * Seconds and resources of synthesizing 1, 10 and 50 applications, bundling included, which happens once for all.
 * @param directory for the assemblies
 */
export const measureSynthesis = async (directory: string) => {
  const results = [];
  for (const count of [1, 10, 50]) {
    const assembly = path.join(directory, `assembly-${count}`);
    const start = performance.now();
    await synthesize(assembly, applications(count));
    const seconds = Math.round(performance.now() - start) / 1000;
    const stacks = fs
      .readdirSync(assembly)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => resourcesIn(path.join(assembly, file)));
    results.push({
      applications: count,
      seconds,
      stacks: stacks.length,
      resources: stacks.reduce((sum, each) => sum + each, 0),
      largestStack: Math.max(...stacks),
    });
  }
  return results;
};

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { createLockstepApp } from '../../../../infra/aws/lockstep-app.ts';
import { functions } from '../../../../tasks/functions.ts';
import type { Template } from './templates.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The context of cdk.json. */
export const cdkContext = (): Record<string, unknown> =>
  (
    JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../../cdk.json'), 'utf8')) as {
      context: Record<string, unknown>;
    }
  ).context;

/** Bundles that only mark which function they are: templates do not depend on what is inside. */
export const markerBundles = (directory: string): string => {
  const bundles = join(directory, 'bundles');
  for (const name of Object.keys(functions)) {
    mkdirSync(join(bundles, name), { recursive: true });
    writeFileSync(join(bundles, name, 'index.js'), `exports.handler = async () => '${name}';\n`);
  }
  return bundles;
};

/**
 * Templates by stack, for a configuration (cdk.json's if left out).
 * @param addChecks adds AWS Solutions' rules; then CloudFormation's are checked as well, every finding an error
 */
export const synthesize = (
  lockstep?: unknown,
  addChecks?: (app: App) => void,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, Template>> => {
  const directory = temporaryDirectory();
  const context = { ...cdkContext(), ...more };
  const app = createLockstepApp({
    context: lockstep === undefined ? context : { ...context, lockstep },
    outdir: join(directory, 'cdk.out'),
    bundles: markerBundles(directory),
    validate: addChecks !== undefined,
  });
  addChecks?.(app);
  const assembly = app.synth();
  return Object.fromEntries(assembly.stacks.map((stack) => [stack.stackName, stack.template as Template]));
};

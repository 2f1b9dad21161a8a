import fs from 'node:fs';
import path from 'node:path';
import { type Assembly, loadAssembly } from '@lockstep/aws-emulator';
import { createLockstepApp } from '../../../infra/aws/lockstep-app.ts';
import { projectRoot } from '../../../infra/local/run/synthesize.ts';
import { testAssembly } from '../../support/assembly.ts';

/** The configuration in cdk.json, as far as scenarios change it. */
export interface Configuration {
  readonly applications: readonly Record<string, unknown>[];
  readonly [key: string]: unknown;
}

/** Synthesizes another configuration with the functions of the test assembly. */
export const synthesizeWith = async (
  directory: string,
  change: (configuration: Configuration) => Configuration,
): Promise<Assembly> => {
  const { context } = JSON.parse(fs.readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8')) as {
    context: { lockstep: Configuration };
  };
  createLockstepApp({
    context: { ...context, lockstep: change(context.lockstep) },
    outdir: directory,
    bundles: path.join(await testAssembly(), 'functions'),
    validate: false,
  }).synth();
  return loadAssembly(directory);
};

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleFunctions, MissingEntryError } from './aws/bundle.ts';
import { ConfigError } from './config.ts';

const root = resolve(import.meta.dirname, '..');
// The CDK command hands the context over and overrides this; without it, cdk.json is read here.
const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
  context: Record<string, unknown>;
};

try {
  // Takes seconds, and everything that reaches AWS goes through the CDK command, which sets this variable.
  const validate = process.env.CDK_CLI_VERSION !== undefined;
  const outdir = process.env.CDK_OUTDIR ?? join(root, 'cdk.out');
  const bundles = join(outdir, 'functions');
  const [{ createLockstepApp }] = await Promise.all([
    import('./aws/lockstep-app.ts'),
    bundleFunctions(bundles),
  ]);
  const app = createLockstepApp({ context, outdir, bundles, validate });
  if (validate) (await import('./aws/nag-checks.ts')).addChecks(app);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof MissingEntryError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

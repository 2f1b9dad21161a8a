import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { createLockstepApp } from '../../../infra/aws/lockstep-app.ts';
import { addChecks } from '../../../infra/aws/nag-checks.ts';
import { cdkContext, markerBundles } from './support/synthesize.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

it('T40, T44: neither CloudFormation nor AWS Solutions finds anything in the templates', () => {
  const directory = temporaryDirectory();
  const app = createLockstepApp({
    context: cdkContext(),
    outdir: join(directory, 'cdk.out'),
    bundles: markerBundles(directory),
  });
  addChecks(app);
  const assembly = app.synth();
  const report = readFileSync(join(assembly.directory, 'validation-report.json'), 'utf8');
  expect((JSON.parse(report) as { pluginReports: unknown }).pluginReports).toEqual([]);
});

it('T44: synthesis fails with what AWS Solutions finds', () => {
  const app = new App({ outdir: join(temporaryDirectory(), 'cdk.out') });
  new Bucket(new Stack(app, 'Stack'), 'Bucket');
  addChecks(app);
  expect(() => app.synth()).toThrow(/AwsSolutions-S1'/);
});

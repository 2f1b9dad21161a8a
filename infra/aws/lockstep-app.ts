import { App } from 'aws-cdk-lib';
import { APPLICATION_TAG } from '../../tasks/images/own-images.ts';
import { CONFIG_FILE_KEY, CONFIG_KEY, readConfig, readConfigFile } from '../config.ts';
import { ApplicationStack } from './application-stack.ts';
import { createWorkloads } from './environments/workloads-stack.ts';
import { PlatformStack } from './platform/platform-stack.ts';

export interface LockstepAppProps {
  /** The context of cdk.json: the configuration under `lockstep` (or its file's name under `config`), and CDK's feature flags. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Where the cloud assembly is written. */
  readonly outdir: string;
  /** Directory that holds a bundle per function. */
  readonly bundles: string;
  /** Whether templates are checked against CloudFormation's rules, every finding an error. @default true */
  readonly validate?: boolean;
}

/**
 * The CDK application: a platform stack, and a stack per application.
 * @throws ConfigError
 */
export function createLockstepApp({ context, outdir, bundles, validate = true }: LockstepAppProps): App {
  const app = new App({
    context: { ...context },
    outdir,
    analyticsReporting: false,
    builtinCloudFormationValidation: validate,
  });
  const file: unknown = app.node.tryGetContext(CONFIG_FILE_KEY);
  const config =
    file === undefined
      ? readConfig(app.node.tryGetContext(CONFIG_KEY))
      : readConfig(readConfigFile(String(file)), String(file));

  const env = config.env && { env: config.env };
  const platform = new PlatformStack(app, 'Lockstep-Platform', {
    ...env,
    description: 'Lockstep: what all applications share',
    config,
    bundles,
  });
  const workloads = createWorkloads(app, config);
  for (const application of config.applications)
    new ApplicationStack(app, `Lockstep-${application.name}`, {
      ...env,
      description: `Lockstep: promotion of ${application.name}`,
      tags: { [APPLICATION_TAG]: application.name },
      application,
      config,
      bundles,
      platform,
      workloads,
    });
  return app;
}

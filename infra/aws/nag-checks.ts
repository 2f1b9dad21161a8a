import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/**
 * Has the application's resources checked against cdk-nag's AWS Solutions rules when it is synthesized: synthesis fails with
 * each finding that is not acknowledged where it arises. A module of its own, because loading the rules takes a while.
 */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
}

import { type App, CfnResource, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acceptedFindings, acceptingPattern } from './accepted-findings.ts';

/** Findings of permissions are accepted one by one, beside the permission. */
const isPermission = (rule: string): boolean => rule.startsWith('AwsSolutions-IAM');

/**
 * Has the application's resources checked against cdk-nag's AWS Solutions rules when it is synthesized: synthesis fails with
 * each finding that is not accepted. A module of its own, because loading the rules takes a while.
 */
export function addChecks(app: App): void {
  for (const construct of app.node.findAll().filter(CfnResource.isCfnResource))
    for (const finding of acceptedFindings)
      for (const id of finding.rules)
        if (
          id.startsWith('AwsSolutions-') &&
          !isPermission(id) &&
          acceptingPattern(finding, id, construct.node.path) !== undefined
        )
          Validations.of(construct).acknowledge({ id, reason: finding.reason });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
}

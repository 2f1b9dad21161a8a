import { type App, type CfnResource, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type IApplyRule, NagRuleCompliance, NIST80053R5Checks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import type { Finding } from './finding.ts';

/** What a rule finds on a resource, acknowledged or not; as the packs do, a rule that cannot read a value finds something. */
function resultOf({ rule, node }: IApplyRule): readonly string[] {
  try {
    const result = rule(node);
    if (Array.isArray(result)) return result.map((one) => `[${one}]`);
    return result === NagRuleCompliance.NON_COMPLIANT ? [''] : [];
  } catch {
    return [''];
  }
}

const findingsOf = (pack: string, given: IApplyRule): Finding[] =>
  resultOf(given).map((detail) => ({
    rule: `${pack}-${given.ruleSuffixOverride ?? given.rule.name}${detail}`,
    path: given.node.node.path,
    message: given.info,
  }));

class AwsSolutions extends AwsSolutionsChecks {
  readonly findings: Finding[] = [];
  protected override applyRule(given: IApplyRule): void {
    this.findings.push(...findingsOf(this.packName, given));
  }
}

class Nist extends NIST80053R5Checks {
  readonly findings: Finding[] = [];
  protected override applyRule(given: IApplyRule): void {
    this.findings.push(...findingsOf(this.packName, given));
  }
}

/** Everything that cdk-nag's AWS Solutions and NIST 800-53 R5 find, acknowledged or not. */
export const nagFindings = (app: App): readonly Finding[] =>
  [new AwsSolutions(app), new Nist(app)].flatMap((pack) => {
    pack.validateScope(app);
    return pack.findings;
  });

/** Findings that code acknowledges, by the path of the construct that they hold for. */
export const acknowledgements = (app: App): readonly Pick<Finding, 'rule' | 'path'>[] =>
  app.node.findAll().flatMap(({ node }: IConstruct | CfnResource) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data as object))
      .map((id) => id.replace(/^annotation::/i, ''))
      .filter((id) => id.startsWith('AwsSolutions-'))
      .map((rule) => ({ rule, path: node.path })),
  );

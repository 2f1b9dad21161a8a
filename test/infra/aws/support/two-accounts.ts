import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLockstepApp } from '../../../../infra/aws/lockstep-app.ts';
import { listOf, text } from '../../../../scripts/templates.ts';
import { cdkContext, markerBundles } from './synthesize.ts';
import { ofType, type Resource, type Statement, statementsOf, type Template } from './templates.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface Placed {
  readonly template: Template;
  /** `aws://account/region` */
  readonly environment: string;
  readonly dependencies: readonly string[];
}

export const place = (lockstep: unknown): Readonly<Record<string, Placed>> => {
  const directory = temporaryDirectory();
  const app = createLockstepApp({
    context: { ...cdkContext(), lockstep },
    outdir: join(directory, 'cdk.out'),
    bundles: markerBundles(directory),
    validate: false,
  });
  return Object.fromEntries(
    app.synth().stacks.map(({ stackName, template, environment, dependencies }) => [
      stackName,
      {
        template: template as Template,
        environment: environment.name,
        dependencies: dependencies.map(({ id }) => id).filter((id) => !id.endsWith('.assets')),
      },
    ]),
  );
};

export const example = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../../examples/two-accounts.json'), 'utf8'),
) as { env: { account: string }; applications: object[] };
export const placed = place(example);
export const templateOf = (name: string, stacks = placed): Template => {
  const found = stacks[name];
  if (!found) throw new Error(`there is no stack ${name}: ${Object.keys(stacks)}`);
  return found.template;
};
export const [OWN, THEIRS] = ['111111111111', '222222222222'];
export const platform = templateOf('Lockstep-Platform');
export const orders = templateOf('Lockstep-orders');
export const artifacts = templateOf('Lockstep-orders-Artifacts-eu-west-1');
export const environments = {
  qat: { template: templateOf('Lockstep-orders-Qat'), region: 'us-east-1' },
  prod: { template: templateOf('Lockstep-orders-Prod'), region: 'eu-west-1' },
} as const;
export const both = Object.entries(environments);

export const trustOf = ({ Properties }: Resource): Statement => {
  const { Statement: statements } = Properties.AssumeRolePolicyDocument as { Statement: Statement[] };
  expect(statements).toHaveLength(1);
  return statements[0] as Statement;
};
export const trusts = (account: string, ...roleArns: string[]) => ({
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { AWS: `arn:aws:iam::${account}:root` },
  Condition: { ArnEquals: { 'aws:PrincipalArn': roleArns } },
});
/** The role that an ARN of another stack names. */
export const roleNamed = (template: Template, arn: string, account: string): [string, Resource] => {
  const found = ofType(template, 'AWS::IAM::Role').find(
    ([, { Properties }]) => `arn:aws:iam::${account}:role/${Properties.RoleName}` === arn,
  );
  if (!found) throw new Error(`no role is named as ${arn} says`);
  return found;
};
export const arnOfRole = (template: Template, id: string, account: string): string => {
  const name = template.Resources[id]?.Properties.RoleName;
  expect(name).toEqual(expect.any(String));
  return `arn:aws:iam::${account}:role/${name}`;
};
export const actionsOf = (template: Template, role: string): string[] =>
  statementsOf(template, role).flatMap(({ Action }) => [...listOf(Action)]);
export const policyOf = (value: unknown): readonly Statement[] =>
  (value as { Statement: Statement[] }).Statement;

/** Functions of a template by name, with what they are given and the logical id of their role. */
export const functionsOf = (template: Template) =>
  ofType(template, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
    const [, name] = /^(?:Functions|Look)(\w+)Function[0-9A-F]{8}$/.exec(id) ?? [];
    const variables = (Properties.Environment as { Variables?: Record<string, unknown> } | undefined)
      ?.Variables;
    return name === undefined
      ? []
      : [{ name, variables: variables ?? {}, role: text(Properties.Role).slice(1, -'.Arn>'.length) }];
  });
/** Services whose resources belong to an environment. */
export const OF_AN_ENVIRONMENT = /^(autoscaling|cloudwatch|codedeploy|ec2|elasticloadbalancing|ssm):/;

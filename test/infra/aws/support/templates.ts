import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listOf, text } from '../../../../scripts/templates.ts';
import { testAssemblyNow } from '../../../support/assembly.ts';

/** A resource of a synthesized template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Templates of cdk.json's configuration, by stack: synthesized once for all test files, with the construct library loaded in none. */
export const templates = (): Readonly<Record<string, Template>> => {
  const assembly = testAssemblyNow();
  return Object.fromEntries(
    readdirSync(assembly)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => [
        file.slice(0, -'.template.json'.length),
        JSON.parse(readFileSync(join(assembly, file), 'utf8')) as Template,
      ]),
  );
};

/** Resources of a type, by logical id. */
export const ofType = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

/** The only resource of a type whose logical id begins so. */
export const only = (template: Template, type: string, prefix = ''): [string, Resource] => {
  const found = ofType(template, type).filter(([id]) => id.startsWith(prefix));
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(
      `${found.length} resources of type ${type} begin with "${prefix}": ${found.map(([id]) => id)}`,
    );
  return first;
};

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Statements of the policies that are attached to a role. */
export const statementsOf = (template: Template, roleId: string): readonly Statement[] =>
  ofType(template, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => (Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === roleId))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);

/** What a role may do, as `action on resource`. */
export const grantsOf = (template: Template, roleId: string): readonly string[] =>
  statementsOf(template, roleId).flatMap(({ Action, Resource }) =>
    listOf(Action).flatMap((action) =>
      listOf(Resource as unknown).map((resource) => `${action} on ${text(resource)}`),
    ),
  );

/** The state machine's definition, with intrinsics as text. */
export const definitionOf = (template: Template) =>
  JSON.parse(
    text(
      ofType(template, 'AWS::StepFunctions::StateMachine').find(
        ([, { Properties }]) => Properties.StateMachineName !== undefined,
      )?.[1].Properties.DefinitionString,
    ),
  ) as {
    readonly StartAt: string;
    readonly QueryLanguage: string;
    readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };

/** The stack of that name. */
export const stackOf = (stacks: Readonly<Record<string, Template>>, name: string): Template => {
  const template = stacks[name];
  if (template === undefined) throw new Error(`there is no stack ${name}: ${Object.keys(stacks)}`);
  return template;
};

/** What the only role whose logical id begins so may do. */
export const grantsOfRole = (template: Template, prefix: string): readonly string[] =>
  grantsOf(template, only(template, 'AWS::IAM::Role', prefix)[0]);

/** The event pattern of the only rule whose logical id begins so. */
export const patternOf = (template: Template, prefix: string): Readonly<Record<string, unknown>> =>
  only(template, 'AWS::Events::Rule', prefix)[1].Properties.EventPattern as Record<string, unknown>;

/** The only launch template whose logical id begins so. */
export const launchTemplateOf = (template: Template, prefix: string): Readonly<Record<string, unknown>> =>
  only(template, 'AWS::EC2::LaunchTemplate', prefix)[1].Properties.LaunchTemplateData as Record<
    string,
    unknown
  >;

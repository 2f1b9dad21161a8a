import { listOf, ofType, type Resource, type Resources, text } from '../templates.ts';

/** What acts: a role's user, or people that a policy is attached to. */
type PrincipalKind = 'function' | 'state machine' | 'pipeline' | 'service' | 'deployment' | 'people';

/** A principal of the templates with what it may do. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** As the document names it. */
  readonly name: string;
  /** Allowed and not denied. */
  readonly grants: readonly Grant[];
}

/** One action on one resource, which is text with intrinsics in angle brackets. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const kebab = (name: string): string =>
  name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

/** By the logical ids that the constructs give. */
const kinds: readonly (readonly [RegExp, PrincipalKind, (match: string) => string])[] = [
  [/^Functions(\w+)Role/, 'function', kebab],
  [/^(?:Keeping|Look)(\w+)Role/, 'function', kebab],
  [/^(ApprovalsSite)Role/, 'function', kebab],
  [/^(EventsPublish)Role/, 'function', () => 'publish-events'],
  [/^(NotificationsSend)Role/, 'function', () => 'send-notification'],
  [/^(Promotion)Role/, 'state machine', () => 'state machine'],
  [/^(Qat|Prod|Push)PipelineRole/, 'pipeline', (name) => `${name} pipeline`],
  [/^(\w+?)Pipeline\w*Role/, 'pipeline', (name) => `${name} pipeline`],
  [/^(Qat|Prod)CodeDeployRole/, 'service', (name) => `CodeDeploy for ${name}`],
  [/^(Qat|Prod)InstanceRole/, 'service', (name) => `instances of ${name}`],
  [/^(ImageBuilds)Role/, 'service', () => 'image builds'],
  [/^Triggers(Schedules)Role/, 'service', () => 'schedules'],
  [/^(ProdFleet|ImageParameters)/, 'deployment', (name) => `custom resource ${kebab(name)}`],
  [/^People(\w+)/, 'people', (name) => name.toLowerCase()],
];

const nameOf = (id: string): Pick<Principal, 'kind' | 'name'> => {
  const plain = id.replace(/[0-9A-F]{8}$/, '');
  for (const [pattern, kind, name] of kinds) {
    const found = pattern.exec(plain)?.[1];
    if (found !== undefined) return { kind, name: name(found) };
  }
  throw new Error(
    `scripts/security/principals.ts does not say who uses the role ${id}: add it, so that docs/security.md says what it can do.`,
  );
};

const matches = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  ).test(value);

const grantsOf = (statements: readonly Statement[]): readonly Grant[] => {
  const grants = (effect: string): Grant[] =>
    statements
      .filter(({ Effect }) => Effect === effect)
      .flatMap(({ Action, Resource }) =>
        listOf(Action).flatMap((action) => listOf(Resource).map((one) => ({ action, resource: text(one) }))),
      );
  const denied = grants('Deny');
  return grants('Allow').filter(
    ({ action, resource }) =>
      !denied.some((deny) => matches(deny.action, action) && matches(deny.resource, resource)),
  );
};

const statementsOf = (document: unknown): readonly Statement[] =>
  listOf((document as { Statement?: Statement | Statement[] }).Statement);

/** Statements of a role's policies, its own and the attached ones. */
const ofRole = (resources: Resources, id: string, role: Resource): readonly Statement[] => [
  ...listOf(role.Properties?.Policies as { PolicyDocument: unknown }[]).flatMap(({ PolicyDocument }) =>
    statementsOf(PolicyDocument),
  ),
  ...ofType(resources, 'AWS::IAM::Policy')
    .filter(({ Properties }) => listOf(Properties?.Roles as { Ref: string }[]).some(({ Ref }) => Ref === id))
    .flatMap(({ Properties }) => statementsOf(Properties?.PolicyDocument)),
];

/**
 * Everybody who acts by the templates: each role, and each policy for people.
 * @throws Error for a role that nobody has named
 */
export const principalsOf = (templates: Readonly<Record<string, Resources>>): readonly Principal[] =>
  Object.values(templates).flatMap((resources) => [
    ...ofType(resources, 'AWS::IAM::Role').map((role) => ({
      ...nameOf(role.id),
      grants: grantsOf(ofRole(resources, role.id, role)),
    })),
    ...ofType(resources, 'AWS::IAM::ManagedPolicy').map(({ id, Properties }) => ({
      ...nameOf(id),
      grants: grantsOf(statementsOf(Properties?.PolicyDocument)),
    })),
  ]);

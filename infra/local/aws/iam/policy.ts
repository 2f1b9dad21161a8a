import type { PolicyDocument, PolicyStatement } from '../host.ts';
import { type Condition, MalformedPolicyError, type RequestContext, readCondition } from './conditions.ts';
import { matchesPattern, preparePattern, type VariableLookup } from './patterns.ts';

/** Who asks, in the forms in which a policy's `Principal` may name them. */
interface Caller {
  /** The role and its session, or nothing for a service. */
  readonly arns: readonly string[];
  /** The caller's account, for principals that name an account: they leave the decision to IAM. */
  readonly accountId: string;
  /** Service principals only: `sns.amazonaws.com`. */
  readonly service?: string;
}

/** What is asked. */
export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly caller: Caller;
  readonly context: RequestContext;
}

/**
 * What one document says. `delegate`: allowed to the caller's account as a whole, which leaves it to the identity's own
 * policies; only policies of resources say this.
 */
type Opinion = 'deny' | 'allow' | 'delegate' | 'nothing';

/** A policy document, read once. */
export interface Policy {
  readonly opinion: (question: Question) => Opinion;
  /** The patterns of all allowed actions, as written; for the list of unused permissions. */
  readonly grantedActions: readonly string[];
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principal: ((caller: Caller) => Opinion) | undefined;
  readonly action: (action: string) => boolean;
  readonly resource: (resource: string, variables: VariableLookup | undefined) => boolean;
  readonly condition: Condition | undefined;
}

const cache = new WeakMap<PolicyDocument, Policy>();

/**
 * Reads a policy document (the result is kept per document object).
 * @param name of the policy, for errors
 * @throws MalformedPolicyError for what IAM rejects, and for what cannot be evaluated here
 */
export const readPolicy = (document: PolicyDocument, name: string): Policy => {
  const known = cache.get(document);
  if (known) return known;
  const policy = compile(document, name);
  cache.set(document, policy);
  return policy;
};

const compile = (document: PolicyDocument, name: string): Policy => {
  if (typeof document !== 'object' || document === null || !('Statement' in document)) {
    throw new MalformedPolicyError(
      `Policy ${name}: expected an object with "Statement", but was ${brief(document)}.`,
    );
  }
  const hasVariables = document.Version === '2012-10-17';
  const source = asList<PolicyStatement>(document.Statement);
  const statements = source.map((statement, index) =>
    readStatement(statement, `Policy ${name}, statement ${statement.Sid || index + 1}`),
  );
  return {
    opinion: (question) => {
      const variables = hasVariables
        ? (key: string) => question.context.get(key.toLowerCase())?.[0]
        : undefined;
      return strongest(statements, question, variables);
    },
    grantedActions: source.flatMap((statement) =>
      statement.Effect === 'Allow' && statement.Action ? asList(statement.Action) : [],
    ),
  };
};

const strength: Readonly<Record<Opinion, number>> = { nothing: 0, delegate: 1, allow: 2, deny: 3 };

const strongest = (
  statements: readonly Statement[],
  question: Question,
  variables: VariableLookup | undefined,
): Opinion => {
  let result: Opinion = 'nothing';
  for (const statement of statements) {
    const opinion = opinionOf(statement, question, variables);
    if (strength[opinion] > strength[result]) result = opinion;
  }
  return result;
};

const opinionOf = (
  { effect, principal, action, resource, condition }: Statement,
  question: Question,
  variables: VariableLookup | undefined,
): Opinion => {
  if (!action(question.action) || !resource(question.resource, variables)) return 'nothing';
  const addressed = principal ? principal(question.caller) : 'allow';
  if (addressed === 'nothing' || (condition && !condition(question.context, variables))) return 'nothing';
  return effect === 'Deny' ? 'deny' : addressed;
};

const readStatement = (statement: PolicyStatement, where: string): Statement => {
  const { Effect, Principal, NotPrincipal, Condition: condition } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw new MalformedPolicyError(`${where}: Effect is ${brief(Effect)}; give "Allow" or "Deny".`);
  }
  if ((statement.Action === undefined) === (statement.NotAction === undefined)) {
    throw new MalformedPolicyError(`${where}: give exactly one of Action and NotAction.`);
  }
  if (NotPrincipal !== undefined && Effect === 'Allow') {
    throw new MalformedPolicyError(`${where}: NotPrincipal goes with "Deny" only.`);
  }
  return {
    effect: Effect,
    principal: readPrincipal(Principal, NotPrincipal, where),
    action: readActions(statement, where),
    resource: readResources(statement, where),
    condition: condition && readCondition(condition, where),
  };
};

const readActions = ({ Action, NotAction }: PolicyStatement, where: string) => {
  const listed = texts(Action ?? NotAction, `${where}: Action`).map(
    (text) => preparePattern(text.toLowerCase()) ?? '',
  );
  const expected = Action !== undefined;
  return (action: string) => {
    const lower = action.toLowerCase();
    return listed.some((pattern) => matchesPattern(pattern, lower)) === expected;
  };
};

/** A policy of a resource may leave out `Resource`: it speaks of that resource. */
const readResources = ({ Resource, NotResource }: PolicyStatement, where: string) => {
  if (Resource !== undefined && NotResource !== undefined) {
    throw new MalformedPolicyError(`${where}: give only one of Resource and NotResource.`);
  }
  if (Resource === undefined && NotResource === undefined) return () => true;
  const expected = Resource !== undefined;
  const listed = texts(Resource ?? NotResource, `${where}: Resource`).map((text) => ({
    text,
    /** Prepared once where no variable is in it. */
    pattern: text.includes('${') ? undefined : preparePattern(text),
  }));
  return (resource: string, variables: VariableLookup | undefined) =>
    listed.some(({ text, pattern }) => {
      const prepared = pattern ?? preparePattern(text, variables);
      return prepared !== undefined && matchesPattern(prepared, resource);
    }) === expected;
};

type PrincipalElement = PolicyStatement['Principal'];

const readPrincipal = (
  principal: PrincipalElement,
  notPrincipal: PrincipalElement,
  where: string,
): ((caller: Caller) => Opinion) | undefined => {
  const element = principal ?? notPrincipal;
  if (element === undefined) return undefined;
  const match = principalMatcher(element, where);
  if (principal !== undefined) return match;
  return (caller) => (match(caller) === 'nothing' ? 'allow' : 'nothing');
};

const principalMatcher = (element: NonNullable<PrincipalElement>, where: string) => {
  if (element === '*') return (): Opinion => 'allow';
  if (typeof element !== 'object') {
    throw new MalformedPolicyError(`${where}: Principal is ${brief(element)}; give "*" or an object.`);
  }
  const aws = new Set(element.AWS === undefined ? [] : texts(element.AWS, `${where}: Principal.AWS`));
  const services = new Set(
    element.Service === undefined ? [] : texts(element.Service, `${where}: Principal.Service`),
  );
  return (caller: Caller): Opinion => {
    if (aws.has('*') || (caller.service !== undefined && services.has(caller.service))) return 'allow';
    if (caller.arns.some((arn) => aws.has(arn))) return 'allow';
    if (caller.service !== undefined) return 'nothing';
    const isDelegated = aws.has(caller.accountId) || [...aws].some((arn) => isRootOf(arn, caller.accountId));
    return isDelegated ? 'delegate' : 'nothing';
  };
};

const isRootOf = (arn: string, accountId: string): boolean => arn.endsWith(`:iam::${accountId}:root`);

const texts = (value: unknown, where: string): string[] => {
  const list = asList(value);
  if (list.length > 0 && list.every((item): item is string => typeof item === 'string')) return list;
  throw new MalformedPolicyError(`${where}: expected text or a list of texts, but was ${brief(value)}.`);
};

const asList = <Item>(value: Item | readonly Item[]): Item[] =>
  Array.isArray(value) ? [...(value as readonly Item[])] : [value as Item];

const brief = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 200);

import fc from 'fast-check';
import type { PolicyStatement } from '../../host.ts';
import { MalformedPolicyError } from '../../iam/conditions.ts';
import { evaluate } from '../../iam/evaluate.ts';
import { matchesPattern, preparePattern } from '../../iam/patterns.ts';
import { readPolicy } from '../../iam/policy.ts';
import { policyOf } from './roles.ts';

/** A policy variable, which is no template string's placeholder. */
const variable = (name: string) => `$\{${name}}`;

const roleArn = 'arn:aws:iam::000000000000:role/Worker';
const sessionArn = 'arn:aws:sts::000000000000:assumed-role/Worker/one';
const topicArn = 'arn:aws:sns:us-east-1:000000000000:Promotions';
const root = { AWS: 'arn:aws:iam::000000000000:root' };

interface Setting {
  readonly identity?: readonly PolicyStatement[];
  readonly resource?: readonly PolicyStatement[];
  readonly boundary?: readonly PolicyStatement[];
  readonly action?: string;
  readonly on?: string;
  readonly service?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

const decide = ({
  identity,
  resource,
  boundary,
  action = 'sns:Publish',
  on = topicArn,
  service,
  context,
}: Setting) => {
  const decision = evaluate({
    action,
    resource: on,
    caller: {
      accountId: '000000000000',
      arns: service ? [] : [roleArn, sessionArn],
      ...(service !== undefined && { service }),
    },
    context: new Map(Object.entries({ 'aws:principalarn': [roleArn], ...context })),
    identityPolicies: identity ? [readPolicy(policyOf(...identity), 'identity')] : [],
    resourcePolicy: resource && readPolicy(policyOf(...resource), 'resource'),
    boundary: boundary && readPolicy(policyOf(...boundary), 'boundary'),
  });
  return decision.allowed ? 'allowed' : decision.reason;
};

const allow = (more: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: 'Allow',
  ...(more.NotAction === undefined && { Action: 'sns:Publish' }),
  ...(more.NotResource === undefined && { Resource: '*' }),
  ...more,
});
const deny = (more: Partial<PolicyStatement> = {}): PolicyStatement => ({ ...allow(more), Effect: 'Deny' });

const noIdentity = 'because no identity-based policy allows the sns:Publish action';

describe('statements', () => {
  it.each<[string, Partial<PolicyStatement>, boolean]>([
    ['the action itself', { Action: 'sns:Publish' }, true],
    ['another case', { Action: 'SNS:publish' }, true],
    ['any number of characters', { Action: 'sns:Pub*' }, true],
    ['one character', { Action: 'sns:Publis?' }, true],
    ['one character too few', { Action: 'sns:Publish?' }, false],
    ['everything', { Action: '*' }, true],
    ['a list', { Action: ['sns:Subscribe', 'sns:Publish'] }, true],
    ['another action', { Action: 'sns:Subscribe' }, false],
    ['all but another action', { NotAction: 'sns:Subscribe' }, true],
    ['all but this action', { NotAction: ['sns:P*'] }, false],
    ['the resource itself', { Resource: topicArn }, true],
    ['a resource in another case', { Resource: topicArn.toUpperCase() }, false],
    ['a pattern across the ARN', { Resource: 'arn:*Promotions' }, true],
    ['another resource', { Resource: `${topicArn}2` }, false],
    ['all but another resource', { NotResource: `${topicArn}2` }, true],
    ['all but this resource', { NotResource: 'arn:aws:sns:*' }, false],
    ['a variable', { Resource: `arn:aws:sns:us-east-1:000000000000:${variable('aws:TopicName')}` }, true],
    [
      'a variable without a value',
      { Resource: `arn:aws:sns:us-east-1:000000000000:${variable('aws:Nothing')}*` },
      false,
    ],
    [
      'a default value',
      { Resource: `arn:aws:sns:us-east-1:000000000000:${variable("aws:Nothing, 'Promotions'")}` },
      true,
    ],
    ['a literal asterisk', { Resource: `arn:aws:sns:us-east-1:000000000000:${variable('*')}` }, false],
  ])('match by %s', (_name, statement, isAllowed) => {
    const context = { 'aws:topicname': ['Promotions'] };
    expect(decide({ identity: [allow(statement)], context })).toBe(isAllowed ? 'allowed' : noIdentity);
  });

  it('leave variables of older policies alone', () => {
    const statement = allow({ Resource: variable('aws:PrincipalArn') });
    const literal = readPolicy({ Version: '2008-10-17', Statement: statement }, 'old');
    const question = { action: 'sns:Publish', caller: { accountId: '0', arns: [] } };
    const context = new Map([['aws:principalarn', ['x']]]);
    expect(literal.opinion({ ...question, context, resource: 'x' })).toBe('nothing');
    expect(literal.opinion({ ...question, context, resource: variable('aws:PrincipalArn') })).toBe('allow');
  });

  it('need a policy for everything when the action has no resources', () => {
    const on = '*';
    expect(decide({ identity: [allow({ Resource: topicArn })], on })).toBe(noIdentity);
    expect(decide({ identity: [allow({ Resource: '*' })], on })).toBe('allowed');
  });
});

describe('conditions', () => {
  const holds = (operator: string, expected: unknown, actual?: string | readonly string[]) => {
    const context: Record<string, readonly string[]> =
      actual === undefined ? {} : { 'app:key': typeof actual === 'string' ? [actual] : actual };
    const identity = [allow({ Condition: { [operator]: { 'App:Key': expected } } })];
    return decide({ identity, context }) === 'allowed';
  };

  it.each<[string, unknown, string | readonly string[] | undefined, boolean]>([
    ['StringEquals', 'a', 'a', true],
    ['StringEquals', 'a', 'A', false],
    ['StringEquals', ['x', 'a'], 'a', true],
    ['StringEquals', 'a*', 'ab', false],
    ['StringEquals', variable('aws:PrincipalArn'), roleArn, true],
    ['StringEquals', 'a', undefined, false],
    ['StringEqualsIfExists', 'a', undefined, true],
    ['StringEqualsIfExists', 'a', 'b', false],
    ['StringEqualsIgnoreCase', 'a', 'A', true],
    ['StringNotEquals', 'a', 'b', true],
    ['StringNotEquals', ['a', 'b'], 'b', false],
    ['StringNotEquals', 'a', undefined, true],
    ['StringNotEqualsIgnoreCase', 'a', 'A', false],
    ['StringLike', 'a*c', 'abbc', true],
    ['StringLike', 'a?c', 'abbc', false],
    ['StringNotLike', 'a*', 'abbc', false],
    ['StringNotLike', 'a*', undefined, true],
    ['ArnLike', 'arn:aws:iam::*:role/W*', roleArn, true],
    ['ArnEquals', 'arn:aws:iam::*:role/W*', roleArn, true],
    ['ArnLike', 'arn:*:role/Worker', roleArn, false],
    ['ArnNotLike', 'arn:aws:iam::*:role/W*', roleArn, false],
    ['ArnNotEquals', 'arn:aws:iam::*:role/X', roleArn, true],
    ['Bool', true, 'true', true],
    ['Bool', 'false', 'true', false],
    ['Null', 'true', undefined, true],
    ['Null', true, 'x', false],
    ['Null', 'false', 'x', true],
    ['NumericEquals', 5, '5.0', true],
    ['NumericNotEquals', '5', '6', true],
    ['NumericLessThan', '5', '5', false],
    ['NumericLessThanEquals', '5', '5', true],
    ['NumericGreaterThan', '5', '6', true],
    ['NumericGreaterThanEquals', '5', '4', false],
    ['NumericLessThan', '5', 'many', false],
    ['DateLessThan', '2026-11-22T00:00:00Z', '2026-11-21T00:00:00Z', true],
    ['DateGreaterThan', '2026-11-22T00:00:00Z', '2026-11-21T00:00:00Z', false],
    ['DateEquals', '2026-11-22T00:00:00Z', '1795305600', true],
    ['DateNotEquals', '2026-11-22T00:00:00Z', '1795305600', false],
    ['DateLessThanEquals', '1795305600', '2026-11-22T00:00:00Z', true],
    ['DateGreaterThanEquals', '1795305601', '2026-11-22T00:00:00Z', false],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['x', 'b'], true],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['x'], false],
    ['ForAnyValue:StringEquals', ['a'], undefined, false],
    ['ForAnyValue:StringNotEquals', ['a'], ['a', 'x'], true],
    ['ForAllValues:StringLike', ['a*'], ['a1', 'a2'], true],
    ['ForAllValues:StringLike', ['a*'], ['a1', 'b'], false],
    ['ForAllValues:StringEquals', ['a'], undefined, true],
    ['ForAllValues:StringNotEquals', ['a'], ['a', 'x'], false],
  ])('%s %j of %j is %s', (operator, expected, actual, result) => {
    expect(holds(operator, expected, actual)).toBe(result);
  });

  it('all hold, or the statement says nothing', () => {
    const Condition = { StringEquals: { 'a:x': '1' }, Bool: { 'a:y': 'true', 'a:z': 'true' } };
    const context = { 'a:x': ['1'], 'a:y': ['true'], 'a:z': ['true'] };
    expect(decide({ identity: [allow({ Condition })], context })).toBe('allowed');
    expect(decide({ identity: [allow({ Condition })], context: { ...context, 'a:z': ['false'] } })).toBe(
      noIdentity,
    );
  });
});

describe('policies that cannot be evaluated', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'an unknown operator',
      allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
      /"IpAddress"/,
    ],
    [
      'an unknown quantifier',
      allow({ Condition: { 'ForSome:StringEquals': { a: 'b' } } }),
      /"ForSome:StringEquals"/,
    ],
    [
      'a value that is no text',
      allow({ Condition: { StringEquals: { a: { Ref: 'X' } } } }),
      /StringEquals of a.*Ref/,
    ],
    ['no effect', { Action: 'a:b', Resource: '*' }, /Effect is nothing/],
    ['no action', { Effect: 'Allow', Resource: '*' }, /exactly one of Action and NotAction/],
    ['two kinds of resources', { ...allow(), NotResource: 'x' }, /only one of Resource and NotResource/],
    ['an unresolved resource', allow({ Resource: { Ref: 'X' } as never }), /Resource: expected text/],
    ['everybody but somebody', allow({ NotPrincipal: root }), /NotPrincipal goes with "Deny" only/],
    ['a principal as text', allow({ Principal: 'somebody' as never }), /Principal is "somebody"/],
  ])('fail when they are read: %s', (_name, statement, message) => {
    const read = () => readPolicy(policyOf(statement as PolicyStatement), 'Bad');
    expect(read).toThrow(MalformedPolicyError);
    expect(read).toThrow(message);
    expect(read).toThrow(/Policy Bad, statement 1/);
  });

  it('fail without statements', () => {
    expect(() => readPolicy({} as never, 'Empty')).toThrow(
      'Policy Empty: expected an object with "Statement"',
    );
  });
});

describe('identity and resource', () => {
  const forRole = allow({ Principal: { AWS: roleArn } });

  it.each<[string, Setting, string]>([
    ['nothing', {}, noIdentity],
    ['the identity', { identity: [allow()] }, 'allowed'],
    ['the resource, naming the role', { resource: [forRole] }, 'allowed'],
    [
      'the resource, naming the session',
      { resource: [allow({ Principal: { AWS: sessionArn } })] },
      'allowed',
    ],
    ['the resource, naming everybody', { resource: [allow({ Principal: '*' })] }, 'allowed'],
    [
      'the resource, naming everybody of AWS',
      { resource: [allow({ Principal: { AWS: ['*'] } })] },
      'allowed',
    ],
    ['the resource, naming the account', { resource: [allow({ Principal: root })] }, noIdentity],
    [
      'the account by number, and the identity',
      { resource: [allow({ Principal: { AWS: '000000000000' } })], identity: [allow()] },
      'allowed',
    ],
    [
      'the resource, naming another role',
      { resource: [allow({ Principal: { AWS: `${roleArn}2` } })] },
      noIdentity,
    ],
    [
      'an identity that denies as well',
      { identity: [allow(), deny()] },
      'with an explicit deny in an identity-based policy',
    ],
    [
      'a resource that denies',
      { identity: [allow()], resource: [deny({ Principal: '*' })] },
      'with an explicit deny in a resource-based policy',
    ],
    [
      'a resource that denies all but others',
      { identity: [allow()], resource: [deny({ NotPrincipal: { AWS: `${roleArn}2` } })] },
      'with an explicit deny in a resource-based policy',
    ],
    [
      'a resource that denies all but this role',
      { identity: [allow()], resource: [deny({ NotPrincipal: { AWS: roleArn } })] },
      'allowed',
    ],
    [
      'an identity beyond its boundary',
      { identity: [allow()], boundary: [allow({ Action: 's3:*' })] },
      'because no permissions boundary allows the sns:Publish action',
    ],
    [
      'an identity within its boundary',
      { identity: [allow()], boundary: [allow({ Action: 'sns:*' })] },
      'allowed',
    ],
    [
      'a boundary that denies',
      { identity: [allow()], boundary: [allow(), deny()] },
      'with an explicit deny in a permissions boundary',
    ],
  ])('decide together: %s', (_name, setting, outcome) => {
    expect(decide(setting)).toBe(outcome);
  });
});

describe('keys and roles', () => {
  const action = 'kms:Decrypt';
  const on = 'arn:aws:kms:us-east-1:000000000000:key/1';
  const mine = allow({ Action: 'kms:*' });
  const noResource = 'because no resource-based policy allows the kms:Decrypt action';

  it('need the consent of the key, directly or by leaving it to IAM', () => {
    const ask = (setting: Setting) => decide({ action, on, ...setting });
    expect(ask({ identity: [mine], resource: [] })).toBe(noResource);
    expect(ask({ identity: [mine] })).toBe(noResource);
    expect(ask({ identity: [mine], on: '*', action: 'kms:ListKeys' })).toBe('allowed');
    expect(ask({ identity: [mine], on: on.replace('key/1', 'alias/a'), action: 'kms:CreateAlias' })).toBe(
      'allowed',
    );
    expect(ask({ identity: [mine], resource: [allow({ Action: 'kms:*', Principal: root })] })).toBe(
      'allowed',
    );
    expect(ask({ resource: [allow({ Action: 'kms:*', Principal: root })] })).toBe(
      'because no identity-based policy allows the kms:Decrypt action',
    );
    expect(ask({ resource: [allow({ Action: 'kms:Decrypt', Principal: { AWS: roleArn } })] })).toBe(
      'allowed',
    );
  });

  it('T16: lets a service-linked role use a key by the account and its ARN', () => {
    const Condition = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::000000000000:role/Work*' } };
    const resource = [allow({ Action: 'kms:*', Principal: root, Condition })];
    expect(decide({ action, on, identity: [mine], resource })).toBe('allowed');
    const other = { 'aws:principalarn': ['arn:aws:iam::000000000000:role/Other'] };
    expect(decide({ action, on, identity: [mine], resource, context: other })).toBe(noResource);
  });

  it('let nobody take on a role that does not trust them', () => {
    const identity = [allow({ Action: 'sts:AssumeRole' })];
    expect(decide({ action: 'sts:AssumeRole', on: roleArn, identity, resource: [] })).toBe(
      'because no resource-based policy allows the sts:AssumeRole action',
    );
  });
});

describe('services', () => {
  const service = 'sns.amazonaws.com';
  const Principal = { Service: service };
  const Condition = {
    ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:Promo*' },
    StringEquals: { 'aws:SourceAccount': '000000000000' },
  };
  const context = { 'aws:sourcearn': [topicArn], 'aws:sourceaccount': ['000000000000'] };

  it('are let in by the resource only, for the source that it names', () => {
    expect(decide({ service, context, resource: [allow({ Principal, Condition })] })).toBe('allowed');
    const confused = { ...context, 'aws:sourceaccount': ['111111111111'] };
    const no = 'because no resource-based policy allows the sns:Publish action';
    expect(decide({ service, context: confused, resource: [allow({ Principal, Condition })] })).toBe(no);
    expect(
      decide({ service, context, resource: [allow({ Principal: { Service: 'events.amazonaws.com' } })] }),
    ).toBe(no);
    expect(decide({ service, context, resource: [allow({ Principal: root })] })).toBe(no);
    expect(decide({ service, context })).toBe(no);
  });
});

describe('properties', () => {
  const part = fc.stringMatching(/^[a-c*?]{0,6}$/);

  it('a denial wins over every set of allowances, in any order', () => {
    const statement = fc.constantFrom(allow(), allow({ Action: '*' }), allow({ Principal: '*' }), deny());
    fc.assert(
      fc.property(fc.array(statement), fc.array(statement), (identity, resource) => {
        const isDenied = [...identity, ...resource].some(({ Effect }) => Effect === 'Deny');
        const outcome = decide({ identity, resource });
        return isDenied ? outcome.startsWith('with an explicit deny') : true;
      }),
    );
  });

  it('patterns match exactly what the same regular expression matches', () => {
    fc.assert(
      fc.property(part, fc.stringMatching(/^[a-c]{0,8}$/), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        return matchesPattern(preparePattern(pattern) ?? '', text) === expression.test(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('text without wildcards matches itself alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        fc.pre(!/[*?]/.test(text) && !/\$\{/.test(text));
        return matchesPattern(preparePattern(text) ?? '', other) === (text === other);
      }),
    );
  });
});

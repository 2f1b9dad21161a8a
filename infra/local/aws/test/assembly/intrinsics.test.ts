import fc from 'fast-check';
import { cidrBlocks } from '../../assembly/cidr.ts';
import { evaluateCondition, noValue, resolveIntrinsics, type Scope } from '../../assembly/intrinsics.ts';

const refs: Readonly<Record<string, unknown>> = {
  'AWS::Region': 'us-east-1',
  'AWS::NoValue': noValue,
  Topic: 'arn:aws:sns:us-east-1:000000000000:Topic',
  Number: 3,
  Names: ['a', 'b'],
};

const scope: Scope = {
  where: 'App/Fn',
  ref: (name) => {
    if (!(name in refs)) throw new Error(`unknown ${name}`);
    return refs[name];
  },
  attribute: (id, name) => (id === 'Zones' ? ['x', 'y'] : `${id}!${name}`),
  importValue: (name) => `imported ${name}`,
  mapping: (map, top, second) =>
    map === 'Map' && top === 'top' && second === 'second' ? 'found' : undefined,
  condition: (name) => name === 'Yes',
  availabilityZones: (region) => [`${region}a`, `${region}b`],
};

const resolve = (value: unknown) => resolveIntrinsics(value, scope);

describe('intrinsic functions', () => {
  it.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'Topic' }, refs.Topic],
    ['Ref of a list', { Ref: 'Names' }, ['a', 'b']],
    ['Fn::GetAtt as list', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'Role!Arn'],
    ['Fn::GetAtt as text with a dotted attribute', { 'Fn::GetAtt': 'Db.Endpoint.Port' }, 'Db!Endpoint.Port'],
    [
      'Fn::GetAtt with a computed attribute',
      { 'Fn::GetAtt': ['Fn', { Ref: 'AWS::Region' }] },
      'Fn!us-east-1',
    ],
    ['Fn::Join', { 'Fn::Join': [':', ['a', { Ref: 'Number' }, true]] }, 'a:3:true'],
    [
      'Fn::Join over a list-valued function',
      { 'Fn::Join': ['-', { 'Fn::GetAtt': ['Zones', 'All'] }] },
      'x-y',
    ],
    ['Fn::Join without AWS::NoValue', { 'Fn::Join': [',', ['a', { Ref: 'AWS::NoValue' }]] }, 'a'],
    ['Fn::Sub', { 'Fn::Sub': `\${Topic}/\${Role.Arn}/\${!Literal}` }, `${refs.Topic}/Role!Arn/\${Literal}`],
    ['Fn::Sub with variables', { 'Fn::Sub': [`\${A}-\${Number}`, { A: { Ref: 'Number' } }] }, '3-3'],
    ['Fn::Select', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['Fn::Select of a zone', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    ['Fn::If, true', { 'Fn::If': ['Yes', { Ref: 'Number' }, 'no'] }, 3],
    ['Fn::If, false', { 'Fn::If': ['No', { Ref: 'Missing' }, 'no'] }, 'no'],
    [
      'Fn::ImportValue',
      { 'Fn::ImportValue': { 'Fn::Join': ['', ['Platform:', 'X']] } },
      'imported Platform:X',
    ],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Map', 'top', 'second'] }, 'found'],
    ['Fn::FindInMap with default', { 'Fn::FindInMap': ['Map', 'x', 'y', { DefaultValue: 1 }] }, 1],
    ['Fn::Base64', { 'Fn::Base64': { 'Fn::Sub': `in \${AWS::Region}` } }, 'aW4gdXMtZWFzdC0x'],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['Fn::Length', { 'Fn::Length': { Ref: 'Names' } }, 2],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Number' } } }, '{"a":3}'],
    ['an ordinary key called Ref', { Ref: { Ref: 'Number' } }, { Ref: 3 }],
  ])('%s', (_name, expression, expected) => expect(resolve(expression)).toEqual(expected));

  it('leaves out properties and elements that are AWS::NoValue', () =>
    expect(
      resolve({ a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: [{ Ref: 'AWS::NoValue' }, 2] }),
    ).toEqual({ b: [2] }));

  it('leaves parameters that a launch template resolves by itself', () =>
    expect(resolve({ ImageId: 'resolve:ssm:/lockstep/image' })).toEqual({
      ImageId: 'resolve:ssm:/lockstep/image',
    }));

  it.each<[string, unknown, RegExp]>([
    [
      'an unknown function, naming it and the place',
      { a: [{ 'Fn::Transform': {} }] },
      /App\/Fn: .*Fn::Transform is not known/,
    ],
    ['a function beside other keys', { 'Fn::Join': ['', []], b: 1 }, /Fn::Join must stand alone/],
    ['joining what is not text', { 'Fn::Join': ['', [{ a: 1 }]] }, /Fn::Join needs text/],
    ['selecting past the end', { 'Fn::Select': [2, ['a']] }, /Fn::Select has no element 2/],
    ['a missing map entry', { 'Fn::FindInMap': ['Map', 'x', 'y'] }, /Fn::FindInMap finds no entry/],
    ['a block that is too small', { 'Fn::Cidr': ['10.0.0.0/24', 2, 8] }, /no room for 2 blocks/],
  ])('fails on %s', (_name, expression, message) => expect(() => resolve(expression)).toThrow(message));
});

describe('conditions', () => {
  it.each<[unknown, boolean]>([
    [{ 'Fn::Equals': [{ Ref: 'Number' }, '3'] }, true],
    [{ 'Fn::Equals': [{ Ref: 'Names' }, ['a']] }, false],
    [{ 'Fn::Not': [{ Condition: 'Yes' }] }, false],
    [{ 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] }, false],
    [{ 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
  ])('%j is %s', (expression, expected) => expect(evaluateCondition(expression, scope)).toBe(expected));

  it('fails on what is not a condition', () =>
    expect(() => evaluateCondition({ 'Fn::Join': [] }, scope)).toThrow(/is not a condition/));
});

describe('cidrBlocks', () => {
  it('gives blocks that follow each other within the whole', () =>
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 24 }), fc.integer({ min: 1, max: 16 }), (prefix, count) => {
        const blocks = cidrBlocks(`10.0.0.0/${prefix}`, count, 4);
        const starts = blocks.map((block) =>
          (block.split('/')[0] as string).split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0),
        );
        expect(starts).toEqual(starts.map((_, index) => 10 * 2 ** 24 + index * 16));
        expect(blocks.every((block) => block.endsWith('/28'))).toBe(true);
      }),
    ));

  it('fails on what is not a block', () =>
    expect(() => cidrBlocks('10.0.0.300/16', 1, 8)).toThrow('"10.0.0.300/16" is not an IPv4 block'));
});

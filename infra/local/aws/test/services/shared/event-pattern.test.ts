import fc from 'fast-check';
import { compilePattern, PatternError } from '../../../services/shared/event-pattern.ts';

const event = {
  source: 'aws.codecommit',
  'detail-type': 'CodeCommit Repository State Change',
  resources: ['arn:aws:codecommit:us-east-1:000000000000:orders', 'arn:other'],
  detail: {
    event: 'referenceUpdated',
    referenceName: 'main',
    size: 12,
    isLarge: false,
    nothing: null,
    empty: [],
    tags: { team: 'Orders' },
    files: [
      { path: 'src/a.ts', kind: 'M' },
      { path: 'docs/b.md', kind: 'A' },
    ],
  },
};

describe('event patterns', () => {
  it.each<[string, unknown, boolean]>([
    ['an exact value', { source: ['aws.codecommit'] }, true],
    ['another exact value', { source: ['aws.s3'] }, false],
    ['one of several values', { source: ['aws.s3', 'aws.codecommit'] }, true],
    ['every field together', { source: ['aws.codecommit'], detail: { referenceName: ['dev'] } }, false],
    ['a nested field', { detail: { tags: { team: ['Orders'] } } }, true],
    ['an element of a list', { resources: ['arn:other'] }, true],
    ['a number', { detail: { size: [12] } }, true],
    ['a number that is given as text', { detail: { size: ['12'] } }, false],
    ['a boolean', { detail: { isLarge: [false] } }, true],
    ['null', { detail: { nothing: [null] } }, true],
    ['null where the field is missing', { detail: { missing: [null] } }, false],
    ['a prefix', { resources: [{ prefix: 'arn:aws:codecommit:' }] }, true],
    ['a prefix in other case', { source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] }, true],
    ['a prefix that differs', { source: [{ prefix: 'AWS.' }] }, false],
    ['a suffix', { resources: [{ suffix: ':orders' }] }, true],
    ['a suffix in other case', { resources: [{ suffix: { 'equals-ignore-case': ':ORDERS' } }] }, true],
    ['equal but for case', { detail: { tags: { team: [{ 'equals-ignore-case': 'orders' }] } } }, true],
    ['a wildcard', { resources: [{ wildcard: 'arn:*:orders' }] }, true],
    ['a wildcard that does not end there', { resources: [{ wildcard: 'arn:*:order' }] }, false],
    ['a wildcard with other special characters', { source: [{ wildcard: 'aws?code*' }] }, false],
    ['anything but a value', { detail: { referenceName: [{ 'anything-but': 'dev' }] } }, true],
    ['anything but itself', { detail: { referenceName: [{ 'anything-but': 'main' }] } }, false],
    ['anything but several', { detail: { referenceName: [{ 'anything-but': ['dev', 'main'] }] } }, false],
    ['anything but a number', { detail: { size: [{ 'anything-but': [1, 2] }] } }, true],
    ['anything but a prefix', { detail: { referenceName: [{ 'anything-but': { prefix: 'ma' } }] } }, false],
    [
      'anything but prefixes',
      { detail: { referenceName: [{ 'anything-but': { prefix: ['x', 'y'] } }] } },
      true,
    ],
    ['anything but a suffix', { detail: { referenceName: [{ 'anything-but': { suffix: 'in' } }] } }, false],
    [
      'anything but a case',
      { detail: { referenceName: [{ 'anything-but': { 'equals-ignore-case': 'MAIN' } }] } },
      false,
    ],
    [
      'anything but a wildcard',
      { detail: { referenceName: [{ 'anything-but': { wildcard: 'm*n' } }] } },
      false,
    ],
    ['anything but, where the field is missing', { detail: { missing: [{ 'anything-but': 'x' }] } }, false],
    ['a field that exists', { detail: { size: [{ exists: true }] } }, true],
    ['a field that must not exist', { detail: { size: [{ exists: false }] } }, false],
    ['a missing field that must not exist', { detail: { missing: [{ exists: false }] } }, true],
    ['a missing field in a missing object', { detail: { gone: { inner: [{ exists: false }] } } }, true],
    ['an object, which is no value', { detail: { tags: [{ exists: true }] } }, false],
    ['a comparison', { detail: { size: [{ numeric: ['>', 10] }] } }, true],
    ['a range', { detail: { size: [{ numeric: ['>', 0, '<=', 11.5] }] } }, false],
    ['a comparison with text', { source: [{ numeric: ['=', 1] }] }, false],
    ['an object of a list', { detail: { files: { path: [{ prefix: 'docs/' }], kind: ['A'] } } }, true],
    [
      'fields of different objects of a list',
      { detail: { files: { path: [{ prefix: 'docs/' }], kind: ['M'] } } },
      false,
    ],
    ['one of two', { $or: [{ source: ['x'] }, { detail: { size: [12] } }] }, true],
    [
      'one of two and something else',
      { $or: [{ source: ['x'] }, { detail: { size: [12] } }], account: ['1'] },
      false,
    ],
    ['an or within', { detail: { $or: [{ size: [1] }, { referenceName: ['main'] }] } }, true],
  ])('match by %s', (_name, pattern, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown operator', { source: [{ cidr: '10.0.0.0/8' }] }, /"source" uses the operator "cidr"/],
    [
      'an unknown operator within anything-but',
      { a: [{ 'anything-but': { numeric: ['>', 1] } }] },
      /anything-but/,
    ],
    ['a plain value instead of a list', { source: 'aws.s3' }, /must be a list of values or an object/],
    ['an empty list', { source: [] }, /empty list/],
    ['an empty pattern', {}, /at least one field/],
    ['no object', ['a'], /must be an object/],
    ['two operators in one', { a: [{ prefix: 'a', suffix: 'b' }] }, /one operator per object/],
    ['exists with a text', { a: [{ exists: 'yes' }] }, /true or false/],
    ['a prefix that is no text', { a: [{ prefix: 3 }] }, /takes a text/],
    ['a comparison that is not whole', { a: [{ numeric: ['>'] }] }, /"numeric" takes/],
    ['a comparison of texts', { a: [{ numeric: ['>', '1'] }] }, /"numeric" takes/],
    ['a double star', { a: [{ wildcard: 'a**' }] }, /must not have/],
    ['a wrong escape', { a: [{ wildcard: 'a\\b' }] }, /must stand before/],
    ['an or with one choice', { $or: [{ a: ['b'] }] }, /at least two/],
  ])('fail for %s', (_name, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(() => compilePattern(pattern)).toThrow(message);
  });

  it('match a text by wildcard exactly when its parts stand in it in order', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '+'), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 2, maxLength: 4 }),
        fc.array(part, { minLength: 3, maxLength: 3 }),
        (parts, fill) => {
          const kept = parts.filter(
            (text, index) => text !== '' || index === 0 || index === parts.length - 1,
          );
          const text = kept.map((one, index) => (index === 0 ? one : `${fill[index % 3]}${one}`)).join('');
          return compilePattern({ a: [{ wildcard: kept.join('*') }] })({ a: text });
        },
      ),
    );
  });

  it('never match both a test and its anything-but for single values', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, wanted) => {
        const matches = compilePattern({ a: [wanted] })({ a: value });
        const differs = compilePattern({ a: [{ 'anything-but': [wanted] }] })({ a: value });
        return matches !== differs;
      }),
    );
  });
});

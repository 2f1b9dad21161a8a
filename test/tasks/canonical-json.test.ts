import fc from 'fast-check';
import { canonical, canonicalJson, digestOf } from '../../tasks/canonical-json.ts';
import { fromAttributes, toAttributes } from '../../tasks/ledger/attributes.ts';

/** Canonical JSON written by hand for what records hold, as the library must write it. */
const written = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${written(name)}:${written(field)}`)
    .join(',')}}`;
};

const text = fc.string({ unit: 'binary' });
const name = fc.stringMatching(/^[a-z][A-Za-z0-9-]{0,8}$/);
const { record } = fc.letrec<{ record: Record<string, unknown>; value: unknown }>((tie) => ({
  record: fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.constantFrom('cut \ud83d', '\udd10 cut', 'é 🔒'),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((each) => each + 0),
    fc.boolean(),
    fc.constant(undefined),
    fc.array(fc.oneof(text, fc.boolean(), tie('record')), { maxLength: 3 }),
    tie('record'),
  ),
}));

describe('canonical JSON', () => {
  it('is what RFC 8785 shows', () => {
    expect(
      canonicalJson({
        numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '€$\u000f\nA\'B"\\\\"/',
        literals: [null, true, false],
      }),
    ).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('is the same for every record as written by hand', () => {
    fc.assert(
      fc.property(record, (each) => {
        expect(canonicalJson(each)).toBe(written(each));
        expect(canonicalJson(canonical(each))).toBe(written(each));
      }),
    );
  });

  it('is the same after DynamoDB has kept the record', () => {
    fc.assert(
      fc.property(record, (each) => {
        expect(digestOf(fromAttributes(toAttributes(each)))).toBe(digestOf(each));
      }),
    );
  });

  it('fails for a number that JSON cannot hold', () => {
    expect(() => canonicalJson({ seconds: Number.NaN })).toThrow('NaN is not allowed');
  });
});

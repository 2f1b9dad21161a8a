import { readEnv, wholeNumber } from '../../tasks/read-env.ts';

describe('reading the environment', () => {
  const before = process.env;
  afterEach(() => {
    process.env = before;
  });

  it('gives a function its own variables and the region, and nothing else', () => {
    process.env = {
      LEDGER_TABLE: 'ledger',
      EVIDENCE_BUCKET: 'evidence',
      INSPECT_IMAGE_FUNCTION: 'inspect-image',
      AWS_REGION: 'eu-west-1',
      SITE_URL: 'https://approvals.example.com',
    };
    const env = readEnv('complete-job');
    expect(env).toEqual({
      LEDGER_TABLE: 'ledger',
      EVIDENCE_BUCKET: 'evidence',
      INSPECT_IMAGE_FUNCTION: 'inspect-image',
      AWS_REGION: 'eu-west-1',
    });
    // @ts-expect-error: complete-job does not get this variable.
    expect(env.SITE_URL).toBeUndefined();
    // @ts-expect-error: no function has this name.
    expect(() => readEnv('complete-jobs')).toThrow(TypeError);
  });

  it.each([
    [{}, /variable LEDGER_TABLE is missing/],
    [{ LEDGER_TABLE: '' }, /variable LEDGER_TABLE is empty/],
  ])('fails naming the variable in %p', (environment, message) => {
    process.env = environment;
    expect(() => readEnv('complete-job')).toThrow(message);
  });

  it('reads whole numbers, and fails on other text', () => {
    expect(wholeNumber('PROD_MIN_SIZE', '2')).toBe(2);
    expect(() => wholeNumber('PROD_MIN_SIZE', 'two')).toThrow(/PROD_MIN_SIZE is "two"/);
  });
});

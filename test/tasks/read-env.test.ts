import { readEnv, wholeNumber } from '../../tasks/read-env.ts';

describe('reading the environment', () => {
  const before = process.env;
  afterEach(() => {
    process.env = before;
  });

  it('gives the variables by name', () => {
    process.env = { LEDGER_TABLE: 'ledger', SITE_URL: 'https://approvals.example.com' };
    expect(readEnv('LEDGER_TABLE', 'SITE_URL')).toEqual({
      LEDGER_TABLE: 'ledger',
      SITE_URL: 'https://approvals.example.com',
    });
  });

  it.each([
    [{}, /variable LEDGER_TABLE is missing/],
    [{ LEDGER_TABLE: '' }, /variable LEDGER_TABLE is empty/],
  ])('fails naming the variable in %p', (environment, message) => {
    process.env = environment;
    expect(() => readEnv('LEDGER_TABLE')).toThrow(message);
  });

  it('reads whole numbers, and fails on other text', () => {
    expect(wholeNumber('PROD_MIN_SIZE', '2')).toBe(2);
    expect(() => wholeNumber('PROD_MIN_SIZE', 'two')).toThrow(/PROD_MIN_SIZE is "two"/);
  });
});

import fc from 'fast-check';
import { personFromClaims } from '../../approvals-ui/sign-in/claims.ts';
import {
  type CompanyProvider,
  companyAccount,
  companyGroups,
} from '../../approvals-ui/sign-in/company-account.ts';
import { isSamePerson } from '../../tasks/approvals/same-person.ts';

const company: CompanyProvider = {
  name: 'Company',
  emailVerified: true,
  groups: { qc: ['Lockstep QC', 'testers'], pmo: ['Lockstep PMO'], operators: ['R+D, all'] },
};
const partner: CompanyProvider = {
  name: 'Partner',
  emailVerified: 'claim',
  groups: { qc: ['qc'], pmo: [], operators: [] },
};
const stranger: CompanyProvider = { ...partner, name: 'Stranger', emailVerified: false };
const providers = [company, partner, stranger];

const of = (...names: readonly unknown[]) => JSON.stringify(names.map((providerName) => ({ providerName })));
const account = (attributes: Record<string, string>) =>
  companyAccount({ email: 'Ada@Example.com', identities: of('Company'), ...attributes }, providers);

describe('the roles of an account', () => {
  it.each<[string, string | undefined, readonly string[]]>([
    ['one group', 'Lockstep QC', ['qc']],
    ['a list in brackets, form-encoded', '[Lockstep+QC, Lockstep%20PMO]', ['qc', 'pmo']],
    ['a list in brackets, as it is', '[Lockstep QC, staff]', ['qc']],
    ['a list of one', '[testers]', ['qc']],
    ['JSON text', '["Lockstep PMO","staff"]', ['pmo']],
    ['JSON text with signs', '["R+D, all"]', ['operator']],
    ['an encoded name with signs', '[staff, R%2BD%2C+all]', ['operator']],
    ['one name with signs', 'R+D, all', ['operator']],
    ['a group that contains a name', 'not Lockstep QC', []],
    ['names without brackets', 'staff, testers', []],
    ['names with spaces between them', 'staff testers', []],
    ['another case', 'TESTERS', []],
    ["a role's own name", 'qc', []],
    ['brackets alone', '[]', []],
    ['broken encoding', '[%ZZ, testers]', ['qc']],
    ['no groups', '', []],
    ['no claim', undefined, []],
  ])('are those of %s', (_, groups, expected) => {
    expect(account(groups === undefined ? {} : { 'custom:groups': groups })?.groups).toEqual(expected);
  });

  it.each<[string, string]>([
    ['a provider that is not configured', of('Unknown')],
    ['a provider in another case', of('company')],
    ['two providers, of which either may have written it', of('Company', 'Partner')],
    ['what cannot be read', '{not json'],
    ['what is no list', '{"providerName":"Company"}'],
    ['what has no name', '[null]'],
  ])('are none, and the address is not verified, for an account of %s', (_, identities) => {
    const attributes = { identities, 'custom:groups': 'Lockstep QC', email_verified: 'true' };
    expect(account(attributes)).toEqual({ groups: [], verifiedEmail: '' });
  });

  it.each(['', '[]'])('are not asked for in an account of the pool itself (%p)', (identities) => {
    expect(account({ identities, 'custom:groups': 'Lockstep QC' })).toBeUndefined();
  });

  it('are only those that the provider of the account gives', () => {
    expect(account({ identities: of('Partner'), 'custom:groups': '[Lockstep QC, qc]' })?.groups).toEqual([
      'qc',
    ]);
    expect(account({ identities: of('Partner'), 'custom:groups': 'Lockstep QC' })?.groups).toEqual([]);
  });

  it('come from whole names in every form', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 +%&,_.-]{0,12}[A-Za-z0-9]$/);
    const encoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 6 }), (names) => {
        const sent = companyGroups(`[${names.map(encoded).join(', ')}]`);
        for (const each of names) expect(sent).toContain(each);
        for (const each of sent) expect([...names, ...names.map(encoded)]).toContain(each);
      }),
      { seed: 9 },
    );
  });
});

describe("an account's address is verified", () => {
  it.each<[string, string, string, string]>([
    ['where the provider vouches for all', 'Company', 'false', 'ada@example.com'],
    ['where the claim says so', 'Partner', 'true', 'ada@example.com'],
    ['not where the claim says no', 'Partner', 'false', ''],
    ['not where the configuration does not say so even if the claim does', 'Stranger', 'true', ''],
  ])('%s', (_, provider, email_verified, expected) => {
    expect(account({ identities: of(provider), email_verified })?.verifiedEmail).toBe(expected);
  });
});

describe('T48: one person is one person by verified address', () => {
  const native = personFromClaims({
    sub: 'sub-1',
    'cognito:username': 'ada',
    email: 'ada@example.com',
    email_verified: true,
  });
  const federated = (name: string, attributes: Record<string, string> = {}) => ({
    ...personFromClaims({ sub: `sub-${name}`, 'cognito:username': `${name}_ada`, email: 'ada@example.com' }),
    ...account({ identities: of(name), ...attributes }),
  });

  it.each([
    ['in the pool and at a provider', native, federated('Company')],
    ['at two providers', federated('Company'), federated('Partner', { email_verified: 'true' })],
  ])('with an account %s', (_, one, other) => {
    expect(one.subject).not.toBe(other.subject);
    expect(isSamePerson(one, other)).toBe(true);
  });
});

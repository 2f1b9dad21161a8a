import fc from 'fast-check';
import { groupsOf, personFromClaims, signedInAt } from '../../approvals-ui/sign-in/claims.ts';

describe('the group claim', () => {
  it.each([
    ['a list', ['qc', 'pmo'], ['qc', 'pmo']],
    ['the text of an HTTP API authorizer (T47)', '[qc pmo]', ['qc', 'pmo']],
    ['that text with one group', '[qc]', ['qc']],
    ['a list as JSON text', '["qc","pmo"]', ['qc', 'pmo']],
    ['one name', 'qc', ['qc']],
    ['names with commas', 'qc, pmo', ['qc', 'pmo']],
    ['names that occur twice', ['qc', 'qc'], ['qc']],
    ['an empty list', [], []],
    ['an empty text', '', []],
    ['empty brackets', '[]', []],
    ['nothing', undefined, []],
    ['a number', 7, []],
    ['an object', { qc: true }, []],
    ['a list with other things in it', ['qc', 7, null, { qc: 1 }], ['qc']],
  ])('is read from %s', (_form, claim, expected) => {
    expect(groupsOf(claim)).toEqual(expected);
  });

  it('keeps names whole in every form (T47): a name that contains a role is another group', () => {
    expect(groupsOf('[not-qc qc2 pmo_readers]')).toEqual(['not-qc', 'qc2', 'pmo_readers']);
  });

  it('means the same in every form', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (names) => {
        const forms = [
          names,
          `[${names.join(' ')}]`,
          JSON.stringify(names),
          names.join(','),
          names.join(' '),
        ];
        for (const form of forms) expect(groupsOf(form)).toEqual(names);
      }),
    );
  });
});

describe('a person', () => {
  const claims = {
    sub: 'sub-1',
    'cognito:username': 'quinn',
    preferred_username: 'q',
    email: 'Quinn@Example.com',
    email_verified: true,
    'cognito:groups': ['qc'],
  };

  it('is read from the claims, the e-mail in lower case', () => {
    expect(personFromClaims(claims)).toEqual({
      subject: 'sub-1',
      name: 'quinn',
      verifiedEmail: 'quinn@example.com',
      groups: ['qc'],
    });
  });

  it.each([
    ['false', false],
    ['the text "false"', 'false'],
    ['1', 1],
    ['missing', undefined],
  ])('has no e-mail when email_verified is %s', (_text, email_verified) => {
    expect(personFromClaims({ ...claims, email_verified }).verifiedEmail).toBe('');
  });

  it('has an e-mail when email_verified is the text "true"', () => {
    expect(personFromClaims({ ...claims, email_verified: 'true' }).verifiedEmail).toBe('quinn@example.com');
  });

  it('is named by preferred_username, or by the subject, without a user name', () => {
    const { 'cognito:username': _, ...rest } = claims;
    expect(personFromClaims(rest).name).toBe('q');
    expect(personFromClaims({ sub: 'sub-1' }).name).toBe('sub-1');
  });

  it.each([[undefined], [''], [7]])('fails without a subject (%p)', (sub) => {
    expect(() => personFromClaims({ ...claims, sub })).toThrow(
      expect.objectContaining({ name: 'UnusableClaims' }),
    );
  });
});

describe('the time of the sign-in', () => {
  it.each([
    ['is long ago where the provider does not tell', {}, 0],
    ['is when the provider asked, if it answered from a session of its own', { auth_time: 400 }, 400_000],
    ['is never later than now', { auth_time: 2_000 }, 1_000_000],
    ['is long ago for anything that is no time', { auth_time: '400' }, 0],
    ['is long ago for a time before any', { auth_time: -1 }, 0],
  ])('%s', (_, claims, expected) => {
    expect(signedInAt(claims, 1_000_000)).toBe(expected);
  });
});

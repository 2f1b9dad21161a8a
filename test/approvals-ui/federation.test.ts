import type { CompanyProvider } from '../../approvals-ui/sign-in/company-account.ts';
import {
  type CompanyPerson,
  offer,
  openIdProvider,
  redirectUriOf,
  signInAt,
  startCompany,
} from '../../infra/local/aws/test/services/cognito-idp/company.ts';
import {
  createCookieJar,
  createResource,
  pickPerson,
} from '../../infra/local/aws/test/services/cognito-idp/user-pool.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { anApproval } from '../tasks/doubles/samples.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(60_000);

const QC = '/approvals/qc-request-1';
const groups = { qc: ['Lockstep QC'], pmo: ['Lockstep PMO'], operators: [] };
const company: CompanyProvider = { name: 'Company', emailVerified: true, groups };
const partner: CompanyProvider = { name: 'Partner', emailVerified: false, groups };

const ada: CompanyPerson = { email: 'ada@example.com', name: 'Ada', groups: ['Lockstep QC', 'staff'] };
const bob: CompanyPerson = { email: 'bob@example.com', name: 'Bob', groups: ['staff'] };
// The same person has an account in the pool itself.
const quinn: CompanyPerson = { email: 'quinn@example.com', groups: ['Lockstep PMO'] };

let site: Awaited<ReturnType<typeof serveSite>>;
let idp: Awaited<ReturnType<typeof startCompany>>;
let digest: string;
beforeEach(async () => {
  site = await serveSite({}, [company, partner]);
  idp = await startCompany(redirectUriOf(site.pool), new Map(Object.entries({ ada, bob, quinn })));
  const { service } = site.pool;
  for (const ProviderName of ['Company', 'Partner'])
    await createResource(
      service,
      'AWS::Cognito::UserPoolIdentityProvider',
      ProviderName,
      openIdProvider(site.pool, idp.issuer, { ProviderName }),
    );
  await offer(site.pool, ['COGNITO', 'Company', 'Partner']);
  ({ digest } = await site.addQcRequest());
});
afterEach(async () => {
  await idp.stop();
  await site.stop();
});

const signIn = async (subject: string, provider?: string) => {
  const jar = createCookieJar();
  idp.signsIn(subject);
  const toPool = (await jar.fetch(`${site.siteUrl}/sign-in`)).headers.get('location') ?? '';
  const back =
    provider === undefined
      ? await pickPerson(jar, toPool, subject)
      : (await signInAt(jar, toPool, provider, site.pool.callbackUrl)).url;
  expect((await jar.fetch(back)).status).toBe(303);
  return {
    page: async (path: string) => (await jar.fetch(`${site.siteUrl}${path}`)).text(),
    decide: async (path: string, shown = digest) => {
      const answer = await jar.fetch(`${site.siteUrl}${path}/decision`, {
        method: 'POST',
        headers: { origin: site.siteUrl },
        body: new URLSearchParams({ digest: shown, decision: 'approve' }),
      });
      return [answer.status, /data-reason="(\w+)"/.exec(await answer.text())?.[1]];
    },
  };
};

it("decides as a member of the company's group, under the company's address", async () => {
  const person = await signIn('ada', 'Company');
  expect(await person.page(QC)).toContain('Company_ada');
  expect(await person.decide(QC)).toEqual([303, undefined]);
  expect(site.told).toHaveLength(1);
  expect(await site.ledger.approvalById('qc-request-1')).toMatchObject({
    decisions: [{ person: { name: 'Company_ada', verifiedEmail: 'ada@example.com' } }],
  });
});

it('denies somebody of the company whose groups have no role', async () => {
  expect(await (await signIn('bob', 'Company')).decide(QC)).toEqual([403, 'NotInRole']);
  expect(site.told).toEqual([]);
});

it('denies the next decision once the pool knows that a group was taken away, without another sign-in', async () => {
  const before = await signIn('ada', 'Company');
  idp.people.set('ada', { ...ada, groups: ['staff'] });
  // The pool learns it when she signs in anywhere.
  await signIn('ada', 'Company');
  expect(await before.decide(QC)).toEqual([403, 'NotInRole']);
  expect(site.told).toEqual([]);
});

it('denies a decision under an address that the provider does not vouch for', async () => {
  const person = await signIn('ada', 'Partner');
  expect(await person.decide(QC)).toEqual([403, 'NoVerifiedEmail']);
  expect(site.told).toEqual([]);
});

it('T48: takes accounts in the pool and at a provider with one address for one person', async () => {
  expect(await (await signIn('quinn')).decide(QC)).toEqual([303, undefined]);
  const pmo = anApproval({
    approvalId: 'pmo-request-1',
    role: 'pmo',
    state: stateNames.pmoApproval,
    taskToken: 'pmo-1',
  });
  await site.ledger.addApproval(pmo);
  const other = await signIn('quinn', 'Company');
  expect(await other.decide('/approvals/pmo-request-1', pmo.digest)).toEqual([403, 'ApproversMustDiffer']);
  expect(site.told).toHaveLength(1);
});

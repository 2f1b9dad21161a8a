import { createCookieJar, pickPerson } from '../../infra/local/aws/test/services/cognito-idp/user-pool.ts';
import type { Approval } from '../../tasks/ledger/items.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { aMaker, anApproval, aPromotion } from '../tasks/doubles/samples.ts';
import { serveSite } from './support/served-site.ts';

jest.setTimeout(60_000);

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;
const QC = '/approvals/qc-request-1';
const PMO = '/approvals/pmo-request-1';

let site: Awaited<ReturnType<typeof serveSite>>;
let asked: Approval;
beforeEach(async () => {
  site = await serveSite();
  asked = await site.addQcRequest();
});
afterEach(() => site.stop());

/** Somebody signed in over HTTP, with a browser's cookies. */
const signIn = async (name: string) => {
  const jar = createCookieJar();
  const toProvider = await jar.fetch(`${site.siteUrl}/sign-in`);
  await jar.fetch(await pickPerson(jar, toProvider.headers.get('location') ?? '', name));
  return {
    get: (path: string, init: RequestInit = {}) => jar.fetch(`${site.siteUrl}${path}`, init),
    decide: (
      path: string,
      form: Record<string, string> = { decision: 'approve' },
      headers: Record<string, string> = { origin: site.siteUrl },
    ) =>
      jar.fetch(`${site.siteUrl}${path}/decision`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ digest: asked.digest, ...form }),
      }),
  };
};
const reasonOf = async (answer: Response) => /data-reason="(\w+)"/.exec(await answer.text())?.[1];
const nothingChanged = async () => {
  expect(await site.ledger.approvalById(asked.approvalId)).toEqual(asked);
  expect(site.told).toEqual([]);
};
const denials = async () => (await site.ledger.denials(asked.promotionId)).map(({ reason }) => reason);

describe('of several decisions at once exactly one counts, and the others are told', () => {
  it.each([
    ['the same person', ['quinn', 'quinn', 'quinn']],
    ['two people', ['quinn', 'sam']],
  ])('by %s', async (_, names) => {
    const people = await Promise.all(names.map(signIn));
    const answers = await Promise.all(
      people.map((person, index) => person.decide(QC, { decision: index === 1 ? 'reject' : 'approve' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...names.slice(1).map(() => 409)]);
    const reasons = await Promise.all(answers.filter(({ status }) => status === 409).map(reasonOf));
    expect(new Set(reasons)).toEqual(new Set(['AlreadyDecided']));
    expect(site.told).toHaveLength(1);
    expect(await denials()).toContain('AlreadyDecided');
  });
});

describe('reading decides nothing', () => {
  it.each<[string, RequestInit]>([
    ['GET', {}],
    ['HEAD', { method: 'HEAD' }],
    ['a prefetch', { headers: { 'sec-purpose': 'prefetch;prerender', purpose: 'prefetch' } }],
    ['a mail scanner', { headers: { 'user-agent': 'SafeLinks', 'sec-fetch-site': 'none' } }],
    ['OPTIONS', { method: 'OPTIONS' }],
  ])('%s of every link', async (_, init) => {
    const quinn = await signIn('quinn');
    const html = await (await quinn.get(QC)).text();
    const links = [...html.matchAll(/(?:href|action)="(\/[^"]*)"/g)].map(([, link = '']) => link);
    expect(links).toContain(`${QC}/decision`);
    for (const link of [...links, QC, `${QC}/decision?decision=approve&digest=${asked.digest}`])
      expect((await quinn.get(link.replaceAll('&amp;', '&'), init)).status).toBeLessThan(500);
    await nothingChanged();
    expect(site.redriven).toEqual([]);
  });
});

describe('a decision is denied, and changes nothing,', () => {
  it.each<[string, Record<string, string>]>([
    ['from another origin', { origin: 'https://evil.example' }],
    ['from an opaque origin', { origin: 'null' }],
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['without saying where from', {}],
  ])('%s', async (_, headers) => {
    const quinn = await signIn('quinn');
    const answer = await quinn.decide(QC, { decision: 'approve' }, headers);
    expect([answer.status, await reasonOf(answer)]).toEqual([403, 'ForeignOrigin']);
    await nothingChanged();
  });

  it.each(['', 'lockstep=forged', 'lockstep=eyJhbGciOiJub25lIn0..a.b.c'])(
    'without a session of ours (%p)',
    async (cookie) => {
      const answer = await fetch(`${site.siteUrl}${QC}/decision`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: site.siteUrl, cookie },
        body: new URLSearchParams({ decision: 'approve', digest: asked.digest }),
      });
      expect([answer.status, await reasonOf(answer)]).toEqual([401, 'SignedOut']);
      await nothingChanged();
    },
  );

  it('with a session that has ended', async () => {
    const quinn = await signIn('quinn');
    site.advance(8 * 60 * MINUTE + 1000);
    const answer = await quinn.decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([401, 'SignedOut']);
    await nothingChanged();
  });

  it('with a sign-in that is older than 15 minutes, until somebody signs in again', async () => {
    const quinn = await signIn('quinn');
    site.advance(15 * MINUTE + 1000);
    expect(await (await quinn.get(QC)).text()).toContain('Sign in again');
    const answer = await quinn.decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([403, 'SignInTooOld']);
    await nothingChanged();
    expect(await denials()).toEqual(['SignInTooOld']);
    expect((await (await signIn('quinn')).decide(QC)).status).toBe(303);
  });

  it.each([
    ['nothing', { decision: '' }, 400],
    ['an unknown decision', { decision: 'maybe' }, 400],
    ['the digest of something else', { decision: 'approve', digest: 'f'.repeat(64) }, 409],
    ['no digest', { decision: 'approve', digest: '' }, 409],
  ])('with %s', async (_, form, status) => {
    const answer = await (await signIn('quinn')).decide(QC, form);
    expect(answer.status).toBe(status);
    await nothingChanged();
  });

  it("with another role's request, or one that does not exist", async () => {
    const parker = await signIn('parker');
    const answer = await parker.decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([403, 'NotInRole']);
    expect((await parker.decide('/approvals/guessed')).status).toBe(404);
    await nothingChanged();
  });

  it('by somebody who was taken out of the group after signing in', async () => {
    const quinn = await signIn('quinn');
    expect(await (await quinn.get(QC)).text()).toContain('value="approve"');
    await site.removeFromGroup('quinn', 'qc');
    const answer = await quinn.decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([403, 'NotInRole']);
    await nothingChanged();
    expect(await denials()).toEqual(['NotInRole']);
  });

  it('by the person who wrote the change', async () => {
    const review = { ...asked.review, makers: [aMaker('quinn@example.com')] };
    await site.ledger.replaceApproval(asked, { ...asked, review });
    const quinn = await signIn('quinn');
    expect(await (await quinn.get(QC)).text()).toContain('quinn wrote or committed this change');
    expect(await reasonOf(await quinn.decide(QC))).toBe('MadeTheChange');
    expect(site.told).toEqual([]);
  });

  it('a second time', async () => {
    const quinn = await signIn('quinn');
    expect((await quinn.decide(QC)).status).toBe(303);
    const decided = await site.ledger.approvalById(asked.approvalId);
    const answer = await quinn.decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([409, 'AlreadyDecided']);
    expect(await site.ledger.approvalById(asked.approvalId)).toEqual(decided);
    expect(site.told).toHaveLength(1);
  });

  it('after it has expired', async () => {
    site.advance(WEEK);
    const answer = await (await signIn('quinn')).decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([409, 'Expired']);
    await nothingChanged();
  });

  it('through the old link after a redrive, which leads to the new one', async () => {
    const old = { ...asked, status: 'EXPIRED', expiresAt: '2026-11-22T10:20:00.000Z' } as const;
    await site.ledger.replaceApproval(asked, old);
    await site.ledger.addApproval(
      anApproval({ approvalId: 'qc-request-2', attempt: 2, requestedAt: '2026-11-22T10:25:00.000Z' }),
    );
    const quinn = await signIn('quinn');
    const answer = await quinn.decide(QC);
    expect(answer.status).toBe(409);
    const html = await answer.text();
    expect(html).toContain('data-reason="Expired"');
    expect(html).toContain('href="/approvals/qc-request-2"');
    expect(await site.ledger.approvalById('qc-request-1')).toEqual(old);
    expect(await site.ledger.approvalById('qc-request-2')).toMatchObject({ status: 'PENDING' });
    expect(site.told).toEqual([]);
  });

  it('when the promotion was stopped', async () => {
    const execution = site.executions.get(aPromotion().executionArn);
    if (execution) site.executions.set(aPromotion().executionArn, { ...execution, status: 'ABORTED' });
    const answer = await (await signIn('quinn')).decide(QC);
    expect([answer.status, await reasonOf(answer)]).toEqual([409, 'Withdrawn']);
    await nothingChanged();
  });

  it('when what it is about has changed, and the page shows what', async () => {
    const quinn = await signIn('quinn');
    await site.ledger.updatePromotion(asked.promotionId, { images: { qat: 'ami-of-another-build' } });
    const html = await (await quinn.decide(QC)).text();
    expect(html).toContain('data-reason="CandidateChanged"');
    expect(html).toContain('QAT image');
    expect(html).toContain('<ins>ami-of-another-build</ins>');
    site.reconfigure('c0ffee000002');
    expect(await (await quinn.get(QC)).text()).toContain('<ins>c0ffee000002</ins>');
    await nothingChanged();
    expect(await denials()).toEqual(['CandidateChanged']);
  });
});

it('shows the same record of a decision to everybody', async () => {
  await (await signIn('quinn')).decide(QC, { decision: 'approve', comment: 'Tried the cart' });
  for (const name of ['sam', 'parker', 'dana', 'olga']) {
    const html = await (await (await signIn(name)).get(QC)).text();
    for (const text of ['Approved as QC', '<bdi>quinn</bdi>', '22 Nov 2026, 10:30 UTC', 'Tried the cart'])
      expect(html).toContain(text);
    expect(html).not.toContain('value="approve"');
  }
});

it('tells the others by mail', async () => {
  await (await signIn('quinn')).decide(QC, { decision: 'approve' });
  await site.ledger.addApproval(
    anApproval({
      approvalId: 'pmo-request-1',
      role: 'pmo',
      state: stateNames.pmoApproval,
      taskToken: 'pmo-1',
    }),
  );
  await (await signIn('parker')).decide(PMO, { decision: 'reject', comment: 'Not this week' });
  expect(site.mails.map(({ role, subject }) => `${role}: ${subject}`)).toEqual([
    'qc: QC approved: shop 8f0c9c1f Show the cart',
    'pmo: PMO rejected: shop 8f0c9c1f Show the cart',
    'qc: PMO rejected: shop 8f0c9c1f Show the cart',
  ]);
  expect(site.mails.at(-1)?.message).toContain('Not this week');
});

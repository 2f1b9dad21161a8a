import fc from 'fast-check';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { createSite } from '../../approvals-ui/app.tsx';
import { createDynamoDbLedger } from '../../tasks/ledger/dynamodb-ledger.ts';
import { startLedgerTables } from '../tasks/doubles/ledger-table.ts';
import { anApproval, aPromotion } from '../tasks/doubles/samples.ts';
import { createScene, SITE } from './support/scene.ts';

let tables: Awaited<ReturnType<typeof startLedgerTables>>;
beforeAll(async () => {
  tables = await startLedgerTables();
});
afterAll(() => tables.stop());

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
}

/** The site behind the HTTP API's events, over a ledger in DynamoDB, which rejects what AWS does. */
const malformedScene = async () => {
  const ledger = createDynamoDbLedger(await tables.table(), tables.client);
  await ledger.addPromotion(aPromotion());
  await ledger.addApproval(anApproval());
  const scene = createScene({ overrides: { ledger } });
  const cookie = await scene.signIn('sam');
  // Each request comes from an address and at a time of its own: nothing is throttled.
  let requests = 0;
  const answer = handle(createSite({ ...scene.dependencies, now: () => scene.now() + requests * 1000 }));
  const send = async ({
    method = 'GET',
    path = '/',
    query = '',
    headers = {},
    cookies = [cookie],
    body,
  }: Sent) => {
    requests += 1;
    const { statusCode } = (await answer({
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: query,
      cookies: [...cookies],
      headers: { host: '127.0.0.1:4567', ...headers },
      requestContext: {
        domainName: '127.0.0.1:4567',
        http: { method, path, sourceIp: `203.0.113.${requests % 250}` },
      },
      ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
    } as unknown as LambdaEvent)) as { statusCode: number };
    return statusCode;
  };
  return { ...scene, send, failures: () => scene.log.filter(({ event }) => event === 'error') };
};

const FORM = 'application/x-www-form-urlencoded';
const fromSite = { origin: SITE, 'content-type': FORM };
const token = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
const page = {
  pk: 'PROMOTION#p',
  sk: 'SUMMARY',
  promotionsPk: 'PROMOTION',
  startedAt: '2026-11-22T10:00:00.000Z',
};
const DECISION = '/approvals/qc-request-1/decision';

describe('malformed input', () => {
  it.each<[string, Sent, number]>([
    ['a page that is no token', { path: '/promotions', query: 'next=x' }, 400],
    ['a search that goes on from no token', { path: '/search', query: 'q=dana&next=x' }, 400],
    ['a search for more than fits', { path: '/search', query: `q=${'x'.repeat(5000)}` }, 200],
    ['releases of no application', { path: '/releases/%00' }, 404],
    ['a page that is JSON of another kind', { path: '/promotions', query: `next=${token([1])}` }, 400],
    ['a page that is null', { path: '/promotions', query: `next=${token(null)}` }, 400],
    [
      'a page of another index',
      { path: '/promotions', query: `next=${token({ ...page, promotionsPk: 'x' })}` },
      400,
    ],
    [
      'a page of another item',
      { path: '/promotions', query: `next=${token({ ...page, sk: 'JOB#x' })}` },
      400,
    ],
    [
      'a page with an empty key',
      { path: '/promotions', query: `next=${token({ ...page, startedAt: '' })}` },
      400,
    ],
    ['a page with more keys', { path: '/promotions', query: `next=${token({ ...page, more: 'x' })}` }, 400],
    [
      'a page with a key that is no text',
      { path: '/promotions', query: `next=${token({ ...page, pk: 7 })}` },
      400,
    ],
    ['a page beyond the last', { path: '/promotions', query: `next=${token(page)}` }, 200],
    ['an id with half a character', { path: '/promotions/%E0%A4%A' }, 404],
    ['an id that is too long for a key', { path: `/promotions/${'x'.repeat(5000)}` }, 404],
    ['a request’s id that is too long for a key', { path: `/approvals/${'x'.repeat(5000)}` }, 404],
    ['a name of an asset with half a character', { path: '/assets/%E0%A4%A' }, 404],
    ['a cookie with half a character', { cookies: ['lockstep=%E0%A4%A'] }, 303],
    ['a return address with half a character', { path: '/sign-in', query: 'return=%E0%A4%A' }, 303],
    ['a header outside Latin letters', { headers: { 'x-name': 'имя' } }, 200],
    [
      'broken multipart',
      {
        method: 'POST',
        path: DECISION,
        headers: { ...fromSite, 'content-type': 'multipart/form-data; boundary=x' },
        body: '--y\r\nbroken',
      },
      400,
    ],
    [
      'JSON',
      {
        method: 'POST',
        path: DECISION,
        headers: { ...fromSite, 'content-type': 'application/json' },
        body: '{"decision":"approve"}',
      },
      400,
    ],
    [
      'a form of no type',
      { method: 'POST', path: DECISION, headers: { origin: SITE }, body: 'decision=x' },
      400,
    ],
    ['no form at all', { method: 'POST', path: DECISION, headers: fromSite }, 400],
    [
      'bad percent-encoding in a form',
      { method: 'POST', path: DECISION, headers: fromSite, body: 'decision=%E0%A4%A&comment=%' },
      400,
    ],
    ['a huge form', { method: 'POST', path: DECISION, headers: fromSite, body: 'x'.repeat(100_000) }, 413],
  ])('%s is no failure of the site', async (_, sent, status) => {
    const { send, failures } = await malformedScene();
    expect([await send(sent), failures()]).toEqual([status, []]);
  });

  it('of any kind is no failure of the site', async () => {
    const { send, failures } = await malformedScene();
    const odd = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '%',
        '%E0%A4%A',
        '%00',
        '..',
        '//',
        '\u202e',
        'x'.repeat(3000),
        '%ED%A0%80',
        '[]',
        '{}',
        '-1',
        '1e999',
      ),
      fc.constantFrom('qc-request-1', aPromotion().promotionId, token(page), 'site.css', 'approve'),
    );
    // HTTP has no control characters in headers.
    const header = odd.map((text) => text.replace(/\p{Cc}/gu, ''));
    const path = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'promotions',
            'approvals',
            'assets',
            'decision',
            'redrive',
            'stop',
            'sign-in',
            'signed-in',
            'sign-out',
          ),
          odd,
        ),
        {
          maxLength: 4,
        },
      )
      .map((parts) => `/${parts.join('/')}`);
    const pairs = fc
      .array(
        fc.tuple(
          fc.constantFrom(
            'next',
            'page',
            'part',
            'return',
            'code',
            'state',
            'decision',
            'comment',
            'digest',
            'reason',
          ),
          odd,
        ),
        {
          maxLength: 4,
        },
      )
      .map((all) => all.map(([name, value]) => `${name}=${value}`).join('&'));
    const sent = fc.record({
      method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
      path,
      query: pairs,
      headers: fc.record(
        {
          origin: fc.constantFrom(SITE, SITE, 'null', 'x'),
          'content-type': fc.oneof(
            fc.constantFrom(
              FORM,
              FORM,
              'multipart/form-data',
              'multipart/form-data; boundary=x',
              'application/json',
            ),
            header,
          ),
          'sec-fetch-site': fc.constantFrom('same-origin', 'none', 'x'),
          'x-odd': header,
        },
        { requiredKeys: ['origin'] },
      ),
      body: fc.oneof(pairs, odd, fc.constant('x'.repeat(20_000))),
    });
    await fc.assert(
      fc.asyncProperty(sent, async (one) => {
        const { method, body, ...rest } = one;
        const status = await send({ method, ...rest, ...(method === 'POST' ? { body } : {}) });
        expect(status).toBeLessThan(500);
        expect(failures()).toEqual([]);
      }),
      { seed: 4721, numRuns: 600 },
    );
  });

  it('and a call to AWS that fails remains one', async () => {
    const scene = createScene({
      overrides: {
        groupsNow: async () => {
          throw new Error('AWS is down');
        },
      },
    });
    const approval = await scene.addQcRequest();
    const answer = await scene.post(
      `/approvals/${approval.approvalId}/decision`,
      await scene.signIn('quinn'),
    );
    expect(answer.status).toBe(500);
  });
});

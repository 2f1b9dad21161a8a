import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { sampleEvents } from '../../../scripts/events/table.ts';
import type { Notification, ToldEvent } from '../../../tasks/notifications/notification.ts';
import { post, publicLookup } from '../../../tasks/notifications/post.ts';
import { isAllowedUrl, isPublicAddress } from '../../../tasks/notifications/public-address.ts';
import { sendNotification, sendQueued } from '../../../tasks/notifications/send-notification.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NOW = new Date('2026-11-29T10:11:12.500Z');
const [sample] = sampleEvents;
const event = { ...sample, 'detail-type': sample?.detailType } as unknown as ToldEvent;

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}
let received: Received[];
let status: number;
let server: http.Server;
let url: string;
beforeEach(async () => {
  received = [];
  status = 200;
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      received.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.writeHead(status, { location: `${url}/elsewhere` }).end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=path-secret`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const published: [string, unknown][] = [];
const sending = (secret = SECRET, at = NOW) =>
  sendNotification({
    post,
    readSecret: async () => secret,
    publish: async (topicArn, message) => {
      published.push([topicArn, JSON.parse(message)]);
    },
    now: () => at,
  });
const webhook = (): Notification => ({ to: 'webhook', url, secretArn: 'arn' });

/** As docs/events.md tells receivers to check, with nothing of ours. */
const isSigned = ({ headers, body }: Received, secret: string, now: number): boolean => {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name]),
  );
  if (Math.abs(now / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return (signatures ?? '').split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
};

describe('a webhook', () => {
  it('is posted, with the id of the event and a signature that a receiver can check', async () => {
    await sending()({ notification: webhook(), event });
    const [request] = received as [Received];
    expect(request).toMatchObject({
      method: 'POST',
      url: '/hook?token=path-secret',
      headers: { 'content-type': 'application/json', 'webhook-id': event.detail.id },
    });
    expect(JSON.parse(request.body)).toEqual({
      type: 'Promotion Started',
      timestamp: event.detail.at,
      data: event.detail,
    });
    expect(isSigned(request, SECRET, NOW.getTime())).toBe(true);
    expect(isSigned({ ...request, body: `${request.body} ` }, SECRET, NOW.getTime())).toBe(false);
    expect(isSigned(request, `whsec_${Buffer.alloc(32, 8).toString('base64')}`, NOW.getTime())).toBe(false);
    expect(isSigned(request, SECRET, NOW.getTime() + 600_000)).toBe(false);
  });

  it('is checked by the code that docs/events.md gives to receivers', async () => {
    const document = readFileSync(path.resolve(import.meta.dirname, '../../../docs/events.md'), 'utf8');
    const code = /```js\nimport [^\n]+\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
    type Check = (headers: http.IncomingHttpHeaders, body: string, secret: string) => boolean;
    const check = new Function('createHmac', 'timingSafeEqual', `${code}; return isFromLockstep;`)(
      createHmac,
      timingSafeEqual,
    ) as Check;
    const now = Date.now();
    const at = async (ms: number) => {
      await sending(SECRET, new Date(now + ms))({ notification: webhook(), event });
      const { headers, body } = received.at(-1) as Received;
      return { headers, body };
    };
    const { headers, body } = await at(0);
    expect(check(headers, body, SECRET)).toBe(true);
    expect(
      check({ ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }, body, SECRET),
    ).toBe(true);
    expect(check(headers, body.replace('main', 'evil'), SECRET)).toBe(false);
    expect(check({ ...headers, 'webhook-id': 'evt_0' }, body, SECRET)).toBe(false);
    expect(check({ ...headers, 'webhook-timestamp': 'x' }, body, SECRET)).toBe(false);
    const old = await at(-600_000);
    expect(check(old.headers, old.body, SECRET)).toBe(false);
  });

  it.each([408, 425, 429, 500, 503])('is tried again after %i', async (code) => {
    status = code;
    await expect(sending()({ notification: webhook(), event })).rejects.toMatchObject({
      name: 'NotDelivered',
      message: expect.stringContaining(`answers ${code}`),
    });
  });

  it.each([301, 307, 400, 401, 404, 410])(
    'is given up after %i, and no redirect is followed',
    async (code) => {
      status = code;
      const failure = sending()({ notification: webhook(), event });
      await expect(failure).rejects.toMatchObject({ name: 'Undeliverable' });
      await expect(failure).rejects.not.toThrow('path-secret');
      expect(received).toHaveLength(1);
    },
  );

  it('is tried again if nobody listens', async () => {
    await expect(
      sending()({ notification: { to: 'webhook', url: 'http://127.0.0.1:1/', secretArn: 'arn' }, event }),
    ).rejects.toMatchObject({ name: 'NotDelivered', message: expect.stringContaining('ECONNREFUSED') });
  });

  it.each(['', 'plain', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(100)}`])(
    'is given up with the secret %j, which stays a secret',
    async (secret) => {
      const failure = sending(secret)({ notification: webhook(), event });
      await expect(failure).rejects.toMatchObject({ name: 'Undeliverable' });
      if (secret.length > 6) await expect(failure).rejects.not.toThrow(secret);
      expect(received).toEqual([]);
    },
  );
});

it('sends cards to Slack and Teams at the URL of the secret, and publishes for Amazon Q', async () => {
  for (const to of ['slack', 'teams'] as const)
    await sending(`${url}\n`)({ notification: { to, secretArn: 'arn' }, event });
  expect(received.map(({ body }) => Object.keys(JSON.parse(body)))).toEqual([
    ['text', 'blocks'],
    ['type', 'attachments'],
  ]);
  expect(received.every(({ headers }) => headers['webhook-signature'] === undefined)).toBe(true);
  await sending()({ notification: { to: 'amazonQ', topicArn: 'arn:topic' }, event });
  expect(published).toMatchObject([['arn:topic', { version: '1.0', source: 'custom' }]]);
});

it('is given up if the secret of a chat holds no URL to send to', async () => {
  for (const secret of ['none', 'http://hooks.example.com/', 'https://10.0.0.1/', 'https://localhost/'])
    await expect(
      sending(secret)({ notification: { to: 'slack', secretArn: 'arn' }, event }),
    ).rejects.toMatchObject({ name: 'Undeliverable' });
});

it.each<[boolean, string]>([
  [true, 'https://hooks.example.com/services/T0/B0'],
  [true, 'https://hooks.example.com:8443/'],
  [true, 'http://127.0.0.1:9000/hook'],
  [false, 'http://127.0.0.1.example.com/'],
  [false, 'http://127.0.0.1@evil.example.com/'],
  [false, 'http://hooks.example.com/'],
  [false, 'https://user:password@hooks.example.com/'],
  [false, 'https://169.254.169.254/latest'],
  [false, 'https://[::1]/'],
  [false, 'https://0x7f000001/'],
  [false, 'https://localhost/'],
  [false, 'https://printer.local/'],
  [false, 'ftp://hooks.example.com/'],
  [false, 'no URL'],
])('%s: %s may be sent to', (allowed, text) => {
  expect(isAllowedUrl(text)).toBe(allowed);
});

it.each<[boolean, readonly string[]]>([
  [true, ['8.8.8.8', '52.1.2.3', '2600:1f18::1']],
  [
    false,
    ['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ],
  [
    false,
    ['192.168.1.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:127.0.0.1', 'fd00::1', 'fe80::1'],
  ],
  [false, ['64:ff9b::7f00:1', '2002:7f00:1::', 'text', '']],
])('%s: %j are addresses of the internet', (isPublic, addresses) => {
  for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, isPublic]);
});

it('is sent to no name that leads to this machine or a private network, in whichever form it is asked for', async () => {
  const lookUp = (name: string, all: boolean) =>
    new Promise((resolve) =>
      publicLookup(name, { all }, (error, address) => resolve(error ? error.name : address)),
    );
  expect(await lookUp('localhost', true)).toBe('Undeliverable');
  expect(await lookUp('localhost', false)).toBe('Undeliverable');
  expect(await lookUp('8.8.8.8', false)).toBe('8.8.8.8');
  expect(await lookUp('8.8.8.8', true)).toEqual([{ address: '8.8.8.8', family: 4 }]);
});

describe('what a queue holds', () => {
  const body = JSON.stringify({ notification: { to: 'slack', secretArn: 'arn' }, event });
  const buried: [string, string][] = [];
  const queued = (send: () => Promise<void>) =>
    sendQueued(send, async (...letter) => {
      buried.push(letter);
    })({ Records: [{ body }] });
  beforeEach(() => buried.splice(0));

  it('is sent', async () => {
    const sent: unknown[] = [];
    await sendQueued(
      async (one) => void sent.push(one),
      async () => {},
    )({ Records: [{ body }] });
    expect(sent).toEqual([JSON.parse(body)]);
  });

  it('goes to the dead letters with the reason if trying again does not help', async () => {
    await queued(() => sending('none')(JSON.parse(body)));
    expect(buried).toEqual([[body, expect.stringContaining('must be https://')]]);
  });

  it('is received again after any other failure', async () => {
    await expect(queued(async () => Promise.reject(new Error('AccessDenied')))).rejects.toThrow(
      'AccessDenied',
    );
    expect(buried).toEqual([]);
  });
});

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { createReverseProxy, type ReverseProxy, type Route } from '../../instances/reverse-proxy.ts';
import { eventually, get } from './fleet-host.ts';

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const target = (handler: http.RequestListener) =>
  new Promise<number>((resolve) => {
    const server = http.createServer(handler);
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const proxyTo = async (port: number, headers = {}) => {
  const statuses: number[] = [];
  const proxy = await createReverseProxy(0, (): Route => {
    return { kind: 'target', port, headers, done: ({ status }) => void statuses.push(status) };
  });
  open.push(proxy.close);
  return { url: `http://localhost:${proxy.port}`, statuses };
};

describe('the reverse proxy', () => {
  it('hands on method, path, headers and bodies both ways', async () => {
    const port = await target((request, response) => {
      response.writeHead(201, { 'x-saw': `${request.method} ${request.url} ${request.headers['x-added']}` });
      request.pipe(response);
    });
    const { url, statuses } = await proxyTo(port, { 'x-added': 'by proxy' });
    const response = await fetch(`${url}/a?b=c`, { method: 'POST', body: 'text' });
    expect([response.status, response.headers.get('x-saw'), await response.text()]).toEqual([
      201,
      'POST /a?b=c by proxy',
      'text',
    ]);
    expect(statuses).toEqual([201]);
  });

  it('streams: the first bytes arrive before the answer has ended', async () => {
    const finish: (() => void)[] = [];
    const port = await target((_request, response) => {
      response.write('first');
      finish.push(() => response.end(' last'));
    });
    const { url } = await proxyTo(port);
    const reader = ((await fetch(url)).body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first');
    finish[0]?.();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(' last');
  });

  it('keeps the client’s connection for further requests', async () => {
    const { url } = await proxyTo(await target((_request, response) => response.end('ok')));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    open.push(() => agent.destroy());
    const ask = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = http.get(url, { agent }, (response) => {
          response.resume().once('end', () => resolve(request.socket?.localPort));
        });
        request.once('error', reject);
      });
    expect(await ask()).toBe(await ask());
  });

  it('answers 502 when nobody listens at the target', async () => {
    const { url, statuses } = await proxyTo(1);
    expect((await get(url)).status).toBe(502);
    expect(statuses).toEqual([502]);
  });

  it('breaks off when the target does so within an answer', async () => {
    const breaks: (() => void)[] = [];
    const port = await target((_request, response) => {
      response.write('half');
      breaks.push(() => response.destroy());
    });
    const { url, statuses } = await proxyTo(port);
    const reader = ((await fetch(url)).body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    breaks[0]?.();
    await expect(reader.read()).rejects.toThrow();
    expect(await eventually(() => statuses[0])).toBe(0);
  });

  it('hands on upgraded connections', async () => {
    const server = http.createServer();
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => void server.close());
    const { url } = await proxyTo((server.address() as AddressInfo).port);
    const echoed = await new Promise<string>((resolve, reject) => {
      const request = http.request(url, { headers: { connection: 'upgrade', upgrade: 'websocket' } });
      request.once('upgrade', (_response, socket) => {
        socket.once('data', (data: Buffer) => {
          resolve(data.toString());
          socket.destroy();
        });
        socket.write('hello');
      });
      request.once('error', reject);
      request.end();
    });
    expect(echoed).toBe('hello');
  });

  it.each(['127.0.0.1', '127.0.0.2', '[::1]', 'localhost.evil.example', 'evil.example', ''])(
    'lets no request for the host %j reach the application, so that no cookie of that host does',
    async (host) => {
      const seen: (string | undefined)[] = [];
      const port = await target((request, response) => {
        seen.push(request.headers.cookie);
        response.end();
      });
      const { url, statuses } = await proxyTo(port);
      const headers = { host: `${host}:${new URL(url).port}`, cookie: 'lockstep=a-session' };
      const answer = await get(url, headers);
      expect([answer.status, answer.body]).toEqual([421, expect.stringContaining(`Open ${url}/`)]);
      const upgrade = await new Promise<number | undefined>((resolve, reject) => {
        const request = http.request(url, {
          headers: { ...headers, connection: 'upgrade', upgrade: 'websocket' },
        });
        request.once('response', ({ statusCode }) => resolve(statusCode));
        request.once('error', reject);
        request.end();
      });
      expect([upgrade, seen, statuses]).toEqual([421, [], []]);
      expect((await get(url)).status).toBe(200);
    },
  );

  it('says which port is in use', async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    open.push(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const opening: Promise<ReverseProxy> = createReverseProxy(port, () => ({ kind: 'answer', status: 503 }));
    await expect(opening).rejects.toMatchObject({
      name: 'PortInUseError',
      message: expect.stringContaining(String(port)),
    });
  });
});

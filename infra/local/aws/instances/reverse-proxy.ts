import http from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';
import { APPLICATION_HOST } from '../application-host.ts';
import { asPortInUse } from '../port-in-use.ts';

/** A target that ALB gives up on: no answer within its idle timeout, in ms (60 s is ALB's default). */
const IDLE_TIMEOUT_MS = 60_000;

/** How an exchange with a target ended. */
export interface Exchange {
  /** The status that the client got; 0: either side broke off. */
  readonly status: number;
  /** Ms until the target began to answer; missing if it did not, and the answer is the proxy's own. */
  readonly answeredMs?: number;
}

/** Where a request goes, or the answer to give without a target. */
export type Route =
  | {
      readonly kind: 'target';
      readonly port: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Called once when the exchange is over. */
      readonly done: (exchange: Exchange) => void;
    }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** A reverse proxy on 127.0.0.1. */
export interface ReverseProxy {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/**
 * Listens and forwards each request to where `route` says; streams both ways. A target that cannot be reached is a 502,
 * one that does not answer in time a 504; nothing is retried. Targets get a connection per request, so that none is
 * reused while its application closes it. A request for any host but `localhost` is a 421: a page that leads to an application
 * under the name of another server on this machine would bring that one's cookies along.
 * @param port 0 for a free one
 * @throws PortInUseError
 */
export const createReverseProxy = async (
  port: number,
  route: (request: http.IncomingMessage) => Route,
): Promise<ReverseProxy> => {
  const proxy = createProxyServer({ agent: false, proxyTimeout: IDLE_TIMEOUT_MS });
  // The connection to the target is the proxy's own matter: the client's stays open.
  const answered = new WeakMap<http.IncomingMessage, number>();
  proxy.on('proxyRes', (answer, request) => {
    answered.set(request, performance.now());
    delete answer.headers.connection;
    delete answer.headers['keep-alive'];
  });

  const server = http.createServer((request, response) => {
    const chosen = isForApplication(request) ? route(request) : misdirected(request);
    if (chosen.kind === 'answer') return answerWith(response, chosen);
    const began = performance.now();
    response.once('close', () => {
      const at = answered.get(request);
      chosen.done({
        status: response.writableFinished ? response.statusCode : 0,
        ...(at !== undefined && { answeredMs: at - began }),
      });
    });
    Object.assign(request.headers, chosen.headers);
    const fail = (error: Error) => {
      if (response.headersSent) return response.destroy();
      const isTimeout = /hang up/.test(error.message) && elapsed() >= IDLE_TIMEOUT_MS;
      answerWith(response, { kind: 'answer', status: isTimeout ? 504 : 502 });
    };
    const elapsed = () => performance.now() - began;
    proxy
      .web(request, response, { target: { host: '127.0.0.1', port: chosen.port } })
      .catch((error: unknown) => fail(error instanceof Error ? error : new Error(String(error))));
  });

  server.on('upgrade', (request, socket: Duplex, head) => {
    const chosen = isForApplication(request) ? route(request) : misdirected(request);
    if (chosen.kind === 'answer') {
      socket.end(
        `HTTP/1.1 ${chosen.status} ${http.STATUS_CODES[chosen.status]}\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    socket.once('close', () => chosen.done({ status: 101, answeredMs: 0 }));
    Object.assign(request.headers, chosen.headers);
    proxy
      .ws(request, socket as never, { target: { host: '127.0.0.1', port: chosen.port } }, head)
      .catch(() => socket.destroy());
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(asPortInUse(error, port, 'an application')));
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const isForApplication = ({ headers }: http.IncomingMessage): boolean =>
  (headers.host ?? '').replace(/:\d+$/, '').toLowerCase() === APPLICATION_HOST;

const misdirected = ({ headers, socket }: http.IncomingMessage): Extract<Route, { kind: 'answer' }> => ({
  kind: 'answer',
  status: 421,
  body: `Applications answer to ${APPLICATION_HOST} only, not to ${headers.host}. Open http://${APPLICATION_HOST}:${socket.localPort}/\n`,
});

const answerWith = (response: http.ServerResponse, answer: Extract<Route, { kind: 'answer' }>) => {
  const text = answer.body ?? `${answer.status} ${http.STATUS_CODES[answer.status] ?? ''}\n`;
  const isHtml = /^\s*</.test(text);
  response.writeHead(answer.status, {
    'content-type': isHtml ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
    ...answer.headers,
  });
  response.end(text);
};

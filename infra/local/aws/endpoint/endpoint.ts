import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmulatorHost } from '../create-host.ts';
import { AwsError } from '../host.ts';
import { asPortInUse } from '../port-in-use.ts';
import { readClaim } from './credentials.ts';
import { writeError } from './error-replies.ts';
import { createServiceHandler, type ServiceHandler, type WireRequest } from './handlers.ts';
import type { Reply } from './http-bindings.ts';
import { protocols } from './protocols.ts';

/** Answers requests below a path that is no AWS service's; it checks by itself who may call. */
export type MountHandler = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Buffer,
) => void | Promise<void>;

/** The emulator's AWS endpoint. */
export interface Endpoint {
  readonly url: string;
  readonly port: number;
  /** Hands requests at `prefix` and below to a handler of ours, for example `/_lockstep/push`. */
  readonly mount: (prefix: string, handler: MountHandler) => void;
  /** Ends open connections, too. */
  readonly close: () => Promise<void>;
}

/** Largest request body, in bytes; S3 objects (source archives, functions' code) are the largest that come. */
const BODY_LIMIT = 256 * 1024 * 1024;

/** Longer than the SDK's clients keep a connection, so that they and not we close it (in ms). */
const KEEP_ALIVE_MS = 65_000;

const noQuery = new URLSearchParams();

/**
 * Serves the host's services over HTTP on 127.0.0.1, at `host.ports.endpoint` (0: any free port).
 * @throws PortInUseError
 */
export const createEndpoint = async (host: EmulatorHost): Promise<Endpoint> => {
  const mounts = new Map<string, MountHandler>();
  const handlers = new Map<string, Promise<ServiceHandler>>();

  const handlerOf = (name: string): Promise<ServiceHandler> | undefined => {
    const known = handlers.get(name);
    if (known) return known;
    const service = host.service(name);
    const protocol = Object.hasOwn(protocols, name) ? protocols[name] : undefined;
    if (!service || !protocol) return undefined;
    const handler = createServiceHandler(host, service, protocol);
    handlers.set(name, handler);
    return handler;
  };

  const answer = async (request: WireRequest): Promise<Reply> => {
    try {
      const claim = readClaim(request);
      const handler = await handlerOf(claim.service);
      if (!handler) throw notServed(host, claim.service);
      return await handler(request, () => host.principalOf(claim.accessKeyId, claim.sessionToken));
    } catch (error) {
      if (error instanceof AwsError) return writeFrameError(error, request);
      throw error;
    }
  };

  const serve = async (incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const rejection = reasonToReject(incoming);
    if (rejection) return void rejectWith(response, 403, rejection);
    const body = await readBody(incoming);
    if (!body) return void rejectWith(response, 413, `The body is larger than ${BODY_LIMIT} bytes.`);
    const target = incoming.url ?? '/';
    const question = target.indexOf('?');
    const path = question === -1 ? target : target.slice(0, question);
    const mounted = findMount(mounts, path);
    if (mounted) return void (await mounted(incoming, response, body));
    const request: WireRequest = {
      method: incoming.method ?? 'GET',
      path,
      query: question === -1 ? noQuery : new URLSearchParams(target.slice(question + 1)),
      headers: incoming.headers,
      body,
      requestId: randomUUID(),
    };
    send(response, request, await answer(request));
  };

  const server = http.createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      host.log('endpoint', `A request failed: ${error instanceof Error ? error.stack : error}`);
      if (response.headersSent) response.destroy();
      else rejectWith(response, 500, 'The emulator failed on this request; its log tells why.');
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, host.ports.endpoint);

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    mount: (prefix, handler) => {
      mounts.set(prefix, handler);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const listen = (server: http.Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => reject(asPortInUse(error, port, 'the AWS endpoint')));
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/**
 * Why a request may not come in. Pages in the machine's browser must not reach the endpoint, neither directly (they send
 * `Origin`, or at least `Sec-Fetch-Site`) nor by a name of theirs that they point at 127.0.0.1 (they send it as `Host`).
 */
const reasonToReject = ({ headers, url }: http.IncomingMessage): string | undefined => {
  if (headers.origin !== undefined)
    return 'Requests with an Origin header, as browsers send them, are rejected.';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none' && site !== 'same-origin')
    return `Requests that a page of another site sends are rejected (Sec-Fetch-Site: ${site}).`;
  if (site !== undefined && url?.includes('X-Amz-'))
    return 'Presigned requests are rejected from a browser: use curl or the AWS CLI.';
  const name = headers.host?.split(':', 1)[0];
  if (name === '127.0.0.1' || name === 'localhost') return undefined;
  return `The Host header must be 127.0.0.1 or localhost, but was "${headers.host ?? ''}".`;
};

const rejectWith = (response: http.ServerResponse, status: number, message: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${message}\n`);
};

/** The whole body, or nothing when it is too large. */
const readBody = (incoming: http.IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else {
        incoming.pause();
        resolve(undefined);
      }
    });
    incoming.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    incoming.on('error', reject);
  });

const findMount = (mounts: ReadonlyMap<string, MountHandler>, path: string): MountHandler | undefined => {
  for (const [prefix, handler] of mounts) {
    if (path === prefix || path.startsWith(`${prefix}/`)) return handler;
  }
  return undefined;
};

const notServed = (host: EmulatorHost, service: string): AwsError => {
  const served = host
    .services()
    .map(({ name }) => name)
    .filter((name) => Object.hasOwn(protocols, name));
  return new AwsError(
    'NotImplemented',
    `The emulator does not serve "${service}". It serves: ${served.sort().join(', ') || 'nothing yet'}.`,
    501,
  );
};

/** An error before the service is known goes out in the form that the request itself has. */
const writeFrameError = (error: AwsError, request: WireRequest): Reply => {
  const contentType = request.headers['content-type']?.toString() ?? '';
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  const form = request.headers['x-amz-target'] !== undefined ? 'json' : isForm ? 'query' : 'rest-json';
  return writeError(error, {
    form,
    requestId: request.requestId,
    contentType: form === 'json' ? contentType : 'application/json',
  });
};

const send = (
  response: http.ServerResponse,
  request: WireRequest,
  { status, headers, body }: Reply,
): void => {
  const isHead = request.method === 'HEAD';
  response.writeHead(status, {
    ...headers,
    'x-amzn-requestid': request.requestId,
    'x-amz-request-id': request.requestId,
    ...(!(isHead && headers['content-length'] !== undefined) && {
      'content-length': String(Buffer.byteLength(body)),
    }),
  });
  response.end(isHead ? undefined : body);
};

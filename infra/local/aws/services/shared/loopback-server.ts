import http from 'node:http';
import { asPortInUse } from '../../port-in-use.ts';

/** An HTTP server that only this machine reaches. */
export interface LoopbackServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

const ownNames = ['127.0.0.1', 'localhost'];

/**
 * Listens on 127.0.0.1. Requests that name another host are rejected: a page elsewhere could otherwise reach this server
 * through a name that resolves to this machine.
 * @param port 0 for a free one
 * @param purpose what the port is for, for the error's text
 * @param onError is told what a request threw; the request itself is answered with 500
 * @throws PortInUseError
 */
export const listenOnLoopback = async (
  port: number,
  purpose: string,
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>,
  onError: (error: Error) => void,
): Promise<LoopbackServer> => {
  const server = http.createServer((request, response) => {
    if (!ownNames.includes((request.headers.host ?? '').replace(/:\d+$/, ''))) {
      response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`This server answers to 127.0.0.1 and localhost only, not to ${request.headers.host}.\n`);
      return;
    }
    handle(request, response).catch((error: unknown) => {
      onError(error instanceof Error ? error : new Error(String(error)));
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
          .end('Internal Server Error\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(asPortInUse(error, port, purpose)));
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

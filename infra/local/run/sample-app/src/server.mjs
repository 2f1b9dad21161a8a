import http from 'node:http';
import { renderPage } from './page.mjs';
import { readRevision } from './revision.mjs';

const port = Number(process.env.PORT ?? 8080);
/** Where to listen: all interfaces on an instance, loopback on a laptop. */
const host = process.env.LISTEN_HOST ?? '0.0.0.0';

/** @type {import('./page.mjs').Version} */
const version = {
  application: 'Sample application',
  commit: readRevision(),
  deploymentId: process.env.DEPLOYMENT_ID ?? 'none',
  deploymentGroup: process.env.DEPLOYMENT_GROUP_NAME ?? 'none',
  instanceId: process.env.INSTANCE_ID ?? 'unknown',
  startedAt: new Date().toISOString(),
};

const server = http.createServer((request, response) => {
  const path = request.url?.split('?')[0];
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (path === '/health') {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end('ok\n');
  } else if (path === '/version') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(version));
  } else if (path === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.end(renderPage(version));
  } else {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.statusCode = 404;
    response.end('Not found\n');
  }
});

server.listen(port, host, () => console.log(`Commit ${version.commit} listens on ${host}:${port}`));

// Requests under way are answered before the process ends.
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

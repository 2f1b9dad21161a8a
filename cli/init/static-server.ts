/** A web server for the files of a directory, without dependencies, as `init` writes it for static sites. */
export const STATIC_SERVER = `// Serves a directory: node deploy/serve.mjs DIRECTORY. /health answers 200 for the load balancer.
import { createReadStream, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

const root = realpathSync(process.argv[2] ?? '.');
const port = Number(process.env.PORT ?? 8080);
const host = process.env.HOST ?? '0.0.0.0';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
};

// What deploys the site is not part of it, and names with a dot in front are nobody's business.
const isHidden = (name) =>
  name.split('/').some((part) => part.startsWith('.') || part === 'node_modules') ||
  /^\\/(?:deploy\\/|appspec\\.ya?ml$|buildspec\\.ya?ml$|package(?:-lock)?\\.json$)/.test(name);

/** The file that a path of a request means, if there is one. */
const fileOf = (name) => {
  if (isHidden(name) || name.includes('\\0')) return undefined;
  try {
    let file = realpathSync(path.join(root, name));
    if (statSync(file).isDirectory()) file = realpathSync(path.join(file, 'index.html'));
    return file.startsWith(root + path.sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
};

const pathOf = (url) => {
  try {
    return path.posix.normalize(decodeURIComponent(url.split('?')[0]));
  } catch {
    return undefined;
  }
};

const server = createServer((request, response) => {
  const answer = (status, text) =>
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
  response.setHeader('x-content-type-options', 'nosniff');
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Method not allowed\\n');
  const name = pathOf(request.url ?? '/');
  if (name === undefined || !name.startsWith('/')) return answer(400, 'Bad request\\n');
  if (name === '/health') return answer(200, 'ok\\n');
  const file = fileOf(name);
  if (file === undefined) return answer(404, 'Not found\\n');
  // Without the slash, relative links of a directory's page would lead beside it.
  if (!name.endsWith('/') && path.basename(file) === 'index.html' && path.extname(name) === '')
    return response.writeHead(301, { location: name.replace(/^\\/+/, '/') + '/' }).end();
  response.writeHead(200, {
    'content-type': types[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': statSync(file).size,
  });
  if (request.method === 'HEAD') return response.end();
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
});

server.listen(port, host, () => console.log('Serves ' + root + ' on ' + host + ':' + port));

// Requests under way are answered before the process ends.
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
`;

import { ZipFile } from 'yazl';

/** A file of a bundle: its text, or content and mode. */
export type BundleFile = string | { readonly text: string | Buffer; readonly mode: number };

/** A zip as `git archive` makes it: Unix modes, scripts executable. */
export const zipOf = (files: Readonly<Record<string, BundleFile>>): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const [name, file] of Object.entries(files)) {
    const { text, mode } =
      typeof file === 'string' ? { text: file, mode: name.endsWith('.sh') ? 0o100755 : 0o100644 } : file;
    zip.addBuffer(typeof text === 'string' ? Buffer.from(text) : text, name, { mode });
  }
  zip.end();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    zip.outputStream
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject);
  });
};

const server = `
const http = require('node:http');
const version = process.argv[2];
http.createServer((request, response) => {
  const slow = request.url === '/slow' ? 300 : 0;
  setTimeout(() => response.end(version), slow);
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const start = (version: string) => `#!/bin/sh
node "$DESTDIR/opt/app/server.cjs" ${version} >/dev/null 2>&1 </dev/null &
echo $! > "$DESTDIR/app.pid"
node -e '
const http = require("node:http");
const ask = () => http.get({ host: "127.0.0.1", port: process.env.PORT, agent: false }, () => process.exit(0))
  .on("error", () => setTimeout(ask, 10));
ask();'
`;

const stop = `#!/bin/sh
if [ -f "$DESTDIR/app.pid" ]; then kill "$(cat "$DESTDIR/app.pid")" 2>/dev/null; rm -f "$DESTDIR/app.pid"; fi
exit 0
`;

const appspec = `version: 0.0
os: linux
files:
  - source: server.cjs
    destination: /opt/app
file_exists_behavior: OVERWRITE
hooks:
  ApplicationStop:
    - location: stop.sh
      timeout: 20
  ApplicationStart:
    - location: start.sh
      timeout: 20
`;

/** A small web server with an appspec, which answers with its version. `more` replaces files or adds some. */
export const applicationOf = (
  version: string,
  more: Readonly<Record<string, BundleFile>> = {},
): Record<string, BundleFile> => ({
  'appspec.yml': appspec,
  'server.cjs': server,
  'start.sh': start(version),
  'stop.sh': stop,
  ...more,
});

/** An appspec with one script for one event. */
export const appspecWith = (event: string, location: string, timeout = 20): string => `version: 0.0
os: linux
files:
  - source: server.cjs
    destination: /opt/app
hooks:
  ${event}:
    - location: ${location}
      timeout: ${timeout}
`;

import http from 'node:http';
import { readRevision } from './revision.mjs';

// Waits until the application answers on its port with this copy's commit; fails when it does not in time.
const port = Number(process.env.PORT ?? 8080);
const deadline = Date.now() + Number(process.argv[2] ?? 20) * 1_000;
const expected = readRevision();

/**
 * @param {string} path
 * @returns {Promise<string>} the body of a 200
 */
const get = (path) =>
  new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, agent: false, timeout: 2_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.once('end', () =>
        response.statusCode === 200
          ? resolve(body)
          : reject(new Error(`${path} answers ${response.statusCode}`)),
      );
    });
    request.once('timeout', () => request.destroy(new Error(`${path} does not answer`)));
    request.once('error', reject);
  });

const ask = async () => {
  await get('/health');
  /** @type {import('./page.mjs').Version} */
  const version = JSON.parse(await get('/version'));
  return version.commit === expected ? undefined : `commit ${version.commit} answers instead of ${expected}`;
};

for (;;) {
  const problem = await ask().catch((error) => error.message);
  if (problem === undefined) break;
  if (Date.now() >= deadline) {
    console.error(`The application is not healthy on port ${port}: ${problem}`);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 25));
}
console.log(`Commit ${expected} answers on port ${port}`);

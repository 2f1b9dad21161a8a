import type http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { spawnGit } from '../git.ts';

// Git's smart HTTP: what `git http-backend` does, by the same two commands. Source: gitprotocol-http(5).

const services = ['git-upload-pack', 'git-receive-pack'] as const;

/** What a fetch and a push ask for. */
export type GitService = (typeof services)[number];

/** A request of git's. */
export interface GitRequest {
  /** `owner/name` */
  readonly repository: string;
  readonly service: GitService;
  /** Whether it only asks which references there are. */
  readonly isAdvertisement: boolean;
}

/** What a request of git's is for; undefined for any other. */
export const gitRequestOf = (method: string | undefined, url: URL): GitRequest | undefined => {
  const [, repository = '', rest = ''] =
    /^\/((?:[^/]+\/)+[^/]+?)(?:\.git)?\/(info\/refs|git-[a-z-]+)$/.exec(url.pathname) ?? [];
  const isAdvertisement = rest === 'info/refs';
  const named = isAdvertisement ? url.searchParams.get('service') : rest;
  const service = services.find((one) => one === named);
  if (repository === '' || service === undefined || method !== (isAdvertisement ? 'GET' : 'POST'))
    return undefined;
  return { repository, service, isAdvertisement };
};

/** A line of git's protocol: its length in four hexadecimal digits, then the line. */
const packetLine = (line: string): string => (line.length + 4).toString(16).padStart(4, '0') + line;

/** Answers git by a git of our own. */
export const serveGit = async (
  directory: string,
  { service, isAdvertisement }: GitRequest,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> => {
  const command = service.slice('git-'.length);
  const child = spawnGit(
    directory,
    command,
    '--stateless-rpc',
    ...(isAdvertisement ? ['--advertise-refs'] : []),
  );
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('git has no input or output');
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  response.once('close', () => child.kill());
  response.writeHead(200, {
    'content-type': `application/x-${service}-${isAdvertisement ? 'advertisement' : 'result'}`,
    'cache-control': 'no-cache',
  });
  if (isAdvertisement) {
    response.write(`${packetLine(`# service=${service}\n`)}0000`);
    stdin.end();
  }
  const input = isAdvertisement
    ? Promise.resolve()
    : request.headers['content-encoding'] === 'gzip'
      ? pipeline(request, createGunzip(), stdin)
      : pipeline(request, stdin);
  // A git that has read enough closes its input.
  await Promise.all([input.catch(() => undefined), pipeline(stdout, response, { end: false }), ended]);
};

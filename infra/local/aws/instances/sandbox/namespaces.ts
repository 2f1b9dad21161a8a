import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Identities, mapIdentities } from './identities.ts';

/** The environment of programs that make a sandbox; nothing of this process's own. */
export const PLAIN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
} as const;

/** A program could not be started in namespaces of its own, with what it or the kernel said. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/**
 * Tells its process id, which it reads while `/proc` is the machine's, and waits until it has been given users: only a program that is
 * started then has root's rights in the namespaces. It ends with the process that started it.
 */
const GATE =
  'read -r pid rest < /proc/self/stat; echo "$pid"; read -r go || exit 1; exec setpriv --pdeathsig KILL /bin/sh -c "$0"';

/** A process in namespaces of its own. */
export interface Inhabitant {
  /** Its id on this machine. */
  readonly pid: number;
  /** Resolves with the next line that it prints. @throws SandboxError if it ends before */
  readonly line: () => Promise<string>;
  /** Ends it and all that it has started. */
  readonly kill: () => Promise<void>;
  /** Resolves when it has ended, with its exit code. */
  readonly ended: Promise<number>;
}

/**
 * Starts a shell script as root of a user namespace of its own.
 * @param namespaces beside that, as options of `unshare`
 * @throws SandboxError
 */
export const openNamespaces = async (
  namespaces: readonly string[],
  identities: Identities,
  script: string,
): Promise<Inhabitant> => {
  const unshare = ['unshare', '--user', ...namespaces, '--fork', '--kill-child'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...unshare, '/bin/sh', '-c', GATE, script], {
    env: PLAIN_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Signals of the terminal are this process's to pass on.
    detached: true,
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      errors.push(Buffer.from(error.message));
      resolve(127);
    });
    child.once('close', (code) => resolve(code ?? 137));
  });
  const line = lineReader(child, ended, () => Buffer.concat(errors).toString('utf8').trim());
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const pid = Number(await line());
    await mapIdentities(pid, identities);
    child.stdin.write('go\n');
    return { pid, line, kill, ended };
  } catch (error) {
    await kill();
    throw new SandboxError((error as Error).message);
  }
};

const lineReader = (child: ChildProcess, ended: Promise<number>, errors: () => string) => {
  let text = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
  });
  return async (): Promise<string> => {
    for (;;) {
      const end = text.indexOf('\n');
      if (end >= 0) {
        const first = text.slice(0, end);
        text = text.slice(end + 1);
        return first;
      }
      const code = await Promise.race([ended, once(child.stdout ?? child, 'data').then(() => undefined)]);
      if (code !== undefined && !text.includes('\n')) throw new SandboxError(errors() || `exit code ${code}`);
    }
  };
};

import fs from 'node:fs';
import { type ProgramAnswer, type ProgramCall, runProgram } from '../run-program.ts';

/** How long it may take to say that it is there. */
const GREETING_MS = 20_000;

/** A call that is under way. */
type EngineCall = Omit<ProgramCall, 'env'>;

/** The engine could not do what was asked for. */
export class ContainerEngineError extends Error {
  override readonly name = 'ContainerEngineError';
}

/** A container engine, by its command. */
export interface Engine {
  readonly name: 'podman' | 'docker';
  /** What every container is started with beside what is its own. */
  readonly runOptions: readonly string[];
  /** What one needs beside that whose first process is systemd. */
  readonly initOptions: readonly string[];
  /** Runs the command; an exit code other than 0 is an answer. @throws ContainerEngineError if it does not end in time */
  readonly ask: (args: readonly string[], call?: EngineCall) => Promise<ProgramAnswer>;
  /** Runs the command. @returns what it printed @throws ContainerEngineError for an exit code other than 0 */
  readonly call: (args: readonly string[], call?: EngineCall) => Promise<string>;
}

const run = async (command: string, args: readonly string[], call?: EngineCall): Promise<ProgramAnswer> => {
  try {
    return await runProgram(command, args, call);
  } catch (error) {
    throw new ContainerEngineError((error as Error).message);
  }
};

/** The most that this process may raise a limit to; nothing is known of it but on Linux. */
const hardLimit = (name: string): number | undefined => {
  if (process.platform !== 'linux') return undefined;
  const line = fs
    .readFileSync('/proc/self/limits', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(name));
  const hard = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
  return Number.isFinite(hard) ? hard : undefined;
};

/** The most files and processes: as on Amazon Linux, and more than a container has anyway. */
const MOST_FILES = 65_535;
const MOST_PROCESSES = 16_384;

/** Podman asks for higher limits than the user may have, and then starts nothing. */
const limits = (): string[] => {
  const option = (name: string, hard: number | undefined, most: number) =>
    hard === undefined ? [] : [`--ulimit=${name}=${Math.min(hard, most)}:${Math.min(hard, most)}`];
  return [
    ...option('nofile', hardLimit('Max open files'), MOST_FILES),
    ...option('nproc', hardLimit('Max processes'), MOST_PROCESSES),
  ];
};

/** systemd as the first process of a container needs a control group that it may write. */
const initOptions: Readonly<Record<Engine['name'], readonly string[]>> = {
  podman: ['--systemd=always'],
  docker: [
    '--cap-add=SYS_ADMIN',
    '--security-opt=seccomp=unconfined',
    '--security-opt=apparmor=unconfined',
    '--cgroupns=host',
    '--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw',
    '--tmpfs=/run:exec',
    '--tmpfs=/run/lock',
    '--stop-signal=SIGRTMIN+3',
  ],
};

const engineOf = (name: Engine['name'], options: readonly string[]): Engine => {
  const ask: Engine['ask'] = (args, call) => run(name, [...options, ...args], call);
  return {
    name,
    runOptions: name === 'podman' ? limits() : [],
    initOptions: initOptions[name],
    ask,
    call: async (args, call) => {
      const { code, stdout, stderr } = await ask(args, call);
      if (code === 0) return stdout.toString('utf8').trim();
      throw new ContainerEngineError(`"${name} ${args[0]}" failed: ${stderr || `exit code ${code}`}`);
    },
  };
};

/** Why no engine is used, by name. */
export interface NoEngine {
  readonly why: string;
}

/**
 * The container engine that answers: podman before docker. With the older control groups (version 1), podman works with runc only.
 */
export const findEngine = async (): Promise<Engine | NoEngine> => {
  const reasons: string[] = [];
  for (const name of ['podman', 'docker'] as const) {
    try {
      const format = name === 'podman' ? '{{.Host.CgroupsVersion}}' : '{{.ServerVersion}}';
      const { code, stdout, stderr } = await run(name, ['info', '--format', format], {
        timeoutMs: GREETING_MS,
      });
      if (code === 0) {
        const isOld = name === 'podman' && stdout.toString().trim() === 'v1';
        return engineOf(name, isOld ? ['--runtime=runc'] : []);
      }
      reasons.push(`${name}: ${stderr.split('\n').at(-1) ?? `exit code ${code}`}`);
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { why: reasons.join('; ') };
};

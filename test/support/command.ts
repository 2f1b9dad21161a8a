import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from '../../infra/local/run/synthesize.ts';

/** A run of the program as its users start it. */
export interface Command {
  readonly child: ChildProcess;
  /** What it has printed so far, to both streams. */
  readonly output: () => string;
  /** Resolves with the exit code, or with the signal's name. */
  readonly ended: Promise<number | string>;
}

/**
 * Starts the program that `npm start -- …` starts.
 * @param args the options
 * @param environment beside this process's
 */
export const startCommand = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Command => {
  const child = spawn(
    process.execPath,
    [path.join('scripts', 'run.mjs'), path.join('infra', 'local', 'run', 'main.ts'), ...args],
    {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', INIT_CWD: projectRoot, ...environment },
    },
  );
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    child,
    output: () => Buffer.concat(chunks).toString('utf8'),
    ended: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
  };
};

/** Runs the program to its end. */
export const runCommand = async (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | string; readonly output: string }> => {
  const command = startCommand(args, environment);
  const code = await command.ended;
  return { code, output: command.output() };
};

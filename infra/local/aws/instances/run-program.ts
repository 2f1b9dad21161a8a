import { spawn } from 'node:child_process';

/** How long a program may take, in ms; making an image of a large container takes longest. */
const PATIENCE_MS = 600_000;

/** What a program printed, and its exit code. */
export interface ProgramAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** How a program is run. */
export interface ProgramCall {
  /** Bytes for its standard input. */
  readonly input?: Buffer;
  /** Takes its standard output as it comes. */
  readonly onOutput?: (bytes: Buffer) => void;
  readonly timeoutMs?: number;
  /** Its whole environment. @default this process's */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program. An exit code other than 0 is an answer. @throws Error if it cannot be started or does not end in time */
export const runProgram = (
  command: string,
  args: readonly string[],
  { input, onOutput, timeoutMs = PATIENCE_MS, env }: ProgramCall = {},
): Promise<ProgramAnswer> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(env && { env: { ...env } }),
    });
    const outputs: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on('data', onOutput ?? ((bytes: Buffer) => outputs.stdout.push(bytes)));
    child.stderr.on('data', (bytes: Buffer) => outputs.stderr.push(bytes));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `"${command} ${args.join(' ')}" did not end within ${timeoutMs / 1_000} seconds. See whether ${command} answers.`,
        ),
      );
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${command} cannot be started: ${error.message}`));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({
        code: code ?? 1,
        stdout: Buffer.concat(outputs.stdout),
        stderr: Buffer.concat(outputs.stderr).toString('utf8').trim(),
      });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });

import fs from 'node:fs';
import path from 'node:path';
import type { Buildspec, PhaseName } from './buildspec.ts';

/** A command that failed, as the driver noted it. */
interface FailedCommand {
  readonly phase: PhaseName;
  readonly command: string;
  readonly exitCode: number;
}

/** Files of a build: the driver, its commands, and what it noted. */
const DRIVER = 'driver.sh';
const NOTES = 'failures.txt';
const ENVIRONMENT = 'finished.txt';

/**
 * Writes a script that runs the phases as CodeBuild does: one shell for all, so that what a command exports later ones have; a
 * phase ends at the first command that fails, and the build with it, unless the phase says otherwise. After a failed
 * build phase, post_build still runs.
 * @param directory of the build, beside its sources
 * @returns the script's path
 */
export const writeDriver = (directory: string, { phases, runtimes }: Buildspec): string => {
  const lines = ['#!/bin/sh', 'export CODEBUILD_BUILD_SUCCEEDING=1', 'lockstep_stop='];
  for (const [runtime, version] of Object.entries(runtimes))
    lines.push(say(`Runtime ${runtime} ${version} is asked for; on this machine, its own is used`));
  const commands: string[] = [];
  const run = (phase: PhaseName, command: string): string[] => {
    const index = commands.push(command) - 1;
    fs.writeFileSync(path.join(directory, `command-${index}.sh`), `${command}\n`);
    return [
      say(`Running command ${command.split('\n')[0]}`),
      `lockstep_now='${phase} ${index}'`,
      `. "$LOCKSTEP_BUILD/command-${index}.sh"`,
      'lockstep_status=$?',
    ];
  };
  lines.push(
    // A command may end the shell itself.
    `trap 'lockstep_code=$?; [ -f "$LOCKSTEP_BUILD/${ENVIRONMENT}" ] || echo "$lockstep_now $lockstep_code" >> "$LOCKSTEP_BUILD/${NOTES}"' EXIT`,
  );
  for (const { name, commands: own, finally: last, onFailure } of phases) {
    lines.push(`if [ -z "$lockstep_stop" ]; then`, say(`Entering phase ${name.toUpperCase()}`));
    lines.push('lockstep_failed=');
    for (const command of own)
      lines.push(
        'if [ -z "$lockstep_failed" ]; then',
        ...run(name, command),
        `if [ "$lockstep_status" -ne 0 ]; then lockstep_failed=1; echo "$lockstep_now $lockstep_status" >> "$LOCKSTEP_BUILD/${NOTES}"; export CODEBUILD_BUILD_SUCCEEDING=0; fi`,
        'fi',
      );
    for (const command of last) lines.push(...run(name, command));
    if (onFailure === 'ABORT') lines.push('[ -z "$lockstep_failed" ] || lockstep_stop=1');
    lines.push('fi');
  }
  lines.push(`: > "$LOCKSTEP_BUILD/${ENVIRONMENT}"`, 'exit 0');
  const file = path.join(directory, DRIVER);
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o755 });
  return file;
};

/** The first command that failed, if any did. */
export const failureIn = (directory: string): FailedCommand | undefined => {
  const notes = path.join(directory, NOTES);
  const [first] = fs.existsSync(notes) ? fs.readFileSync(notes, 'utf8').trim().split('\n') : [];
  const [phase, index, code] = first?.split(' ') ?? [];
  if (phase === undefined || index === undefined) return undefined;
  const command = fs.readFileSync(path.join(directory, `command-${index}.sh`), 'utf8').trim();
  return { phase: phase as PhaseName, command, exitCode: Number(code) };
};

const say = (text: string): string => `printf '%s\\n' ${quoted(`[Container] ${text}`)}`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

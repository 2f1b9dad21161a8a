import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LifecycleErrorCode } from '@aws-sdk/client-codedeploy';
import { type BytePath, bytePath, type InstanceSystem } from '../../../instances/instance-system.ts';
import type { ScriptEnd } from '../../../instances/process-groups.ts';
import type { HookScript } from './appspec.ts';

/** How much of a script's output goes into a failure's diagnostics: its last lines, and no more than this many bytes. */
const TAIL_LINES = 30;
const TAIL_BYTES = 4_096;

/** What CodeDeploy tells about a lifecycle event (`Diagnostics` of its API). */
export interface EventDiagnostics {
  readonly errorCode: LifecycleErrorCode;
  readonly scriptName: string;
  readonly message: string;
  readonly logTail: string;
}

/** A lifecycle event failed on an instance. */
export class LifecycleEventError extends Error {
  override readonly name = 'LifecycleEventError';
  readonly diagnostics: EventDiagnostics;

  constructor(diagnostics: Partial<EventDiagnostics> & Pick<EventDiagnostics, 'message'>) {
    super(diagnostics.message);
    this.diagnostics = { errorCode: 'UnknownError', scriptName: '', logTail: '', ...diagnostics };
  }
}

/** A hook to run on an instance. */
interface HookRun {
  readonly system: Pick<InstanceSystem, 'files' | 'hasUsers' | 'run'>;
  /** Names the processes, so that an interrupted run can be ended before it is repeated. */
  readonly label: string;
  readonly event: string;
  readonly scripts: readonly HookScript[];
  /** The unpacked bundle, on the instance. */
  readonly archive: string;
  /** File of this machine. */
  readonly log: string;
  /** `DEPLOYMENT_ID`, `APPLICATION_NAME` and so on. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Runs a hook's scripts one after the other, each until its process has ended and its outputs are closed. The agent does not change
 * to the bundle's directory.
 * @returns warnings: what is not applied on this instance
 * @throws LifecycleEventError for a script that is missing, fails, keeps its outputs open or runs past its timeout
 */
export const runHook = async (run: HookRun): Promise<string[]> => {
  fs.mkdirSync(path.dirname(run.log), { recursive: true });
  const warnings: string[] = [];
  for (const { location, timeoutSeconds, runas } of run.scripts) {
    const file = await executableOf(run, location);
    note(run.log, `LifecycleEvent - ${run.event}`, `Script - ${location}`);
    const begin = fs.statSync(run.log).size;
    if (runas !== undefined && !run.system.hasUsers) {
      const warning = `${location} runs as ${os.userInfo().username} here, not as ${runas}: this instance has no users of its own.`;
      warnings.push(warning);
      note(run.log, `Warning: ${warning}`);
    }
    const end = await run.system.run({
      label: run.label,
      file,
      ...(runas !== undefined && run.system.hasUsers ? { user: runas } : {}),
      env: { ...run.variables, LIFECYCLE_EVENT: run.event },
      log: run.log,
      timeoutMs: timeoutSeconds * 1_000,
    });
    if (end.kind === 'exited' && end.code === 0) continue;
    throw new LifecycleEventError({
      scriptName: location,
      logTail: tailOf(run.log, begin),
      ...failureOf(end, timeoutSeconds, `Script at specified location: ${location}`, runas),
    });
  }
  return warnings;
};

const failureOf = (
  end: ScriptEnd,
  timeoutSeconds: number,
  script: string,
  runas: string | undefined,
): Pick<EventDiagnostics, 'errorCode' | 'message'> => {
  switch (end.kind) {
    case 'timed-out':
      return {
        errorCode: 'ScriptTimedOut',
        message: `${script} failed to complete in ${timeoutSeconds} seconds`,
      };
    // The agent has a code for this that CodeDeploy's API does not.
    case 'outputs-open':
      return {
        errorCode: 'UnknownError',
        message: `${script} failed to close STDOUT. A process that it left running in the background keeps its output open: redirect all of its outputs, as in "command >/dev/null 2>&1 </dev/null &".`,
      };
    case 'killed':
      return { errorCode: 'ScriptFailed', message: `${script} was killed by ${end.signal}` };
    default:
      return {
        errorCode: 'ScriptFailed',
        message: `${script}${runas === undefined ? '' : ` run as user ${runas}`} failed with exit code ${end.code}`,
      };
  }
};

/** Adds lines to a deployment's log. */
export const note = (log: string, ...lines: readonly string[]): void =>
  fs.appendFileSync(log, lines.map((line) => `${line}\n`).join(''));

/** A hook's script, made executable if it is not, as CodeDeploy's agent does. */
const executableOf = async ({ system, archive }: HookRun, location: string): Promise<BytePath> => {
  const file = path.join(archive, location);
  const script = bytePath(file);
  const isThere = file.startsWith(`${archive}/`) && (await system.files.kindsOf([script])).has(script);
  if (!isThere) {
    throw new LifecycleEventError({
      errorCode: 'ScriptMissing',
      scriptName: location,
      message: `Script does not exist at specified location: ${location}`,
    });
  }
  try {
    await system.files.apply([{ kind: 'executable', path: script }]);
  } catch (error) {
    throw new LifecycleEventError({
      errorCode: 'ScriptNotExecutable',
      scriptName: location,
      message: `Unable to set script at specified location: ${location} as executable: ${(error as Error).message}`,
    });
  }
  return script;
};

/** The last lines that were written to a log after a position. */
const tailOf = (log: string, begin: number): string => {
  const content = fs.readFileSync(log);
  const text = content.subarray(Math.max(begin, content.length - TAIL_BYTES)).toString('utf8');
  return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
};

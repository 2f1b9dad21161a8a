import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LifecycleErrorCode } from '@aws-sdk/client-codedeploy';
import type { Instances } from '../../../instances/instances.ts';
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
  readonly instanceId: string;
  /** Names the processes, so that an interrupted run can be ended before it is repeated. */
  readonly label: string;
  readonly event: string;
  readonly scripts: readonly HookScript[];
  readonly archive: string;
  readonly log: string;
  /** `DEPLOYMENT_ID`, `APPLICATION_NAME` and so on. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Runs a hook's scripts one after the other, in the bundle's directory and a clean environment: beside CodeDeploy's own
 * variables only PATH, HOME and LANG, and `DESTDIR` and `PORT`, by which an application finds its place on this machine.
 * @throws LifecycleEventError for a script that is missing, fails or runs past its timeout
 */
export const runHook = async (instances: Instances, run: HookRun): Promise<void> => {
  fs.mkdirSync(path.dirname(run.log), { recursive: true });
  for (const script of run.scripts) {
    const file = path.join(run.archive, script.location);
    makeExecutable(file, script.location);
    note(run.log, `LifecycleEvent - ${run.event}`, `Script - ${script.location}`);
    if (script.runas) note(run.log, `It runs as ${os.userInfo().username} here, not as ${script.runas}.`);
    const begin = fs.statSync(run.log).size;
    const end = await instances.processes.run({
      instanceId: run.instanceId,
      label: run.label,
      file,
      cwd: run.archive,
      env: environment(instances, run),
      log: run.log,
      timeoutMs: script.timeoutSeconds * 1_000,
    });
    if (end.kind === 'exited' && end.code === 0) continue;
    const failure = { scriptName: script.location, logTail: tailOf(run.log, begin) };
    if (end.kind === 'timed-out') {
      throw new LifecycleEventError({
        ...failure,
        errorCode: 'ScriptTimedOut',
        message: `Script at specified location: ${script.location} failed to complete in ${script.timeoutSeconds} seconds`,
      });
    }
    const how = end.kind === 'exited' ? `failed with exit code ${end.code}` : `was killed by ${end.signal}`;
    throw new LifecycleEventError({
      ...failure,
      errorCode: 'ScriptFailed',
      message: `Script at specified location: ${script.location} ${how}`,
    });
  }
};

/** Adds lines to a deployment's log. */
export const note = (log: string, ...lines: readonly string[]): void =>
  fs.appendFileSync(log, lines.map((line) => `${line}\n`).join(''));

/** A script that is not executable is made so, as CodeDeploy's agent does. */
const makeExecutable = (file: string, location: string) => {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new LifecycleEventError({
      errorCode: 'ScriptMissing',
      scriptName: location,
      message: `Script does not exist at specified location: ${location}`,
    });
  }
  if ((stat.mode & 0o111) !== 0) return;
  try {
    fs.chmodSync(file, stat.mode | 0o111);
  } catch (error) {
    throw new LifecycleEventError({
      errorCode: 'ScriptNotExecutable',
      scriptName: location,
      message: `Unable to set script at specified location: ${location} as executable: ${(error as Error).message}`,
    });
  }
};

const environment = (instances: Instances, { instanceId, event, variables }: HookRun) => {
  // The Node that runs Lockstep comes first, so that an application in Node finds one.
  const search = [path.dirname(process.execPath), process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'];
  return {
    PATH: search.join(path.delimiter),
    HOME: instances.directory(instanceId),
    LANG: process.env.LANG ?? 'C.UTF-8',
    ...variables,
    LIFECYCLE_EVENT: event,
    DESTDIR: instances.root(instanceId),
    PORT: String(instances.machine(instanceId)?.port ?? ''),
  };
};

/** The last lines that were written to a log after a position. */
const tailOf = (log: string, begin: number): string => {
  const content = fs.readFileSync(log);
  const text = content.subarray(Math.max(begin, content.length - TAIL_BYTES)).toString('utf8');
  return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
};

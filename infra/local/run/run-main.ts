import path from 'node:path';
import {
  type ContainerOptions,
  findEngine,
  PortInUseError,
  readBuildLog,
  removeAbandoned,
  StateDirectoryError,
} from '@lockstep/aws-emulator';
import { UsageError } from '../../../cli/arguments.ts';
import { failedAs, isFinal } from '../../../tasks/promotions/status.ts';
import {
  existingApplication,
  nameRemote,
  notePromotedBranch,
  sampleApplication,
} from './application-source.ts';
import { runAttended } from './attended.ts';
import { commitNamesArtifacts, decideBuild, hasBuild } from './built-application.ts';
import { readConfigurationFile } from './configuration-file.ts';
import { describeExecution, settled } from './follow.ts';
import { GitMissingError, requireGit } from './git.ts';
import { chooseInstances } from './instances/choose-instances.ts';
import { localConfiguration } from './local-configuration.ts';
import { startLocalRun } from './local-run.ts';
import { moveOpenRequests } from './open-requests.ts';
import { parseOptions, type RunOptions, usage } from './options.ts';
import { serveOverview } from './overview/overview.tsx';
import { overviewContent } from './overview-content.ts';
import { portsFrom } from './ports.ts';
import { missingParameters, missingParametersText } from './prerequisites.ts';
import { promote } from './promotions.ts';
import { reportPromotion, type Session } from './session.ts';
import { exitCodeOf, type StopSignal } from './stop-request.ts';
import { configurationOfCdk } from './synthesize.ts';
import { checkFailures, type DeployedApplication, readSystem } from './system.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { watchTraffic } from './traffic.ts';
import { exitCodes, runUnattended } from './unattended.ts';
import { unreportedPromotion } from './unreported.ts';
import { gatherReport, writeReport } from './write-report.ts';

/**
 * The program: starts the local run and promotes.
 * @param stop asks it to stop in order; its reason is a `StopSignal`
 * @returns the exit code
 */
export const runMain = async (args: readonly string[], stop: AbortSignal): Promise<number> => {
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const terminal = createTerminal(process.stdout, colour);
  const errors = createTerminal(process.stderr, process.stderr.isTTY === true && !process.env.NO_COLOR);
  try {
    const options = parseOptions(args, process.env.INIT_CWD ?? process.cwd());
    if (options === 'help') {
      terminal.line(usage);
      return 0;
    }
    return await start(options, terminal, stop);
  } catch (error) {
    // What a request to stop has cut short is no failure.
    if (stop.aborted) return exitCodeOf(stop.reason as StopSignal);
    const isUnusable = unusable.some((kind) => error instanceof kind);
    errors.error(isUnusable ? (error as Error).message : explained(error));
    return isUnusable ? exitCodes.usage : exitCodes.notPromoted;
  }
};

/** What the command line names, or the machine has, cannot be used as it is. */
const unusable = [UsageError, PortInUseError, StateDirectoryError, GitMissingError];

/** Errors of our own carry their whole explanation; of others the stack helps. */
const explained = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOSPC')
    return `The disk is full (${error.message}). Free some space, then start again: the next start goes on from here.`;
  const isForeign = error.name === 'Error' || /^(Type|Range|Reference|Syntax)Error$/.test(error.name);
  return isForeign ? (error.stack ?? error.message) : error.message;
};

const start = async (options: RunOptions, terminal: Terminal, stop: AbortSignal): Promise<number> => {
  await requireGit();
  const written = options.config === undefined ? undefined : readConfigurationFile(options.config);
  const configured = written ?? configurationOfCdk();
  const given =
    options.app === undefined
      ? undefined
      : await existingApplication(
          options.app,
          // A build may put appspec.yml where it is deployed from.
          async (source) => hasBuild(configured) || (written === undefined && commitNamesArtifacts(source)),
        );
  const build =
    given && (await commitNamesArtifacts(given)) ? decideBuild(configured, written !== undefined) : undefined;
  const lockstep = build?.lockstep ?? written;
  if (build?.notice !== undefined) terminal.line(build.notice);
  const ports = await portsFrom(options.port);
  const { containers, sandboxes, notices } = await chooseInstances(
    options,
    given,
    localConfiguration(lockstep ?? configurationOfCdk()).lockstep,
    terminal.line,
  );
  const sweeping = removeLeftovers(containers);
  for (const notice of notices) terminal.line(notice);
  terminal.line('Synthesizing and starting the local run …');
  const run = await startLocalRun({
    stateDir: options.stateDir,
    ports,
    signal: stop,
    soak: options.soak,
    ...(lockstep !== undefined && { lockstep }),
    ...(containers && { containers }),
    ...(sandboxes && { sandboxes }),
  });
  try {
    for (const notice of run.notices) terminal.line(notice);
    const system = await readSystem(run);
    await moveOpenRequests(system);
    const [application] = system.applications;
    if (!application) throw new Error('The configuration has no application.');
    const sampleOf = async ({ name, remote, branch }: DeployedApplication) => {
      const sample = await sampleApplication(path.join(options.stateDir, 'applications', name));
      await nameRemote(sample.directory, remote, branch);
      return sample;
    };
    for (const { remote, branch, connected } of system.applications)
      if (!connected) await notePromotedBranch(remote, branch);
    const source = given ?? (await sampleOf(application));
    const sources = new Map([[application.name, source]]);
    // Others wait for somebody's push.
    if (!options.unattended)
      for (const other of system.applications.slice(1)) sources.set(other.name, await sampleOf(other));

    const deniedBefore = run.host.accessReport().denied.length;
    const denials = () =>
      run.host
        .accessReport()
        .denied.slice(deniedBefore)
        .map(
          ({ role, action, resource }) => `AccessDenied: the role ${role} may not ${action} on ${resource}.`,
        );
    const armFailures = await checkFailures(run, application.stateMachineArn, options.failures);
    const session: Session = {
      options,
      run,
      system,
      application,
      source,
      sources,
      terminal,
      denials,
      armFailures,
      stop,
    };
    const closeOverview = await serveOverview(
      ports.overview,
      () => overviewContent(session),
      (build) => readBuildLog(options.stateDir, build),
    );
    try {
      return await run.orFail(options.unattended ? unattended(session) : runAttended(session));
    } finally {
      await closeOverview();
    }
  } finally {
    await run.stop();
    await sweeping;
  }
};

/**
 * Removes containers and images of state directories that have been deleted. Not waited for at the start, and not worth a failure:
 * the next start tries again.
 */
const removeLeftovers = async (containers: ContainerOptions | undefined): Promise<void> => {
  try {
    const engine = containers?.engine ?? (await findEngine());
    if (!('why' in engine)) await removeAbandoned(engine);
  } catch {
    // An engine that is there and does not answer now is told where somebody needs it.
  }
};

const unattended = async (session: Session): Promise<number> => {
  const { options, run, system, application, source, terminal, denials, stop } = session;
  const missing = await missingParameters(run);
  if (missing.length > 0) throw new UsageError(missingParametersText(missing, run));
  const unreported = unreportedPromotion(run.host, application);
  const promotion = await promote(run.host, application, source, {
    takeUp: options.redrives > 0,
    again: true,
    unreported,
    beforeStart: session.armFailures,
    denials,
    onWaiting: terminal.line,
    stop,
  });
  if (!promotion) throw new Error(`The commit ${source.commitId} could not be promoted again.`);
  const { executionArn, standing } = promotion;
  reportPromotion(session, standing === 'resumed');
  const traffic = watchTraffic(application.prodUrl);
  const exitCode = await runUnattended(
    {
      host: run.host,
      system,
      terminal,
      endsWithPromotion: true,
      options,
      denials,
      onLine: traffic.onLine,
      stop,
    },
    executionArn,
  );
  const probe = await traffic.finish();
  if (stop.aborted) {
    terminal.line('Stopping … (the same command goes on from here)');
    return exitCode;
  }
  await settled(run.host);
  if (options.report) {
    writeReport(options.report, await gatherReport(run, system, application, executionArn, probe));
    terminal.line(`Report: ${options.report}`);
  }
  terminal.line(await closingWords(exitCode, session, executionArn));
  unreported.reported();
  return exitCode;
};

const closingWords = async (
  exitCode: number,
  { source, application, options, run }: Session,
  executionArn: string,
): Promise<string> => {
  const what = `${source.commitId.slice(0, 7)} of ${application.name}`;
  if (exitCode === exitCodes.promoted) return `Promoted ${what} to Prod.`;
  if (exitCode === exitCodes.sameApprover) {
    return `${what} waits for PMO: QC and PMO must be two different people. Prod is untouched.`;
  }
  const { status, error } = await describeExecution(run.host, executionArn);
  const isOver = status === 'FAILED' && isFinal(failedAs(error));
  return isOver
    ? `${what} was not promoted, and that is final. Everything is in ${options.stateDir}.`
    : `${what} was not promoted. Everything is in ${options.stateDir}; start again with --redrive 1 to go on where it failed.`;
};

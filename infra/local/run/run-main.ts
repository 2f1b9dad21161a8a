import path from 'node:path';
import { PortInUseError, readBuildLog, StateDirectoryError } from '@lockstep/aws-emulator';
import { existingApplication, nameRemote, sampleApplication } from './application-source.ts';
import { runAttended } from './attended.ts';
import { readConfigurationFile } from './configuration-file.ts';
import { settled } from './follow.ts';
import { startLocalRun } from './local-run.ts';
import { parseOptions, type RunOptions, UsageError, usage } from './options.ts';
import { serveOverview } from './overview/overview.tsx';
import { overviewContent } from './overview-content.ts';
import { portsFrom } from './ports.ts';
import { promote } from './promotions.ts';
import { reportPromotion, type Session } from './session.ts';
import { checkFailures, type DeployedApplication, readSystem } from './system.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { watchTraffic } from './traffic.ts';
import { exitCodes, runUnattended } from './unattended.ts';
import { gatherReport, writeReport } from './write-report.ts';

/**
 * The program: starts the local run and promotes.
 * @returns the exit code
 */
export const runMain = async (args: readonly string[]): Promise<number> => {
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const terminal = createTerminal(process.stdout, colour);
  const errors = createTerminal(process.stderr, process.stderr.isTTY === true && !process.env.NO_COLOR);
  try {
    const options = parseOptions(args, process.env.INIT_CWD ?? process.cwd());
    if (options === 'help') {
      terminal.line(usage);
      return 0;
    }
    return await start(options, terminal);
  } catch (error) {
    const isUsage =
      error instanceof UsageError || error instanceof PortInUseError || error instanceof StateDirectoryError;
    errors.error(
      isUsage || isExplained(error) ? (error as Error).message : String((error as Error).stack ?? error),
    );
    return isUsage ? exitCodes.usage : exitCodes.notPromoted;
  }
};

/** Errors of our own carry their whole explanation; of others the stack helps. */
const isExplained = (error: unknown) =>
  error instanceof Error &&
  error.name !== 'Error' &&
  !/^(Type|Range|Reference|Syntax)Error$/.test(error.name);

const start = async (options: RunOptions, terminal: Terminal): Promise<number> => {
  const given = options.app === undefined ? undefined : await existingApplication(options.app);
  const lockstep = options.config === undefined ? undefined : readConfigurationFile(options.config);
  const ports = await portsFrom(options.port);
  terminal.line('Synthesizing and starting the local run …');
  const run = await startLocalRun({
    stateDir: options.stateDir,
    ports,
    ...(lockstep !== undefined && { lockstep }),
  });
  try {
    for (const notice of run.notices) terminal.line(notice);
    const system = await readSystem(run);
    const [application] = system.applications;
    if (!application) throw new Error('The configuration has no application.');
    const sampleOf = async ({ name, repositoryPath, branch }: DeployedApplication) => {
      const sample = await sampleApplication(path.join(options.stateDir, 'applications', name));
      await nameRemote(sample.directory, repositoryPath, branch);
      return sample;
    };
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
  }
};

const unattended = async (session: Session): Promise<number> => {
  const { options, run, system, application, source, terminal, denials } = session;
  const promotion = await promote(run.host, application, source, {
    takeUp: options.redrives > 0,
    again: true,
    beforeStart: session.armFailures,
    denials,
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
    },
    executionArn,
  );
  const probe = await traffic.finish();
  await settled(run.host);
  if (options.report) {
    writeReport(options.report, await gatherReport(run, system, application, executionArn, probe));
    terminal.line(`Report: ${options.report}`);
  }
  terminal.line(closingWords(exitCode, session));
  return exitCode;
};

const closingWords = (exitCode: number, { source, application, options }: Session): string => {
  const what = `${source.commitId.slice(0, 7)} of ${application.name}`;
  if (exitCode === exitCodes.promoted) return `Promoted ${what} to Prod.`;
  if (exitCode === exitCodes.sameApprover) {
    return `${what} waits for PMO: QC and PMO must be two different people. Prod is untouched.`;
  }
  return `${what} was not promoted. Everything is in ${options.stateDir}; start again with --redrive 1 to go on where it failed.`;
};

import { awsCommand } from './commands.ts';
import { describeExecution, historyOf, pause } from './follow.ts';
import { watchIdlePushes } from './idle-pushes.ts';
import { inOrder } from './in-order.ts';
import { type Narration, narrate, promotionIdOf, redriveHint } from './narrate.ts';
import { missingParameters, missingParametersText } from './prerequisites.ts';
import { type CommitPromotion, executionsOf, promote } from './promotions.ts';
import { reportPromotion, type Session } from './session.ts';
import type { DeployedApplication } from './system.ts';
import { watchTraffic } from './traffic.ts';
import { gatherReport, writeReport } from './write-report.ts';

/** Pause between two looks for new promotions, in ms. */
const LOOK_EVERY_MS = 150;

const placesAndCommands = ({ run, system, application, source, sources, terminal, options }: Session) => {
  const { ports } = run.host;
  terminal.block('Lockstep is running on this machine', [
    ['Approvals', `${system.siteUrl}   promotions, graph, decisions`],
    ['Overview', `http://127.0.0.1:${ports.overview}   mails and links`],
    ...system.applications.flatMap(({ name, qatUrl, prodUrl }): [string, string][] => {
      const of = system.applications.length > 1 ? ` of ${name}` : '';
      return [
        [`QAT${of}`, qatUrl],
        [`Prod${of}`, prodUrl],
      ];
    }),
    ...system.applications.flatMap(({ name, connected }): [string, string][] =>
      connected
        ? [
            [
              'Git forge',
              `http://127.0.0.1:${ports.forge}/${connected.repository}   stands for the provider of ${name}`,
            ],
          ]
        : [],
    ),
    ['AWS API', awsCommand(run.host, 'stepfunctions list-state-machines')],
  ]);
  terminal.line(
    options.app
      ? `Push another commit with: git -C ${source.directory} push ${application.remote} HEAD:${application.branch}`
      : `Change something in ${source.directory}, commit, and "git push" to promote it. Ctrl-C ends; npm start goes on from here.`,
  );
  for (const { name } of system.applications.slice(1))
    terminal.line(`The same for ${name}, in ${sources.get(name)?.directory}.`);
  terminal.line();
};

/** First digits of the commit, which the promotion's id holds before its event's id. */
const commitOf = (executionArn: string): string =>
  /-([0-9a-f]{7})[0-9a-f]{5}-[0-9a-f-]{36}$/.exec(promotionIdOf(executionArn))?.[1] ??
  promotionIdOf(executionArn);

/** Tells one run of an execution (from its start, or from a redrive) to its end. */
const tellToEnd = async (
  session: Session,
  application: DeployedApplication,
  executionArn: string,
  after: number,
  signal: AbortSignal,
  /** Whether others are told at the same time. */
  areSeveral: () => boolean,
) => {
  const { run, system, options, terminal } = session;
  const narration: Narration = { host: run.host, system, terminal };
  const traffic = watchTraffic(application.prodUrl);
  terminal.line(`Promotion ${promotionIdOf(executionArn)}`);
  const last = await narrate(narration, executionArn, traffic.onLine, {
    after,
    signal,
    prefix: () =>
      [
        ...(system.applications.length > 1 ? [`${application.name}: `] : []),
        ...(areSeveral() ? [`${commitOf(executionArn)} `] : []),
      ].join(''),
  });
  const probe = await traffic.finish();
  if (options.report)
    writeReport(options.report, await gatherReport(run, system, application, executionArn, probe));
  return last;
};

/** Follows every promotion until stopped: those that run already, those that pushes start, those that are redriven. */
const followAll = async (session: Session, signal: AbortSignal): Promise<void> => {
  const { run, system, terminal } = session;
  /** Every application's executions, newest first. */
  const executions = async () => {
    const all: (readonly [executionArn: string, application: DeployedApplication])[] = [];
    for (const application of system.applications)
      for (const executionArn of await executionsOf(run.host, application))
        all.push([executionArn, application]);
    return all;
  };
  /** Up to which event an execution has been told; what ended before this start is not told again. */
  const told = new Map<string, number>();
  const telling = new Map<string, Promise<void>>();
  for (const [executionArn] of await executions()) {
    const { status } = await describeExecution(run.host, executionArn);
    if (status !== 'RUNNING') told.set(executionArn, (await historyOf(run.host, executionArn)).length);
  }

  const idlePushes = watchIdlePushes(run.services.events.recentEvents, system.applications, system.ledger);
  let denied = 0;
  while (!signal.aborted) {
    for (const [executionArn, application] of (await executions()).reverse()) {
      if (telling.has(executionArn)) continue;
      const { status } = await describeExecution(run.host, executionArn);
      if (status !== 'RUNNING' && told.has(executionArn)) continue;
      const task = tellToEnd(
        session,
        application,
        executionArn,
        told.get(executionArn) ?? 0,
        signal,
        () => telling.size > 1,
      )
        .then((last) => void told.set(executionArn, last))
        .catch((error: unknown) => terminal.error(String((error as Error).message ?? error)))
        .finally(() => telling.delete(executionArn));
      telling.set(executionArn, task);
    }
    for (const text of await idlePushes()) terminal.line(text);
    const denials = session.denials();
    for (const denial of denials.slice(denied)) terminal.error(denial);
    denied = denials.length;
    await pause(LOOK_EVERY_MS);
  }
  await Promise.all(telling.values());
};

/** Says of a commit that was pushed before what became of it, and what can be done. */
const tellStanding = async (session: Session, promotion: CommitPromotion | undefined): Promise<void> => {
  const { run, system, source, terminal } = session;
  if (promotion?.standing === 'started') return;
  if (promotion?.standing === 'resumed') return reportPromotion(session, true);
  const commit = source.commitId.slice(0, 7);
  if (!promotion) {
    terminal.line(
      `${commit} was pushed before, and no promotion came of it. Push another commit to promote that.`,
    );
    terminal.line('lockstep.log and logs/ in the state directory tell what the functions said.');
    return;
  }
  const { status } = await describeExecution(run.host, promotion.executionArn);
  if (status === 'SUCCEEDED') {
    terminal.line(`${commit} has been promoted to Prod. Push another commit to promote that.`);
    return;
  }
  terminal.line(`${commit} was pushed before, and its promotion ended ${status}.`);
  const hint = await redriveHint({ host: run.host, system }, promotion.executionArn);
  if (hint) terminal.line(hint);
};

const endOf = async ({ terminal }: Session, following: Promise<void>): Promise<number> => {
  terminal.line('Stopping … (npm start goes on from here)');
  await following;
  return 0;
};

/** Says what the configuration names and is not there, and waits for it: without it, tests would fail for any commit. */
const untilNothingIsMissing = async ({ run, terminal, stop }: Session): Promise<void> => {
  let missing = await missingParameters(run);
  if (missing.length === 0) return;
  terminal.line(missingParametersText(missing, run));
  terminal.line('The promotion starts as soon as that is done.');
  while (missing.length > 0 && !stop.aborted) {
    await pause(LOOK_EVERY_MS);
    missing = await missingParameters(run);
  }
};

/**
 * Promotes the source's commit and goes on serving until it is asked to stop; every push starts another promotion.
 * @returns the exit code
 */
export const runAttended = async (given: Session): Promise<number> => {
  const session: Session = { ...given, terminal: inOrder(given.terminal) };
  const { run, application, source, terminal, denials, stop } = session;
  placesAndCommands(session);
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  const following = followAll(session, stop);
  await untilNothingIsMissing(session);
  if (stop.aborted) return endOf(session, following);
  await promote(run.host, application, source, {
    takeUp: false,
    again: false,
    beforeStart: session.armFailures,
    denials,
    onWaiting: terminal.line,
    stop,
  })
    .then((promotion) => tellStanding(session, promotion))
    .catch((error: unknown) => {
      if (!stop.aborted) terminal.error(String((error as Error).message));
    });
  await stopped;
  return endOf(session, following);
};

import { requestApproval } from '../../../tasks/approvals/request-approval.ts';
import type { Calendar } from '../../../tasks/calendar/calendar.ts';
import { acquireLock } from '../../../tasks/environment-locks/acquire-lock.ts';
import { ensureLock, withLock } from '../../../tasks/environment-locks/ensure-lock.ts';
import { newerThan } from '../../../tasks/environment-locks/newer-than.ts';
import { readCause } from '../../../tasks/failure-cause.ts';
import { goBack } from '../../../tasks/go-back/go-back.ts';
import { hasBegun } from '../../../tasks/jobs/start-job.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import { recallCause } from '../../../tasks/marks/recall.ts';
import type { ApproverRole, Environment } from '../../../tasks/payloads.ts';
import { mayNeedRestoring } from '../../../tasks/prod-fleet/restore-prod.ts';
import type { TaskFailure } from '../../../tasks/task-completions.ts';
import { createDeciding } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aMarking, aPerson, aPromotion, aReview, ONE_EACH } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';
import { createLockWorld, Killed } from './lock-world.ts';
import { createPeople } from './promotions-people.ts';
import { createReferee } from './promotions-referee.ts';
import { type Runner, ways } from './promotions-runner.ts';

const MINUTE = 60_000;
type State = (typeof ways.push)[number];
const finalErrors = ['Superseded', 'Stale', 'Recalled', 'Rejected'];
const roles: Partial<Record<State, ApproverRole>> = { 'QC approval': 'qc', 'PMO approval': 'pmo' };
const lockStates: Partial<Record<State, Environment>> = { 'Lock QAT': 'qat', 'Lock Prod': 'prod' };
const environmentOf = (state: State): Environment => (/QAT/.test(state) ? 'qat' : 'prod');

/** Whether everything that went wrong is that the process was killed. */
const wasKilled = (error: unknown): boolean =>
  error instanceof Killed || (error instanceof AggregateError && error.errors.every(wasKilled));

/**
 * A whole application: executions that walk through the states of a promotion or go-back, people who decide, mark, freeze and override,
 * and the functions that the states and pages call, over one ledger. Builds and deployments only succeed or fail. Any action may be
 * killed between any two calls.
 */
export const createPromotionsWorld = (calendar: Calendar, pace: () => Promise<void>) => {
  const ledger = createMemoryLedger();
  const tokens = createTokens();
  const runners: Runner[] = [];
  const commits: string[] = [];
  let approvalCount = 0;
  /** Ids of executions that the ledger does not know the status of yet. */
  const untracked = new Set<string>();

  const referee = createReferee(ledger, runners, calendar, () => world.dependencies.now());
  const paced = (target: Ledger): Ledger =>
    Object.fromEntries(
      Object.entries(target).map(([name, call]) => [
        name,
        async (...all: unknown[]) => {
          await pace();
          return (call as (...all: unknown[]) => Promise<unknown>)(...all);
        },
      ]),
    ) as unknown as Ledger;
  const world = createLockWorld({
    ledger: paced(referee.watched(ledger)),
    tasks: {
      succeed: tokens.tasks.succeed,
      fail: async (token, failure) => {
        await referee.onFailure(
          runners.find((one) => one.token === token),
          failure,
        );
        return tokens.tasks.fail(token, failure);
      },
    },
  });
  const { dependencies } = world;
  const { now } = dependencies;
  const application = 'shop';
  const acquire = acquireLock({ ...dependencies, noteFailure: () => undefined });
  const ensure = ensureLock({ ledger: dependencies.ledger, now });
  const request = requestApproval({
    ...dependencies,
    newApprovalId: () => `approval-${++approvalCount}`,
    collect: async () => aReview(),
    counts: ONE_EACH,
    shortage: async () => undefined,
    tellMakers: async () => false,
    ensureLock: ensure,
    newerThan: newerThan({ ledger: dependencies.ledger, now, whenNewer: 'supersede' }),
    wakeLocks: async () => world.advanceAll(),
  });
  const decideAs = createDeciding({ ...dependencies, notices: world.mails.notices });
  const describe = ({ id, runs, end, redrives }: Runner): void => {
    world.describe(id, runs ? 'RUNNING' : end === 'Promoted' ? 'SUCCEEDED' : 'FAILED', redrives);
    untracked.add(id);
  };
  const begin = (id: string, commitId: string, kind: Runner['kind']): void => {
    if (runners.some((one) => one.id === id)) return;
    const runner: Runner = { id, commitId, kind, at: 0, runs: true, redrives: 0, attempts: 0 };
    runners.push(runner);
    describe(runner);
  };
  const stateOf = ({ kind, at }: Runner): State => ways[kind][at] ?? 'Verify Prod';
  const stop = async (runner: Runner, end?: string): Promise<void> => {
    runner.runs = false;
    if (runner.token !== undefined) tokens.close(runner.token);
    delete runner.token;
    delete runner.inside;
    if (end !== undefined) runner.end = end;
    const job = await ledger.latestJob(runner.id, 'Deploy to Prod');
    if (job?.status === 'RUNNING') await ledger.replaceJob(job, { ...job, status: 'FAILED' });
    describe(runner);
  };
  const fail = async (runner: Runner, { error }: Pick<TaskFailure, 'error'>): Promise<void> =>
    stop(runner, finalErrors.includes(error) ? error : undefined);
  const goOn = async (runner: Runner): Promise<void> => {
    runner.at += 1;
    if (runner.at === ways[runner.kind].length) await stop(runner, 'Promoted');
  };

  /** What a state does once its promotion holds the lock. @returns whether it is done */
  const work = async (runner: Runner, state: State): Promise<boolean> => {
    const { id } = runner;
    await referee.onWork(runner, state);
    runner.inside = environmentOf(state);
    if (state === 'Build QAT image') await ledger.updatePromotion(id, { images: { qat: `ami-qat-${id}` } });
    if (state === 'Deploy to QAT') await ledger.updatePromotion(id, { deployments: { qat: `d-qat-${id}` } });
    if (state === 'Point Prod at image') {
      const { goBack: back } = (await ledger.promotion(id)) ?? {};
      await ledger.updatePromotion(id, {
        images: { prod: back?.prodImageId ?? `ami-${id}` },
        prodRestored: undefined,
      });
    }
    if (state !== 'Deploy to Prod') return true;
    const job = await ledger.latestJob(id, state);
    if (job?.status !== 'RUNNING') {
      await referee.onDeployment(runner);
      // A redriven one points Prod at its image again.
      await ledger.updatePromotion(id, { prodRestored: undefined });
      const attempt = (job?.attempt ?? 0) + 1;
      await ledger.addJob(aJob({ promotionId: id, state, attempt, kind: 'pipeline-run', status: 'RUNNING' }));
      return false;
    }
    await ledger.replaceJob(job, { ...job, status: 'SUCCEEDED' });
    await ledger.updatePromotion(id, { deployments: { prod: `d-${id}` } });
    await ledger.noteLive({ application, promotionId: id, since: now().toISOString() });
    return true;
  };
  const call = async (runner: Runner, state: State): Promise<void> => {
    const { id, redrives, commitId } = runner;
    const promotion = (await ledger.promotion(id)) ?? aPromotion();
    const stateAttempt = redrives * 100 + runner.attempts++;
    const environment = lockStates[state];
    const role = roles[state];
    if (environment !== undefined || role !== undefined) {
      const taskToken = `${id}/${state}/${stateAttempt}`;
      tokens.open(taskToken);
      runner.token = taskToken;
      if (environment !== undefined) {
        const { executionArn, startedAt, pushedAt = startedAt } = promotion;
        const asks = { promotionId: id, executionArn, commitId, startedAt, pushedAt, redrives };
        await acquire({ ...asks, application, environment, stateAttempt, taskToken });
      }
      if (role !== undefined) {
        const { branch, pushedBy, images, deployments } = promotion;
        const made = {
          qatImageId: images.qat ?? '',
          qatInventory: '',
          qatDeploymentId: deployments.qat ?? '',
        };
        const candidate = { application, commitId, branch, pushedBy, ...made };
        const expiresInSeconds = 30 * 86_400;
        const asks = { promotionId: id, redrives, state, role, candidate, expiresInSeconds };
        await request({ ...asks, taskToken, stateAttempt });
        if (role === 'qc' && runner.kind === 'push') runner.inside = 'qat';
      }
      return;
    }
    const stage = {
      ...(state.startsWith('Point') && { parameterName: 'p' }),
      ...(state.startsWith('Build') && { kind: 'image-build' }),
    };
    const lockedWork = { promotionId: id, application, environment: environmentOf(state), redrives, state };
    const begun = async () =>
      state === 'Verify Prod' || hasBegun(dependencies.ledger)({ promotionId: id, state });
    const isDone = await withLock(ensure, () => work(runner, state), begun)({ ...lockedWork, ...stage });
    if (isDone) await goOn(runner);
  };
  /** The execution does what comes next, as far as nothing keeps it waiting. */
  const step = async (runner: Runner): Promise<void> => {
    if (!runner.runs || runner.isBusy) return;
    const state = stateOf(runner);
    if (runner.token !== undefined) {
      const told = tokens.completion.find(({ token }) => token === runner.token);
      if (told === undefined) return;
      delete runner.token;
      if (told.error !== undefined) return fail(runner, { error: told.error });
      if (lockStates[state] !== undefined) runner.inside = environmentOf(state);
      if (state === 'QC approval') delete runner.inside;
      if (JSON.stringify(told.output).includes('"reject"')) return fail(runner, { error: 'Rejected' });
      return goOn(runner);
    }
    runner.isBusy = true;
    try {
      await call(runner, state);
    } catch (error) {
      // Step Functions tries again, with another token.
      if (runner.token !== undefined) tokens.close(runner.token);
      delete runner.token;
      const { name, message } = error as Error;
      if (wasKilled(error) || name === 'EnvironmentRestoring') return;
      if (/^(Superseded|Stale|Recalled|Environment\w+|QatChanged)$/.test(name)) {
        await referee.onFailure(runner, { error: name, ...readCause(message) });
        return fail(runner, { error: name });
      }
      throw error;
    } finally {
      runner.isBusy = false;
    }
  };
  const decide = async (runner: Runner, decision: 'approve' | 'reject', minutes = 0): Promise<void> => {
    for (const role of ['qc', 'pmo'] as const) {
      const { status, approvalId, digest = '' } = (await ledger.latestApproval(runner.id, role)) ?? {};
      if (status !== 'PENDING' || approvalId === undefined) continue;
      const notBefore = minutes > 0 ? new Date(now().getTime() + minutes * MINUTE).toISOString() : undefined;
      const person = aPerson(role === 'qc' ? 'quinn' : 'parker');
      await decideAs({
        approvalId,
        decision,
        person,
        shownDigest: digest,
        notBefore,
        isRunning: runner.runs,
      });
    }
  };
  const track = async (runner: Runner): Promise<void> => {
    if (!untracked.delete(runner.id)) return;
    const status = runner.runs ? 'RUNNING' : runner.end === 'Promoted' ? 'SUCCEEDED' : 'FAILED';
    await ledger.updatePromotion(runner.id, { status, redrives: runner.redrives });
    const { goBack: back } = (await ledger.promotion(runner.id)) ?? {};
    const left = back && (await ledger.promotion(back.from));
    if (status !== 'SUCCEEDED' || back === undefined || left === undefined) return;
    if (left.commitId !== runner.commitId)
      await markBad(
        ledger,
        { application, commitId: left.commitId },
        aMarking({ at: now().toISOString(), goBack: runner.id }),
      );
  };
  const restore = async (runner: Runner): Promise<void> => {
    const promotion = await ledger.promotion(runner.id);
    if (runner.runs || promotion === undefined || !mayNeedRestoring(promotion)) return;
    const { redrives } = runner;
    await ledger.updatePromotion(runner.id, {
      prodRestored: { redrives, imageId: 'ami-0', at: now().toISOString() },
    });
  };
  return {
    ledger,
    runners,
    /** Does something, which may be killed at a call. */
    act: async (what: () => Promise<unknown>, killedAt = Number.POSITIVE_INFINITY): Promise<void> => {
      world.pass(1 / 6);
      await referee.before();
      world.killAt(killedAt);
      try {
        await what();
      } catch (error) {
        if (!wasKilled(error)) throw error;
      } finally {
        world.killAt(Number.POSITIVE_INFINITY);
      }
      await referee.after();
    },
    /** @param again pushes one of the earlier commits once more */
    push: async (again?: number): Promise<void> => {
      const commitId =
        commits[again === undefined ? -1 : again % Math.max(1, commits.length)] ??
        String(commits.length).padStart(40, '0');
      if (!commits.includes(commitId)) commits.push(commitId);
      if ((await recallCause(dependencies, { application, commitId })) !== undefined) return;
      const id = `p${String(runners.length).padStart(2, '0')}`;
      const executionArn = `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${id}`;
      const at = now().toISOString();
      await ledger.addPromotion(
        aPromotion({ promotionId: id, executionArn, commitId, pushedAt: at, startedAt: at }),
      );
      begin(id, commitId, 'push');
    },
    goBack: async (to: Runner): Promise<unknown> =>
      goBack({
        ledger: dependencies.ledger,
        now,
        startExecution: async (_, name) => begin(name, to.commitId, 'go-back'),
      })({ promotionId: to.id, reason: 'worse', askedBy: aMarking().by, approvals: 'both' }),
    step,
    decide,
    fail: async (runner: Runner) => runner.runs && !runner.isBusy && fail(runner, { error: 'BuildFailed' }),
    redrive: async (runner: Runner) => {
      if (runner.runs || runner.end !== undefined) return;
      runner.runs = true;
      runner.redrives += 1;
      runner.attempts = 0;
      describe(runner);
    },
    restore,
    track,
    ...createPeople(dependencies, world.mails.notices, (runner) => lockStates[stateOf(runner)] ?? 'prod'),
    /** The state that an execution is at. */
    stateOf,
    advance: world.advanceAll,
    tend: world.tend,
    pass: world.pass,
    /** Time passes until every freeze is over, people decide, and what wakes regularly wakes, for as long as something goes on. */
    settle: async (rounds: number): Promise<void> => {
      // Longer than any freeze.
      world.pass(24 * 60);
      for (let round = 0; round < rounds && runners.some(({ runs }) => runs); round += 1) {
        await referee.before();
        for (const runner of runners) {
          await track(runner);
          await restore(runner);
        }
        await world.advanceAll();
        await world.tend();
        for (const runner of runners) {
          await decide(runner, 'approve');
          await step(runner);
        }
        world.pass(5);
        await referee.after();
      }
    },
  };
};

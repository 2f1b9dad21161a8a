import fs from 'node:fs';
import path from 'node:path';
import type { ListExecutionsOutput } from '@aws-sdk/client-sfn';
import { administrator } from '@lockstep/aws-emulator';
import { push } from '../../infra/local/run/application-source.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import { describeExecution, historyOf, pause } from '../../infra/local/run/follow.ts';
import { git } from '../../infra/local/run/git.ts';
import type { LocalRun } from '../../infra/local/run/local-run.ts';
import { type StateReport, stateAttempts } from '../../infra/local/run/report.ts';
import { type DeployedApplication, type LockstepSystem, readSystem } from '../../infra/local/run/system.ts';
import type { ApproverRole, PromotionInput } from '../../tasks/payloads.ts';

/** One promotion of a load, ended. */
export interface LoadedPromotion {
  readonly application: string;
  readonly id: string;
  readonly commitId: string;
  readonly status: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly states: readonly StateReport[];
}

/** What a load is made of. */
export interface Load {
  readonly applications: number;
  /** Spread over the applications evenly. */
  readonly promotions: number;
  /** How long all of it may take, in ms. */
  readonly patienceMs: number;
}

const deciders = { qc: 'quinn', pmo: 'parker' } as const;

/** A repository of an application that is deployed in next to no time, with so many commits. @returns their ids, oldest first */
export const prepareCommits = async (directory: string, count: number): Promise<string[]> => {
  fs.cpSync(path.join(import.meta.dirname, 'application'), directory, { recursive: true });
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  await git(directory, ['config', 'user.name', 'Dana']);
  await git(directory, ['config', 'user.email', 'dana@example.com']);
  const commits: string[] = [];
  for (let number = 1; number <= count; number++) {
    fs.writeFileSync(
      path.join(directory, 'CHANGES.md'),
      `Change number ${number} of ${path.basename(directory)}\n`,
    );
    await git(directory, ['add', '--all']);
    await git(directory, ['commit', '--quiet', '--message', `Change number ${number}`]);
    commits.push(await git(directory, ['rev-parse', 'HEAD']));
  }
  return commits;
};

/** A decision needs a sign-in of the last 15 minutes; who decides signs in again before, in ms. */
const SIGN_IN_LASTS_MS = 10 * 60 * 1000;

/** Approves every request on the pages until it is told to stop. */
const approveAll = ({ ledger, siteUrl }: LockstepSystem) => {
  let isStopped = false;
  const answered = new Set<string>();
  const approve = async (role: ApproverRole) => {
    let person = await signInAs(deciders[role], siteUrl);
    let signedInAt = performance.now();
    while (!isStopped) {
      if (performance.now() - signedInAt > SIGN_IN_LASTS_MS) {
        person = await signInAs(deciders[role], siteUrl);
        signedInAt = performance.now();
      }
      for (const { approvalId, status, mailedAt } of await ledger.openApprovals(role)) {
        if (status !== 'PENDING' || !mailedAt || answered.has(approvalId)) continue;
        answered.add(approvalId);
        // A request may be withdrawn, for a newer promotion, while it is answered.
        await person.decide(`${siteUrl}/approvals/${approvalId}`, 'approve');
      }
      await pause(100);
    }
  };
  const working = Promise.all([approve('qc'), approve('pmo')]);
  working.catch(() => {
    isStopped = true;
  });
  return async () => {
    isStopped = true;
    await working;
  };
};

/** A run, as far as executions are looked at. */
type Host = LocalRun['host'];

/** ARNs of a state machine's executions, newest first. */
export const executionsOf = async (host: Host, stateMachineArn: string, statusFilter?: 'RUNNING') => {
  const { executions = [] }: ListExecutionsOutput = await host.call(
    administrator,
    'states',
    'ListExecutions',
    { stateMachineArn, maxResults: 1000, ...(statusFilter && { statusFilter }) },
  );
  return executions.map(({ executionArn = '' }) => executionArn);
};

/** What became of an application's promotions, as Step Functions tells. */
export const promotionsOf = async (
  host: Host,
  { name, stateMachineArn }: Pick<DeployedApplication, 'name' | 'stateMachineArn'>,
): Promise<LoadedPromotion[]> => {
  const promotions: LoadedPromotion[] = [];
  // One by one: all histories at once would take more memory than the promotions did.
  for (const executionArn of await executionsOf(host, stateMachineArn)) {
    const { status = '', error, cause, input = '{}' } = await describeExecution(host, executionArn);
    const { commitId } = JSON.parse(input) as PromotionInput;
    promotions.push({
      application: name,
      id: executionArn.split(':').at(-1) ?? '',
      commitId,
      status,
      error,
      cause,
      states: stateAttempts(await historyOf(host, executionArn)),
    });
  }
  return promotions;
};

/**
 * Pushes many commits at once to a running system, approves what is asked for, and waits until every promotion has ended.
 * @returns what became of each, how long it took (in ms, from the first push), and what went wrong
 * @throws Error when some have not ended in time
 */
export const promoteAtOnce = async (run: LocalRun, load: Load) => {
  const system = await readSystem(run);
  const applications = system.applications.slice(0, load.applications);
  const each = load.promotions / load.applications;
  const sources = [];
  for (const application of applications) {
    const directory = path.join(run.host.stateDir, 'load', application.name);
    sources.push({ application, directory, commits: await prepareCommits(directory, each) });
  }
  const stopApproving = approveAll(system);
  const start = performance.now();
  try {
    await Promise.all(
      sources.map(async ({ application, directory, commits }) => {
        for (const commitId of commits)
          await push({ directory, commitId }, application.remote, application.branch);
      }),
    );
    for (;;) {
      let started = 0;
      let running = 0;
      for (const { stateMachineArn } of applications) {
        started += (await executionsOf(run.host, stateMachineArn)).length;
        running += (await executionsOf(run.host, stateMachineArn, 'RUNNING')).length;
      }
      if (started >= load.promotions && running === 0) break;
      if (performance.now() - start > load.patienceMs) {
        throw new Error(
          `After ${load.patienceMs / 1000} s, ${started} of ${load.promotions} promotions had started and ${running} were under way.`,
        );
      }
      await pause(200);
    }
  } finally {
    await stopApproving();
  }
  const elapsedMs = performance.now() - start;
  const promotions: LoadedPromotion[] = [];
  for (const application of applications) promotions.push(...(await promotionsOf(run.host, application)));
  return {
    promotions,
    elapsedMs,
    faults: faultsOf(
      promotions,
      sources.map(({ commits }) => commits),
    ),
  };
};

/** A promotion's turn in an environment. Times are in ISO 8601. */
interface Held {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** How a turn begins and ends, by environment: QAT's ends with QC's decision, Prod's with the promotion. */
const locks = {
  QAT: { taken: 'Lock QAT', left: 'QC approval' },
  Prod: { taken: 'Lock Prod', left: undefined },
} as const;

/** Turns of one application in one environment that were held at the same time, in words. */
const overlaps = (environment: keyof typeof locks, promotions: readonly LoadedPromotion[]): string[] => {
  const { taken, left } = locks[environment];
  const held = promotions.flatMap(({ id, states }): Held[] => {
    const take = states.find(({ name, status }) => name === taken && status === 'SUCCEEDED');
    const leave = states.find(({ name }) => name === left) ?? states.at(-1);
    return take?.exitedAt && leave?.exitedAt ? [{ id, from: take.exitedAt, to: leave.exitedAt }] : [];
  });
  const inOrder = held.sort((a, b) => (a.from < b.from ? -1 : 1));
  return inOrder.flatMap((one, index) => {
    const before = inOrder[index - 1];
    return before && one.from < before.to
      ? [`${one.id} took the ${environment} turn at ${one.from}, and ${before.id} had it until ${before.to}`]
      : [];
  });
};

/** What went wrong among promotions that were started at once, in words; nothing if all is as it must be. */
export const faultsOf = (
  promotions: readonly LoadedPromotion[],
  pushed: readonly (readonly string[])[],
): string[] => {
  const faults = promotions
    .filter(({ status, error }) => status !== 'SUCCEEDED' && error !== 'Superseded' && error !== 'Stale')
    .map(({ id, status, error, cause }) => `${id} is ${status}: ${error} ${cause}`);
  const started = promotions.map(({ commitId }) => commitId).sort();
  const wanted = pushed.flat().sort();
  if (started.join() !== wanted.join())
    faults.push(`${wanted.length} commits were pushed, and promotions of ${started.join(', ')} were started`);
  for (const commits of pushed) {
    const newest = promotions.find(({ commitId }) => commitId === commits.at(-1));
    if (newest && newest.status !== 'SUCCEEDED') faults.push(`The newest, ${newest.id}, is ${newest.status}`);
  }
  for (const application of new Set(promotions.map((one) => one.application))) {
    const own = promotions.filter((one) => one.application === application);
    faults.push(...overlaps('QAT', own), ...overlaps('Prod', own));
  }
  return faults;
};

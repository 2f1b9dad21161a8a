import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DescribeExecutionOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import type { AdjustableClock, ContainerOptions } from '@lockstep/aws-emulator';
import {
  type ApplicationSource,
  push,
  sampleApplication,
} from '../../../infra/local/run/application-source.ts';
import { type DecisionOutcome, signInAs } from '../../../infra/local/run/approver.ts';
import { describeExecution, historyOf, pause } from '../../../infra/local/run/follow.ts';
import { git } from '../../../infra/local/run/git.ts';
import { type LocalRun, startLocalRun } from '../../../infra/local/run/local-run.ts';
import { type Report, stateAttempts } from '../../../infra/local/run/report.ts';
import {
  checkFailures,
  type DeployedApplication,
  type LockstepSystem,
  readSystem,
} from '../../../infra/local/run/system.ts';
import { gatherReport } from '../../../infra/local/run/write-report.ts';
import { readCause } from '../../../tasks/failure-cause.ts';
import type { Approval, Job } from '../../../tasks/ledger/items.ts';
import type { ApproverRole, Decision, PromotionInput } from '../../../tasks/payloads.ts';
import { testAssembly } from '../../support/assembly.ts';
import { freePorts } from '../../support/ports.ts';

const administrator = { kind: 'administrator' } as const;

/** How long a step of a scenario may take on a busy machine, in ms. */
const PATIENCE_MS = 120_000;

/** Asks again and again until there is an answer. @throws Error naming what was waited for */
export const eventually = async <Value>(
  what: string,
  ask: () => Promise<Value | undefined> | Value | undefined,
  explain: () => Promise<string> | string = () => '',
): Promise<Value> => {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (Date.now() > deadline)
      throw new Error(`Waited ${PATIENCE_MS / 1000} s for ${what}. ${await explain()}`);
    await pause(25);
  }
};

/** One execution, as a scenario looks at it. */
export interface ScenarioPromotion {
  readonly id: string;
  readonly executionArn: string;
  readonly commitId: string;
  readonly describe: () => Promise<DescribeExecutionOutput>;
  readonly history: () => Promise<HistoryEvent[]>;
  /** Names of the states entered so far, with their attempts' status. */
  readonly states: () => Promise<readonly (readonly [name: string, status: string])[]>;
  /** Waits until a role is asked. */
  readonly asked: (role: ApproverRole) => Promise<Approval>;
  /** Signs in and decides on the role's page. */
  readonly decide: (role: ApproverRole, person: string, decision?: Decision) => Promise<DecisionOutcome>;
  /** Waits for the end (of the current run, if redriven). */
  readonly ended: () => Promise<DescribeExecutionOutput>;
  /** The newest job of a state. @throws Error if it has none */
  readonly job: (state: string) => Promise<Job>;
  readonly redrive: () => Promise<void>;
  readonly report: () => Promise<Report>;
}

/** The synthesized system, running for a test. */
export interface Scenario {
  readonly run: LocalRun;
  readonly system: LockstepSystem;
  readonly application: DeployedApplication;
  /** The sample application's working tree. */
  readonly source: ApplicationSource;
  readonly stateDir: string;
  /** Commits a change of the sample. @returns the commit's id */
  readonly commit: (message?: string) => Promise<string>;
  /** Pushes HEAD to a branch. */
  readonly push: (branch?: string) => Promise<void>;
  /** Waits for the promotion of a commit (HEAD if not named). */
  readonly promotion: (commitId?: string) => Promise<ScenarioPromotion>;
  /** A promotion by its execution, where several have one commit. */
  readonly promotionOf: (executionArn: string, commitId: string) => ScenarioPromotion;
  /** Commits, pushes and waits for the promotion. */
  readonly startPromotion: () => Promise<ScenarioPromotion>;
  readonly executions: () => Promise<string[]>;
  readonly failNext: (state: string, attempts?: number) => Promise<void>;
  /** Moves the system's clock on. */
  readonly advance: (time: { readonly days?: number; readonly minutes?: number }) => void;
  /** Stops the system; `keep` leaves the state directory for another start. */
  readonly stop: (keep?: 'keep') => Promise<void>;
}

/** Options of a scenario. */
export interface ScenarioOptions {
  /** A state directory to go on with. */
  readonly stateDir?: string;
  /** Changes the templates before they are deployed: a copy of the assembly's directory is given. */
  readonly change?: (assemblyDirectory: string) => void;
  /** Replaces cdk.json's configuration. */
  readonly lockstep?: unknown;
  /** @default the machine's clock */
  readonly clock?: AdjustableClock;
  /** Keeps Prod's old instances as long as the configuration says. */
  readonly soak?: boolean;
  /** What instances' containers are made with. @default instances are directories with processes */
  readonly containers?: ContainerOptions;
  /** The application that the scenario is about. @default the configuration's first */
  readonly application?: string;
}

/** Starts the synthesized system on free ports, in a directory of its own. */
export const startScenario = async (options: ScenarioOptions = {}): Promise<Scenario> => {
  const stateDir = options.stateDir ?? fs.mkdtempSync(path.join(tmpdir(), 'lockstep-scenario-'));
  let assemblyDirectory = await testAssembly(options.lockstep);
  if (options.change) {
    const copy = path.join(stateDir, 'cdk.out');
    fs.cpSync(assemblyDirectory, copy, { recursive: true });
    options.change(copy);
    assemblyDirectory = copy;
  }
  const { clock, containers, soak = false } = options;
  const ports = await freePorts();
  const run = await startLocalRun({
    stateDir,
    ports,
    assemblyDirectory,
    soak,
    ...(clock && { clock }),
    ...(containers && { containers }),
  });
  try {
    return await scenarioOf(run, stateDir, options.application);
  } catch (error) {
    await run.stop();
    throw error;
  }
};

/** A scenario about one application of a system that runs. */
export const scenarioOf = async (run: LocalRun, stateDir: string, name?: string): Promise<Scenario> => {
  const system = await readSystem(run);
  const application = system.applications.find((one) => name === undefined || one.name === name);
  if (!application) throw new Error(`The configuration has no application ${name ?? ''}.`);
  const source = await sampleApplication(path.join(stateDir, 'applications', application.name));
  const { host } = run;

  const executions = async (): Promise<string[]> => {
    const listed = await host.call<{ executions?: { executionArn?: string }[] }>(
      administrator,
      'states',
      'ListExecutions',
      { stateMachineArn: application.stateMachineArn },
    );
    return (listed.executions ?? []).map(({ executionArn = '' }) => executionArn);
  };

  const head = () => git(source.directory, ['rev-parse', 'HEAD']);

  const promotion = async (commitId?: string): Promise<ScenarioPromotion> => {
    const wanted = commitId ?? (await head());
    const executionArn = await eventually(
      `a promotion of ${wanted}`,
      async () => {
        for (const candidate of await executions()) {
          const { input = '{}' } = await describeExecution(host, candidate);
          if ((JSON.parse(input) as PromotionInput).commitId === wanted) return candidate;
        }
        return undefined;
      },
      () => JSON.stringify(host.accessReport().denied),
    );
    return promotionOf(executionArn, wanted);
  };

  const promotionOf = (executionArn: string, commitId: string): ScenarioPromotion => {
    const id = executionArn.split(':').at(-1) ?? '';
    const describe = () => describeExecution(host, executionArn);
    const story = async () => {
      const { status, error, cause } = await describe();
      return JSON.stringify({
        status,
        error,
        cause,
        states: stateAttempts(await historyOf(host, executionArn)),
        denied: host.accessReport().denied,
      });
    };
    const asked = (role: ApproverRole) =>
      eventually(
        `${role} to be asked`,
        async () => {
          const approval = await system.ledger.latestApproval(id, role);
          return approval?.status === 'PENDING' && approval.mailedAt ? approval : undefined;
        },
        story,
      );
    return {
      id,
      executionArn,
      commitId,
      describe,
      history: () => historyOf(host, executionArn),
      states: async () =>
        stateAttempts(await historyOf(host, executionArn)).map(({ name, status }) => [name, status] as const),
      asked,
      decide: async (role, person, decision = 'approve') => {
        const { approvalId } = await asked(role);
        const signedIn = await signInAs(person, system.siteUrl);
        return signedIn.decide(
          `${system.siteUrl}/approvals/${approvalId}`,
          decision,
          `${decision} by ${person}`,
        );
      },
      ended: () =>
        eventually(
          `the end of ${id}`,
          async () => {
            const description = await describe();
            return description.status === 'RUNNING'
              ? undefined
              : { ...description, ...readCause(description.cause ?? '') };
          },
          story,
        ),
      job: async (state) => {
        const job = await system.ledger.latestJob(id, state);
        if (job === undefined) throw new Error(`${id} has no job of ${state}`);
        return job;
      },
      redrive: async () => {
        const operator = await signInAs('olga', system.siteUrl);
        await operator.redrive(`${system.siteUrl}/promotions/${id}`);
      },
      report: () => gatherReport(run, system, application, executionArn, { requests: 0, failed: 0 }),
    };
  };

  let serial = 0;
  const scenario: Scenario = {
    run,
    system,
    application,
    source,
    stateDir,
    commit: async (message = `Change number ${++serial}`) => {
      fs.appendFileSync(path.join(source.directory, 'CHANGES.md'), `${message}\n`);
      await git(source.directory, ['add', '--all']);
      await git(source.directory, ['commit', '--quiet', '--message', message]);
      return head();
    },
    push: async (branch = application.branch) =>
      push({ directory: source.directory, commitId: await head() }, application.remote, branch),
    promotion,
    promotionOf,
    startPromotion: async () => {
      const commitId = await scenario.commit();
      await scenario.push();
      return promotion(commitId);
    },
    executions,
    failNext: async (state, attempts = 1) => {
      const arm = await checkFailures(run, application.stateMachineArn, new Map([[state, attempts]]));
      arm();
    },
    advance: ({ days = 0, minutes = 0 }) => run.clock.advance((days * 24 * 60 + minutes) * 60_000),
    stop: async (keep) => {
      await run.stop();
      if (keep !== 'keep') fs.rmSync(stateDir, { recursive: true, force: true });
    },
  };
  return scenario;
};

/** Promotes to the end with two different approvers. */
export const approveBoth = async (promotion: ScenarioPromotion): Promise<DescribeExecutionOutput> => {
  await promotion.decide('qc', 'quinn');
  await promotion.decide('pmo', 'parker');
  return promotion.ended();
};

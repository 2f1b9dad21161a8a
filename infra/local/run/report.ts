import type { DescribeExecutionOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import type { Approval, Denial, Job, Promotion } from '../../../tasks/ledger/items.ts';
import type { ApproverRole, Decision, Environment, JobKind } from '../../../tasks/payloads.ts';
import { statusOf } from '../../../tasks/promotions/status.ts';

/** What happened in a run, as `--report` writes it. Times are ISO 8601. */
export interface Report {
  readonly promotion: {
    readonly id: string;
    readonly executionArn: string;
    readonly application: string;
    readonly commitId: string;
    /** Step Functions' status; `REJECTED`, `SUPERSEDED`, `STALE` if it ended so. */
    readonly status: string;
    readonly redrives: number;
  };
  readonly states: readonly StateReport[];
  readonly images: Readonly<Partial<Record<Environment, string>>>;
  readonly jobs: readonly {
    readonly state: string;
    readonly kind: JobKind;
    readonly externalId: string;
    readonly status: string;
  }[];
  readonly approvals: readonly {
    readonly role: ApproverRole;
    readonly approver: string;
    readonly decision: Decision;
    readonly at: string;
  }[];
  readonly denials: readonly {
    readonly role: ApproverRole;
    readonly approver: string;
    readonly reason: string;
  }[];
  readonly mails: readonly { readonly to: string; readonly subject: string; readonly link?: string }[];
  readonly deployments: readonly DeploymentReport[];
  /** Requests that a probe sent to the Prod load balancer during the Prod deployment. */
  readonly traffic: {
    readonly requests: number;
    readonly failed: number;
    readonly versionsSeen: readonly string[];
  };
  readonly iam: {
    readonly allowed: number;
    readonly denied: readonly { readonly role: string; readonly action: string; readonly resource: string }[];
    readonly unused: readonly { readonly role: string; readonly action: string }[];
  };
  readonly seconds: { readonly synth: number; readonly start: number; readonly promotion: number };
}

/** One attempt of a state. A redrive makes the next attempt of the state at which it resumes. */
export interface StateReport {
  readonly name: string;
  readonly attempt: number;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'RUNNING';
  readonly enteredAt: string;
  readonly exitedAt?: string;
}

/** One CodeDeploy deployment. */
export interface DeploymentReport {
  readonly environment: Environment;
  readonly kind: 'IN_PLACE' | 'BLUE_GREEN';
  readonly id: string;
  readonly commitId: string;
  readonly instances: readonly string[];
}

const iso = (date: Date | undefined) => (date ?? new Date(0)).toISOString();

const endings: Readonly<Record<string, StateReport['status']>> = {
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

/**
 * The attempts of each state, read off an execution's history: a state that was entered and not left when the execution
 * ended has that ending, and the redrive that resumes there begins its next attempt.
 */
export const stateAttempts = (history: readonly HistoryEvent[]): StateReport[] => {
  const attempts: StateReport[] = [];
  let open: number | undefined;
  let hasFailed = false;
  const close = (status: StateReport['status'], at: Date | undefined) => {
    const attempt = open === undefined ? undefined : attempts[open];
    if (open !== undefined && attempt) attempts[open] = { ...attempt, status, exitedAt: iso(at) };
    open = undefined;
  };
  const begin = (name: string, at: Date | undefined) => {
    hasFailed = false;
    const attempt = attempts.filter((earlier) => earlier.name === name).length + 1;
    open = attempts.push({ name, attempt, status: 'RUNNING', enteredAt: iso(at) }) - 1;
  };
  for (const event of history) {
    const ending = endings[event.type ?? ''];
    if (event.type === 'TaskScheduled') hasFailed = false;
    else if (event.taskFailedEventDetails) hasFailed = true;
    if (event.stateEnteredEventDetails) begin(event.stateEnteredEventDetails.name ?? '', event.timestamp);
    // A failure that is caught leaves the state as well.
    else if (event.stateExitedEventDetails) close(hasFailed ? 'FAILED' : 'SUCCEEDED', event.timestamp);
    else if (event.type === 'ExecutionSucceeded') close('SUCCEEDED', event.timestamp);
    else if (ending) close(ending, event.timestamp);
    else if (event.type === 'ExecutionRedriven') {
      const last = attempts.at(-1);
      if (last) begin(last.name, event.timestamp);
    }
  }
  return attempts;
};

/** What a report is made of. */
export interface ReportMaterial {
  readonly promotion: Promotion;
  readonly execution: DescribeExecutionOutput;
  readonly history: readonly HistoryEvent[];
  readonly jobs: readonly Job[];
  readonly approvals: readonly Approval[];
  readonly denials: readonly Denial[];
  readonly mails: Report['mails'];
  readonly deployments: readonly DeploymentReport[];
  readonly traffic: Report['traffic'];
  readonly iam: Report['iam'];
  readonly seconds: { readonly synth: number; readonly start: number };
}

/** Time from an execution's start to its end, or until now if it runs, in seconds. */
const promotionSeconds = (
  { startDate, stopDate }: DescribeExecutionOutput,
  history: readonly HistoryEvent[],
) => {
  const end = stopDate ?? history.at(-1)?.timestamp ?? startDate;
  return Math.round((end?.getTime() ?? 0) - (startDate?.getTime() ?? 0)) / 1000;
};

/** Puts a report together. */
export const buildReport = (material: ReportMaterial): Report => {
  const { promotion, execution, history } = material;
  return {
    promotion: {
      id: promotion.promotionId,
      executionArn: promotion.executionArn,
      application: promotion.application,
      commitId: promotion.commitId,
      status: statusOf(execution),
      redrives: execution.redriveCount ?? 0,
    },
    states: stateAttempts(history),
    images: promotion.images,
    jobs: material.jobs.map(({ state, kind, externalId, status }) => ({
      state,
      kind,
      externalId: externalId ?? '',
      status,
    })),
    approvals: material.approvals
      .flatMap(({ role, decisions }) =>
        decisions.map(({ decision, person, at }) => ({ role, approver: person.name, decision, at })),
      )
      .sort((one, other) => one.at.localeCompare(other.at)),
    denials: material.denials.map(({ role, person, reason }) => ({ role, approver: person.name, reason })),
    mails: material.mails,
    deployments: material.deployments,
    traffic: material.traffic,
    iam: material.iam,
    seconds: { ...material.seconds, promotion: promotionSeconds(execution, history) },
  };
};

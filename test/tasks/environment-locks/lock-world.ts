import { followUpRequest } from '../../../tasks/approvals/follow-up-requests.ts';
import { acquireLock } from '../../../tasks/environment-locks/acquire-lock.ts';
import {
  type AdvanceLockDependencies,
  advanceLock,
  advanceLocks,
} from '../../../tasks/environment-locks/advance-lock.ts';
import { ensureLock } from '../../../tasks/environment-locks/ensure-lock.ts';
import type { EnvironmentLock } from '../../../tasks/environment-locks/environment-lock.ts';
import type { WorkStage } from '../../../tasks/environment-locks/work-stage.ts';
import type { Approval } from '../../../tasks/ledger/items.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { approverRoles } from '../../../tasks/words.ts';
import { aTending, createMails } from '../doubles/deciding.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { anApproval, aPerson, aPromotion, approvedBy } from '../doubles/samples.ts';
import { createTokens } from '../doubles/tokens.ts';

/** The process was killed. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Promotions of one application, pushed one minute after the other in the order of their ids, and what advances their locks. */
export const createLockWorld = (change: Partial<AdvanceLockDependencies> = {}) => {
  const ledger = change.ledger ?? createMemoryLedger();
  const tokens = createTokens();
  const mails = createMails();
  const executions = new Map<string, { status: string; redrives: number }>();
  let calls = Number.POSITIVE_INFINITY;
  let now = Date.parse('2026-11-22T12:00:00.000Z');

  /** Every call from outside in may be the last: killed before it happens, or right after. */
  const mortal = <Target extends object>(target: Target): Target =>
    Object.fromEntries(
      Object.entries(target).map(([name, work]) => [
        name,
        typeof work !== 'function'
          ? work
          : async (...parameters: unknown[]) => {
              calls -= 1;
              // Nothing that a dead process was about to do happens.
              if (calls <= 0) throw new Killed('before the call');
              const result = await (work as (...all: unknown[]) => Promise<unknown>)(...parameters);
              calls -= 1;
              if (calls <= 0) throw new Killed('after the call');
              return result;
            },
      ]),
    ) as Target;

  const outside = mortal({
    execution: async (arn: string) => executions.get(arn.split(':').at(-1) ?? ''),
  });
  const dependencies: AdvanceLockDependencies = {
    tasks: mortal(tokens.tasks),
    notices: mortal(mails.notices),
    ...outside,
    siteUrl: 'https://approvals.example.com',
    now: () => new Date(now),
    application: 'shop',
    whenNewer: 'supersede',
    ...change,
    ledger: mortal(ledger),
  };
  const failures: unknown[] = [];
  const take = acquireLock({ ...dependencies, noteFailure: (error) => failures.push(error) });
  const promotionOf = (id: string) =>
    aPromotion({
      promotionId: id,
      executionArn: `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${id}`,
      commitId: id.repeat(40).slice(0, 40),
      pushedAt: `2026-11-22T11:${String(id.charCodeAt(0) - 96).padStart(2, '0')}:00Z`,
      startedAt: '2026-11-22T11:59:00.000Z',
    });
  const tokenOf = (id: string, environment: Environment, redrives: number, retries: number): string =>
    `${id}/${environment}/${redrives}${retries > 0 ? `+${retries}` : ''}`;
  const requestLock = (id: string, environment: Environment, redrives: number, retries: number) => {
    const { promotionId, executionArn, commitId, startedAt, application, pushedAt } = promotionOf(id);
    return take({
      promotionId,
      executionArn,
      commitId,
      startedAt,
      pushedAt: pushedAt ?? startedAt,
      application,
      environment,
      redrives,
      stateAttempt: redrives * 100 + retries,
      taskToken: tokenOf(id, environment, redrives, retries),
    });
  };

  return {
    ledger,
    dependencies,
    tokens,
    mails,
    failures,
    advance: (environment: Environment = 'qat') => advanceLock(dependencies)(environment),
    advanceAll: advanceLocks(dependencies),
    /** Looks after requests, as reconciling does. */
    tend: async (): Promise<void> => {
      const isRunning = async (arn: string) => (await outside.execution(arn))?.status === 'RUNNING';
      const tend = followUpRequest({ ...aTending(), ...dependencies, isRunning });
      for (const role of approverRoles)
        for (const approval of await ledger.openApprovals(role)) await tend(approval);
    },
    /** Starts a promotion, redrives it, or retries it, in a "Lock …" state. */
    take: async (id: string, environment: Environment = 'qat', redrives = 0, retries = 0): Promise<void> => {
      await ledger.addPromotion(promotionOf(id));
      executions.set(id, { status: 'RUNNING', redrives });
      tokens.open(tokenOf(id, environment, redrives, retries));
      await requestLock(id, environment, redrives, retries);
    },
    /** The function of an attempt goes on that a later one has overtaken: nobody waits for its token. */
    goOnLate: async (
      id: string,
      environment: Environment = 'qat',
      redrives = 0,
      retries = 0,
    ): Promise<void> => {
      tokens.close(tokenOf(id, environment, redrives, retries));
      await requestLock(id, environment, redrives, retries);
    },
    ensure: (id: string, environment: Environment = 'qat', redrives = 0, workStage: WorkStage = 'builds') =>
      ensureLock({ ledger, now: () => new Date(now) })(
        { promotionId: id, application: 'shop', environment, redrives },
        workStage,
      ),
    /** QC or PMO is asked about it. */
    ask: async (id: string, role: Approval['role'] = 'qc'): Promise<void> => {
      tokens.open(`${id}/${role}`);
      await ledger.addApproval(
        anApproval({
          promotionId: id,
          approvalId: `${role}-of-${id}`,
          role,
          taskToken: `${id}/${role}`,
          requestedAt: new Date(now).toISOString(),
          mailedAt: new Date(now).toISOString(),
        }),
      );
    },
    decide: async (id: string): Promise<void> => {
      const asked = await ledger.latestApproval(id, 'qc');
      if (asked) await ledger.replaceApproval(asked, { ...asked, ...approvedBy(aPerson('quinn')) });
    },
    /** Its execution ends; the ledger learns of it. */
    end: async (id: string, status: 'FAILED' | 'SUCCEEDED' | 'ABORTED', isInProd = false): Promise<void> => {
      executions.set(id, { status, redrives: executions.get(id)?.redrives ?? 0 });
      await ledger.updatePromotion(id, { status, ...(isInProd && { deployments: { prod: `d-${id}` } }) });
    },
    /** It was about to point Prod at its image. */
    point: (id: string) => ledger.updatePromotion(id, { images: { prod: `ami-${id}` } }),
    /** Prod is put in order after its end. */
    restore: async (id: string, redrives = 0): Promise<void> => {
      const prodRestored = { redrives, imageId: 'ami-0', at: new Date(now).toISOString() };
      await ledger.updatePromotion(id, { prodRestored });
    },
    redrive: async (id: string, redrives = 1): Promise<void> => {
      executions.set(id, { status: 'RUNNING', redrives });
      await ledger.updatePromotion(id, { status: 'RUNNING', redrives });
    },
    /** Step Functions describes what was before. */
    describe: (id: string, status: string, redrives: number) => executions.set(id, { status, redrives }),
    forget: (id: string) => executions.delete(id),
    pass: (minutes: number) => {
      now += minutes * 60_000;
    },
    killAt: (call: number) => {
      calls = call;
    },
    /** The lock in a line. */
    lock: async (environment: Environment = 'qat'): Promise<string> => {
      const { holder, waiting, dequeued }: EnvironmentLock = await ledger.lock('shop', environment);
      const waits = waiting.map(({ promotionId }) => promotionId).join(' ');
      return `${holder?.promotionId ?? '-'} | ${waits || '-'}${dequeued.length > 0 ? ' | untold' : ''}`;
    },
    /** What each token was told, in order. */
    completion: () => tokens.completion.map(({ token, error }) => `${token}: ${error ?? 'ok'}`),
  };
};

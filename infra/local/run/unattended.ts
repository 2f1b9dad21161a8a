import { readOutbox } from '@lockstep/aws-emulator';
import { readCause } from '../../../tasks/failure-cause.ts';
import type { Approval } from '../../../tasks/ledger/items.ts';
import { mayNeedRestoring } from '../../../tasks/prod-fleet/restore-prod.ts';
import { failedAs, isFinal } from '../../../tasks/promotions/status.ts';
import { roleTitles } from '../../../tasks/words.ts';
import { stateNames } from '../../../workflows/state-names.ts';
import { signInAs } from './approver.ts';
import { describeExecution, pause } from './follow.ts';
import { type Narration, narrate, pendingApproval, promotionIdOf } from './narrate.ts';
import type { RunOptions } from './options.ts';
import { membersOf, operator, unattendedApprovers } from './people.ts';
import type { ProgressLine } from './progress.ts';
import { exitCodeOf, type StopSignal } from './stop-request.ts';

/** How an unattended promotion ended: the program's exit code. */
export const exitCodes = { promoted: 0, notPromoted: 1, usage: 2, sameApprover: 3 } as const;

/** States in which somebody decides. */
const asks: ReadonlySet<string | undefined> = new Set([
  stateNames.qcApproval,
  stateNames.pmoApproval,
  stateNames.qcImageApproval,
  stateNames.pmoImageApproval,
]);

/** How long a mail may take after its approval has been asked for, in ms. */
const MAIL_PATIENCE_MS = 10_000;

/** How long a promotion may go on after a call was denied, in ms, so that the state that it fails can say so itself. */
const DENIAL_GRACE_MS = 4_000;

/** What an unattended run needs beyond the narration. */
export interface UnattendedRun extends Narration {
  readonly options: Pick<RunOptions, 'qc' | 'pmo' | 'redrives'>;
  /** Calls denied in this run, in words. */
  readonly denials: () => readonly string[];
  /** Is told each line, for the traffic probe. */
  readonly onLine: (line: ProgressLine) => void | Promise<void>;
  /** Asks the run to end before the promotion has; its reason is a `StopSignal`. */
  readonly stop: AbortSignal;
}

/** The link in the mail that asked for this approval, as its reader would click it. */
const mailedLink = async ({ host, system }: UnattendedRun, approvalId: string): Promise<string> => {
  const link = `${system.siteUrl}/approvals/${approvalId}`;
  const deadline = Date.now() + MAIL_PATIENCE_MS;
  while (Date.now() < deadline) {
    if (readOutbox(host.store).some((mail) => mail.message.includes(link))) return link;
    await pause(30);
  }
  throw new Error(`No mail with the link ${link} has been sent within ${MAIL_PATIENCE_MS / 1000} s.`);
};

/** How long the operator waits for Prod to be in order before redriving all the same, in ms. */
const ORDER_PATIENCE_MS = 15_000;

/** An operator redrives once Prod is restored, as the mail tells. */
const prodInOrder = async ({ system }: UnattendedRun, promotionId: string): Promise<void> => {
  const deadline = Date.now() + ORDER_PATIENCE_MS;
  while (Date.now() < deadline) {
    const promotion = await system.ledger.promotion(promotionId);
    if (promotion === undefined || !mayNeedRestoring(promotion)) return;
    await pause(30);
  }
};

/**
 * Follows a promotion to its end, with approvers who act by themselves through mail, sign-in and pages, and an operator who
 * redrives.
 * @returns the exit code
 */
export const runUnattended = async (run: UnattendedRun, executionArn: string): Promise<number> => {
  const promotionId = promotionIdOf(executionArn);
  const stopping = new AbortController();
  let exitCode: number | undefined;
  const end = (code: number) => {
    exitCode ??= code;
    stopping.abort();
  };
  const onStop = () => end(exitCodeOf(run.stop.reason as StopSignal));
  if (run.stop.aborted) onStop();
  run.stop.addEventListener('abort', onStop, { once: true });

  const decide = async ({ role, count, decisions, approvalId }: Approval) => {
    const names = unattendedApprovers(role, count, run.options);
    if (names === undefined) {
      run.terminal.error(
        `${roleTitles[role]} needs ${count} different people, and this run has only ${membersOf(role).join(', ')}, one of whom may decide in the other role. ` +
          `Lower approvers.${role}.count in the configuration, or add people in infra/local/run/people.ts.`,
      );
      return end(exitCodes.notPromoted);
    }
    const link = await mailedLink(run, approvalId);
    for (const name of names.filter((one) => !decisions.some(({ person }) => person.name === one))) {
      const person = await signInAs(name, run.system.siteUrl);
      const outcome = await person.decide(link, 'approve');
      if (outcome.kind === 'decided') continue;
      run.terminal.error(`${name} was denied as ${roleTitles[role]} (${outcome.reason}): ${outcome.text}`);
      return end(outcome.reason === 'ApproversMustDiffer' ? exitCodes.sameApprover : exitCodes.notPromoted);
    }
  };

  const onLine = async (line: ProgressLine) => {
    await run.onLine(line);
    if (line.kind !== 'waiting' || !asks.has(line.state) || exitCode !== undefined) return;
    const approval = await pendingApproval(run.system.ledger, promotionId, line.state ?? '');
    if (approval) await decide(approval);
  };

  const watchDenials = (async () => {
    while (!stopping.signal.aborted) {
      if (run.denials().length > 0) {
        await pause(DENIAL_GRACE_MS);
        return end(exitCodes.notPromoted);
      }
      await pause(100);
    }
  })();

  try {
    let after = 0;
    for (let redrives = 0; ; redrives++) {
      after = await narrate(run, executionArn, onLine, { after, signal: stopping.signal });
      if (exitCode !== undefined) break;
      const { status, error, cause } = await describeExecution(run.host, executionArn);
      if (status === 'SUCCEEDED') end(exitCodes.promoted);
      else if (status === 'FAILED' && isFinal(failedAs(error))) {
        // A redrive would end the same.
        run.terminal.error(`Not promoted: ${error}. ${readCause(cause ?? '').cause}`);
        end(exitCodes.notPromoted);
      } else if (redrives >= run.options.redrives) end(exitCodes.notPromoted);
      else {
        await prodInOrder(run, promotionId);
        await (await signInAs(operator.name, run.system.siteUrl)).redrive(
          `${run.system.siteUrl}/promotions/${promotionId}`,
        );
      }
    }
  } finally {
    stopping.abort();
    await watchDenials;
  }
  for (const denial of run.denials()) run.terminal.error(denial);
  return exitCode ?? exitCodes.notPromoted;
};

import type { Promotion } from '../tasks/ledger/items.ts';
import { adviceLines } from '../tasks/redrive/advice-text.ts';
import { isHeldByAlarms } from '../tasks/redrive/despite-alarms.ts';
import { readAdvisedPromotion } from '../tasks/redrive/read-advice.ts';
import { UsageError } from './arguments.ts';
import type { Outcome } from './command-result.ts';
import { evidenceReader } from './evidence.ts';
import { printable } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

/** Asks the person at the terminal. @returns the answer as typed */
export type Ask = (question: string) => Promise<string>;

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

/**
 * Redrives a promotion, after it says what that would do and asks for agreement.
 * @param isAgreed whether `--yes` was given
 * @param ask absent without a terminal
 * @param despiteAlarms why Prod is deployed to although alarms are on
 * @throws UsageError without both
 * @throws CommandError if it may not be redriven
 */
export async function redrive(
  system: System,
  recorded: Promotion,
  isAgreed: boolean,
  ask: Ask | undefined,
  despiteAlarms?: string,
): Promise<Outcome> {
  const { promotionId, executionArn } = recorded;
  const { advice, promotion, jobs } = await readAdvisedPromotion(
    { ...system, readEvidence: evidenceReader(system) },
    recorded,
  );
  const reason = despiteAlarms === undefined ? undefined : givenReason(despiteAlarms, 'why it is deployed');
  if (reason !== undefined && !isHeldByAlarms(jobs))
    throw new CommandError(
      `${promotionId}: no alarm kept it out of Prod. Redrive it without --despite-alarms.`,
    );
  if (!advice.mayRedrive) throw new CommandError(`${promotionId}: ${printable(advice.sentence)}`);
  const text = adviceLines(advice).map(printable).join('\n');
  if (!isAgreed) {
    if (ask === undefined)
      throw new UsageError(
        `redrive asks before it changes anything, and there is no terminal to ask at. To agree, add --yes.\n${text}\n`,
      );
    if (!isYes(await ask(`${text}\nRedrive it? [y/N] `)))
      return {
        text: 'Not redriven. Nothing was changed.',
        json: { promotionId, redriven: false, advice },
        end: 'failed',
      };
  }
  const number = promotion.redrives + 1;
  if (reason !== undefined) await system.noteDespiteAlarms(promotionId, reason);
  // Recorded first, so that no redrive happens without a name.
  const by = await system.noteRedrive(promotionId, number);
  const outcome = await system.executions.redrive(executionArn);
  if (outcome.kind === 'failed')
    throw new CommandError(`Step Functions did not redrive it: ${outcome.message}`);
  const done = `Redrive ${number} of ${promotionId}, by ${by}: it resumes at ${advice.resumesAt?.state ?? 'the state that failed'}.`;
  return {
    // A person who was asked has read the advice.
    text: isAgreed ? `${text}\n${done}` : done,
    json: { promotionId, redriven: true, redrive: number, by, advice },
  };
}

import type { Promotion } from '../tasks/ledger/items.ts';
import { adviceLines } from '../tasks/redrive/advice-text.ts';
import { readAdvisedPromotion } from '../tasks/redrive/read-advice.ts';
import type { Outcome } from './command-result.ts';
import { printable } from './format.ts';
import { UsageError } from './options.ts';
import { CommandError, type System } from './system.ts';

/** Asks the person at the terminal. @returns the answer, as it was typed */
export type Ask = (question: string) => Promise<string>;

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

/**
 * Redrives a promotion, after telling what that would do and asking whether to.
 * @param isAgreed whether somebody said yes beforehand
 * @param ask absent where nobody sits at a terminal
 * @throws UsageError if there is nobody to ask
 * @throws CommandError if it may not be redriven
 */
export const redrive = async (
  system: System,
  recorded: Promotion,
  isAgreed: boolean,
  ask: Ask | undefined,
): Promise<Outcome> => {
  const { promotionId, executionArn } = recorded;
  const { advice, promotion } = await readAdvisedPromotion(system, recorded);
  if (!advice.mayRedrive) throw new CommandError(`${promotionId}: ${printable(advice.sentence)}`);
  const text = adviceLines(advice).map(printable).join('\n');
  if (!isAgreed) {
    if (ask === undefined)
      throw new UsageError(
        `redrive asks before it does anything, and there is no terminal to ask at: add --yes.\n${text}\n`,
      );
    if (!isYes(await ask(`${text}\nRedrive it? [y/N] `)))
      return {
        text: 'Not redriven; nothing was changed.',
        json: { promotionId, redriven: false, advice },
        isGood: false,
      };
  }
  const number = promotion.redrives + 1;
  // Recorded first: nobody redrives without being named.
  const by = await system.noteRedrive(promotionId, number);
  const outcome = await system.executions.redrive(executionArn);
  if (outcome.kind === 'failed')
    throw new CommandError(`Step Functions refused the redrive: ${outcome.message}`);
  const done = `Redrive ${number} of ${promotionId}, by ${by}: it goes on at ${advice.resumesAt?.state ?? 'the state that failed'}.`;
  return {
    // Whoever was asked has read it.
    text: isAgreed ? `${text}\n${done}` : done,
    json: { promotionId, redriven: true, redrive: number, by, advice },
  };
};

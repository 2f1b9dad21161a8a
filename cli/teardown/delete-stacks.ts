import { CommandError } from '../system.ts';
import type { Account } from './account.ts';
import { remedyFor } from './failures.ts';
import type { StandingStack } from './stacks.ts';
import { type Waiting, waitFor } from './waits.ts';

/** How long one stack may take, in minutes: custom resources end instances and deployments first. */
const STACK_MINUTES = 120;

/** How often a stack may still be seen as it was before the call: CloudFormation's answers are eventually consistent. */
const LOOKS_TO_BEGIN = 3;

/** The end of a deletion that did not succeed, with CloudFormation's own reason and what to do. */
const failureText = async (account: Account, stack: StandingStack): Promise<string> => {
  const failures = await account.failures(stack.id);
  // Of resources that wait for others, CloudFormation says only that.
  const causes = failures.filter(({ reason }) => !/^Resource deletion cancelled/i.test(reason));
  const lines = causes.flatMap(({ type, logicalId, physicalId, reason }) => [
    `  ${type} ${logicalId} (${physicalId}): ${reason}`,
    `    ${remedyFor(reason)}`,
  ]);
  const reason = stack.reason?.trim();
  return [
    `CloudFormation did not delete ${stack.name} (${stack.status})${reason ? `: ${reason}` : '.'}`,
    ...(lines.length > 0 ? lines : [`  ${remedyFor(reason ?? '')}`]),
    'Then run the same command again: it continues.',
  ].join('\n');
};

/**
 * Deletes one stack and waits, telling how far it is.
 * @param whileWaiting is done before each look: work that began meanwhile would hold the deletion up
 * @throws CommandError with CloudFormation's reason
 */
export async function deleteStack(
  account: Account,
  stack: StandingStack,
  waiting: Waiting,
  whileWaiting: () => Promise<void>,
): Promise<void> {
  if (stack.status !== 'DELETE_IN_PROGRESS') {
    waiting.tell(`Deleting ${stack.name}.`);
    try {
      await account.deleteStack(stack.id);
    } catch (error) {
      const { name, message } = error as Error;
      throw new CommandError(
        `CloudFormation does not delete ${stack.name}: ${name}: ${message}\n  ${remedyFor(message)}\nThen run the same command again: it continues.`,
      );
    }
  }
  let looks = 0;
  await waitFor(
    waiting,
    async () => {
      const now = await account.stack(stack.id);
      if (now === undefined || now.status === 'DELETE_COMPLETE') return undefined;
      if (now.status !== 'DELETE_IN_PROGRESS') {
        const isAsBefore = now.status === stack.status && now.reason === stack.reason;
        if (!isAsBefore || ++looks >= LOOKS_TO_BEGIN) throw new CommandError(await failureText(account, now));
        return `${stack.name}: CloudFormation begins.`;
      }
      await whileWaiting();
      const resources = await account.resources(stack.id);
      const done = resources.filter(({ status }) => /^DELETE_(COMPLETE|SKIPPED)$/.test(status));
      return `${stack.name}: ${done.length} of ${resources.length} resources are deleted or kept.`;
    },
    STACK_MINUTES,
    'CloudFormation goes on. Run the same command again: it waits further.',
  );
  waiting.tell(`${stack.name} is deleted.`);
}

import { UsageError } from '../arguments.ts';
import type { Outcome } from '../command-result.ts';
import { givenReason } from '../reason.ts';
import type { Ask } from '../redrive.ts';
import { CommandError } from '../system.ts';
import type { Account } from './account.ts';
import { deleteLeftovers, evidenceOf, findLeftovers, unlockEvidence } from './delete-leftovers.ts';
import { deleteStack } from './delete-stacks.ts';
import {
  applicationOf,
  commandFor,
  inDeletionOrder,
  mainStack,
  type Place,
  placesElsewhere,
  placeText,
  type StandingStack,
  type Target,
  titleOf,
} from './stacks.ts';
import { inLeftoverOrder, staysText } from './stays.ts';
import { createStopper, runningIn, type StoppingSystem, stopWork, workText } from './stop-work.ts';
import type { TeardownCommand } from './teardown-options.ts';
import type { Waiting } from './waits.ts';

/** What a tear-down works with. */
export interface TeardownParts extends Waiting {
  readonly account: Account;
  /** Opened only if a promotion must be stopped. */
  readonly system: () => Promise<StoppingSystem>;
  /** Absent without a terminal. */
  readonly ask?: Ask;
}

/** An account and region that the credentials reach, and the target's stacks there. */
interface Reached {
  readonly account: Account;
  readonly place: Place;
  readonly stacks: readonly StandingStack[];
}

/** Where a target's stacks are. */
interface Found {
  /** The main stack's place is the last one. */
  readonly reached: readonly Reached[];
  /** Places of other accounts. */
  readonly elsewhere: readonly Place[];
  /** Every stack that stands here. */
  readonly all: readonly StandingStack[];
}

const find = async (account: Account, target: Target): Promise<Found> => {
  const place = await account.place();
  const all = await account.stacks();
  const here = { account, place, stacks: inDeletionOrder(target, all) };
  const main = here.stacks.find(({ name }) => name === mainStack(target));
  const places = placesElsewhere(main?.outputs ?? {}, place);
  const others: Reached[] = [];
  for (const one of places) {
    if (one.account !== place.account) continue;
    const there = account.inRegion(one.region);
    const stacks = inDeletionOrder(target, await there.stacks());
    if (stacks.length > 0) others.push({ account: there, place: one, stacks });
  }
  return {
    reached: [...others, here],
    elsewhere: places.filter((one) => one.account !== place.account),
    all,
  };
};

/** What remains in other accounts, each with its command. */
const elsewhereText = (target: Target, elsewhere: readonly Place[], more: string): readonly string[] =>
  elsewhere.length === 0
    ? []
    : [
        'These credentials do not reach its stacks in other accounts. There, run with credentials of that account:',
        ...elsewhere.map((place) => `  ${placeText(place)}: ${commandFor(target, more, place.region)}`),
      ];

/** Asks for the name. @throws UsageError without a terminal */
const isConfirmed = async (
  target: Target,
  text: string,
  { ask }: Pick<TeardownParts, 'ask'>,
  isAgreed: boolean,
): Promise<boolean> => {
  if (isAgreed) return true;
  if (ask === undefined)
    throw new UsageError(
      `teardown asks before it changes anything, and there is no terminal to ask at. To agree, add --yes.\n${text}\n`,
    );
  return (await ask(`${text}\nTo go on, type ${titleOf(target)}: `)).trim() === titleOf(target);
};

const notConfirmed = (target: Target): Outcome => ({
  text: `Not confirmed: the answer was not ${titleOf(target)}. Nothing was changed.`,
  json: { target: titleOf(target), confirmed: false },
  end: 'failed',
});

/** @throws CommandError while stacks of applications stand: they use the platform */
const checkPlatformIsFree = (all: readonly StandingStack[]): void => {
  const applications = [...new Set(all.flatMap(({ name }) => applicationOf(name) ?? []))].sort();
  if (applications.length > 0)
    throw new CommandError(
      `The platform cannot be torn down while stacks of applications stand: ${applications.join(', ')}. Tear them down first:\n` +
        applications.map((application) => `  ${commandFor({ application }, ' --reason TEXT')}`).join('\n'),
    );
};

const nothingStands = (target: Target, place: Place, all: readonly StandingStack[]): string => {
  const known = [...new Set(all.flatMap(({ name }) => applicationOf(name) ?? []))].sort();
  return (
    `No stack of ${titleOf(target)} stands in ${placeText(place)}. ` +
    `Applications with stacks here: ${known.join(', ') || 'none'}. ` +
    'For stacks elsewhere, set AWS_REGION and use credentials of that account.'
  );
};

const tearDownStacks = async (
  { target, reason: given, yes }: Extract<TeardownCommand, { step: 'stacks' }>,
  parts: TeardownParts,
): Promise<Outcome> => {
  const { account, system, tell } = parts;
  const reason = givenReason(given, 'why it is torn down');
  const { reached, elsewhere, all } = await find(account, target);
  if (target === 'platform') checkPlatformIsFree(all);
  const title = titleOf(target);
  const standing = reached.filter(({ stacks }) => stacks.length > 0);
  const more = ` --reason ${JSON.stringify(reason)}`;

  if (standing.length > 0) {
    const plan: string[] = [`Tear down ${title}:`];
    for (const { account: there, place, stacks } of standing) {
      plan.push(`  In ${placeText(place)}:`);
      const work = await runningIn(there, stacks);
      if (work.length > 0) plan.push(`    stop ${workText(work)}`);
      for (const { name, status } of stacks)
        plan.push(`    delete the stack ${name}${status.startsWith('DELETE') ? ` (${status})` : ''}`);
      for (const { outputs } of stacks)
        if (outputs.RepositoryCloneUrl !== undefined)
          plan.push(
            `    with the CodeCommit repository ${outputs.RepositoryName} and its history: clone it first`,
          );
    }
    plan.push(
      target === 'platform'
        ? '  The approvals site ends. The ledger and the evidence stay.'
        : '  Its instances end: QAT and Prod stop answering. Evidence, images and logs stay.',
      ...elsewhereText(target, elsewhere, more),
    );
    const text = plan.join('\n');
    if (yes) tell(text);
    if (!(await isConfirmed(target, text, parts, yes))) return notConfirmed(target);
    const stopper = createStopper(system, reason, tell);
    // Everything ends before the first deletion.
    for (const { account: there, stacks } of standing) await stopWork(there, stacks, stopper, system, parts);
    for (const { account: there, stacks } of standing)
      for (const stack of stacks)
        await deleteStack(there, stack, parts, async () =>
          stopper.stop(target === 'platform' ? [] : await runningIn(there, [stack])),
        );
  }

  const leftovers = await findLeftovers(account, target);
  const place = await account.place();
  if (standing.length === 0 && leftovers.length === 0)
    throw new CommandError(nothingStands(target, place, all));
  const stays = staysText(target, leftovers);
  const next = (step: string) => `  ${commandFor(target, ` --delete-${step}`)}`;
  return {
    text: [
      standing.length > 0 ? `${title} is torn down.` : `The stacks of ${title} are deleted already.`,
      ...(stays.length === 0
        ? ['Nothing stays.']
        : [`What stays in ${placeText(place)}, and why:`, ...stays]),
      ...(inLeftoverOrder(target, 'leftovers', leftovers).length > 0
        ? ['Delete it when nobody needs it any more:', next('leftovers')]
        : []),
      ...(evidenceOf(target, leftovers).length > 0
        ? ['Delete the evidence when its time is over:', next('evidence')]
        : []),
      ...(target === 'platform'
        ? []
        : [
            'Its evidence stays with that of all applications, in the bucket and the ledger of the platform.',
          ]),
      ...elsewhereText(target, elsewhere, more),
    ].join('\n'),
    json: { target: title, tornDown: true, stays: leftovers, elsewhere },
  };
};

const tearDownLeftovers = async (
  { target, step, yes }: Extract<TeardownCommand, { step: 'leftovers' | 'evidence' }>,
  parts: TeardownParts,
): Promise<Outcome> => {
  const { account, now, tell } = parts;
  const { reached, all } = await find(account, target);
  const standing = reached.flatMap(({ stacks }) => stacks.map(({ name }) => name));
  if (standing.length > 0)
    throw new CommandError(
      `--delete-${step} deletes what stacks leave behind, and these stand: ${standing.join(', ')}. ` +
        `An image must not be deregistered while a stack uses it. Delete them first: ${commandFor(target, ' --reason TEXT')}`,
    );
  if (target === 'platform') checkPlatformIsFree(all);
  const leftovers = inLeftoverOrder(target, step, await findLeftovers(account, target));
  const place = await account.place();
  if (leftovers.length === 0)
    return {
      text: `There is nothing to delete of ${titleOf(target)} in ${placeText(place)}. CloudFormation remembers deleted stacks for 90 days.`,
      json: { target: titleOf(target), deleted: [], failed: [] },
    };
  const text = [
    `Delete for good in ${placeText(place)}:`,
    ...staysText(target, leftovers),
    'Keys can be restored for 7 days, and nothing else.',
  ].join('\n');
  if (yes) tell(text);
  if (!(await isConfirmed(target, text, parts, yes))) return notConfirmed(target);
  if (step === 'evidence') await unlockEvidence(account, leftovers, now());
  const { deleted, failed, keptKeys } = await deleteLeftovers(account, target, step, leftovers, tell);
  return {
    text: [
      `Deleted ${deleted.length} of ${leftovers.length}.`,
      ...(failed.length === 0
        ? []
        : [
            'These stay:',
            ...failed.map(({ leftover, reason }) => `  ${leftover.type} ${leftover.id}: ${reason}`),
          ]),
      ...(keptKeys.length === 0
        ? []
        : [`These keys stay, as they may encrypt what stays: ${keptKeys.map(({ id }) => id).join(', ')}`]),
      ...(failed.length === 0 ? [] : ['Remove what keeps them, then run the same command again.']),
    ].join('\n'),
    json: { target: titleOf(target), deleted, failed, keptKeys },
    ...(failed.length > 0 && { end: 'failed' as const }),
  };
};

/**
 * Tears an application or the platform down, in steps: its stacks; then, each by its own command, what they leave behind, and the
 * evidence. Cut short anywhere, the same command continues.
 * @throws UsageError, CommandError
 */
export const teardown = (command: TeardownCommand, parts: TeardownParts): Promise<Outcome> =>
  command.step === 'stacks' ? tearDownStacks(command, parts) : tearDownLeftovers(command, parts);

import type { DeclaredFreeze } from '../tasks/calendar/calendar.ts';
import { endText, frozenPeriods, heldAt, heldText, isDeclared } from '../tasks/calendar/hold-rules.ts';
import { zonedTime } from '../tasks/calendar/local-time.ts';
import { readHoldSources } from '../tasks/calendar/read-held.ts';
import { DAY_MS } from '../tasks/durations.ts';
import { environmentTitles, listed } from '../tasks/words.ts';
import type { CalendarCommand } from './calendar-options.ts';
import type { Outcome } from './command-result.ts';
import { printable, time } from './format.ts';
import { givenReason } from './reason.ts';
import { CommandError, type System } from './system.ts';

/** How far ahead the calendar is printed. */
const DAYS_AHEAD = 28;

const applicationNamed = ({ applications }: System, name: string): string => {
  if (applications.includes(name)) return name;
  throw new CommandError(
    `There is no application ${JSON.stringify(name)}. Give one of: ${applications.join(', ')}.`,
  );
};

const show = async (system: System, application: string) => {
  const now = system.now();
  const sources = await readHoldSources(system.ledger, application);
  const stretch = { from: now, until: new Date(now.getTime() + DAYS_AHEAD * DAY_MS) };
  const environments = (['qat', 'prod'] as const).map((environment) => {
    const held = heldAt(sources, environment, now);
    const periods = frozenPeriods(sources, environment, stretch);
    return { environment, ...(held && { held }), next: held === undefined ? periods : periods.slice(1) };
  });
  const declared = sources.declared.filter((freeze) => isDeclared(freeze, now.getTime()));
  const text = [
    ...environments.flatMap(({ environment, held, next }) => [
      `${environmentTitles[environment]} of ${application}: ${held === undefined ? 'open' : printable(heldText(held))}`,
      ...next.map(
        (period) =>
          `  ${zonedTime(Date.parse(period.from), period.timeZone)} until ${endText(period)}: ${printable(period.reasons.join('; '))}`,
      ),
    ]),
    ...declared.map((freeze) => `Declared freeze ${freezeText(freeze)}`),
  ].join('\n');
  return { text, json: { application, environments, declared: sources.declared } };
};

const freezeText = ({ freezeId, environments, until, reason, declaredBy }: DeclaredFreeze): string =>
  `${freezeId} of ${listed(environments.map((one) => environmentTitles[one]))} until ${time(until)}, by ${printable(declaredBy.type === 'person' ? declaredBy.name : declaredBy.arn)}: ${printable(reason)}`;

/** The freeze that is meant. @throws CommandError if none is given and not exactly one holds */
const freezeMeant = async (
  { ledger, now }: System,
  application: string,
  given: string | undefined,
): Promise<string> => {
  if (given !== undefined) return given;
  const holding = (await ledger.declaredFreezes(application)).filter((one) =>
    isDeclared(one, now().getTime()),
  );
  const [only, ...others] = holding;
  if (only !== undefined && others.length === 0) return only.freezeId;
  throw new CommandError(
    only === undefined
      ? `No declared freeze of ${application} holds now. Freezes of the configuration end by changing it.`
      : `Several freezes of ${application} hold. Give the id of one:\n${holding.map(freezeText).join('\n')}`,
  );
};

/**
 * Says when environments are frozen; declares or ends a freeze.
 * @throws UsageError for a reason that is empty or too long
 * @throws CommandError for an application that is unknown, or what is not possible
 */
export async function calendarCommand(system: System, command: CalendarCommand): Promise<Outcome> {
  if (command.name === 'calendar') {
    const names =
      command.application === undefined
        ? system.applications
        : [applicationNamed(system, command.application)];
    const shown = await Promise.all(names.map((name) => show(system, name)));
    return { text: shown.map(({ text }) => text).join('\n\n'), json: shown.map(({ json }) => json) };
  }
  const application = applicationNamed(system, command.application);
  const isFreeze = command.name === 'freeze';
  const reason = givenReason(command.reason, isFreeze ? 'why it is frozen' : 'why the freeze ends');
  const outcome = isFreeze
    ? await system.declareFreeze({
        application,
        environments: command.environments,
        until: command.until,
        reason,
      })
    : await system.endFreeze({
        application,
        freezeId: await freezeMeant(system, application, command.freezeId),
        reason,
      });
  if (outcome.kind !== 'done') throw new CommandError(outcome.message);
  return {
    text: isFreeze
      ? `Declared ${freezeText(outcome.freeze)}\nIt holds what has not begun with the environment. To end it early: npm run lockstep -- unfreeze ${application} ${outcome.freeze.freezeId} --reason TEXT`
      : `Ended ${freezeText(outcome.freeze)}\nPromotions that wait go on within five minutes, if nothing else holds them.`,
    json: outcome.freeze,
  };
}

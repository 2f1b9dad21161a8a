import { UsageError } from './arguments.ts';

/** Says when environments are frozen, and declares and ends freezes. */
export type CalendarCommand =
  | { readonly name: 'calendar'; readonly application?: string }
  | {
      readonly name: 'freeze';
      readonly application: string;
      readonly environments: readonly ('qat' | 'prod')[];
      /** As given. */
      readonly until: string;
      readonly reason: string;
    }
  | {
      readonly name: 'unfreeze';
      readonly application: string;
      /** @default the only one that holds */
      readonly freezeId?: string;
      readonly reason: string;
    };

const environmentsNamed: Readonly<Record<string, readonly ('qat' | 'prod')[]>> = {
  qat: ['qat'],
  prod: ['prod'],
  both: ['qat', 'prod'],
};

/** Reads one of these commands. @throws UsageError */
export function readCalendarCommand(
  name: CalendarCommand['name'],
  values: {
    readonly environment?: string | undefined;
    readonly until?: string | undefined;
    readonly reason?: string | undefined;
  },
  [application, freezeId, ...more]: readonly string[],
): CalendarCommand {
  const surplus = name === 'unfreeze' ? more[0] : freezeId;
  if (surplus !== undefined) throw new UsageError(`${name} does not take ${JSON.stringify(surplus)}.`);
  if (name === 'calendar') return { name, ...(application !== undefined && { application }) };
  if (!application) throw new UsageError(`${name} takes an application, got none.`);
  const { environment = 'prod', until, reason } = values;
  if (!reason) throw new UsageError(`${name} takes --reason TEXT, why it is so; got none.`);
  if (name === 'unfreeze') return { name, application, reason, ...(freezeId !== undefined && { freezeId }) };
  if (!until)
    throw new UsageError('freeze takes --until TIME, its end in UTC such as 2026-11-30T07:00; got none.');
  const environments = Object.hasOwn(environmentsNamed, environment)
    ? environmentsNamed[environment]
    : undefined;
  if (environments === undefined)
    throw new UsageError(`--environment takes qat, prod or both, got ${JSON.stringify(environment)}.`);
  return { name, application, environments, until, reason };
}

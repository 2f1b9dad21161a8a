import { parseArgs } from 'node:util';
import type { FinalState } from '../tasks/evidence/chain.ts';
import { questionOf } from '../tasks/lineage/question.ts';
import type { Sizes } from '../tasks/prices/promotion-cost.ts';
import { DEFAULT_PORT, DEFAULT_STATE_DIRECTORY, UsageError, wholeNumber } from './arguments.ts';
import { type CalendarCommand, readCalendarCommand } from './calendar-options.ts';
import { type InventoryCommand, readInventoryCommand } from './inventory-options.ts';
import { operands, optionTypes, owners, withoutOperand } from './option-tables.ts';
import { readTeardown, type TeardownCommand } from './teardown/teardown-options.ts';
import {
  type CheckCommand,
  type InitCommand,
  readWorkingDirectoryCommand,
} from './working-directory-options.ts';

/** One command with its arguments. Files are as given, not resolved. */
export type Command =
  | { readonly name: 'promotions'; readonly limit: number; readonly application?: string }
  | { readonly name: 'locks'; readonly application?: string }
  | { readonly name: 'images'; readonly application?: string }
  | { readonly name: 'live' }
  | { readonly name: 'releases'; readonly application: string; readonly limit: number }
  | {
      readonly name: 'trace';
      /** As given: an id, a package with or without its version, or a vulnerability. */
      readonly what: string;
    }
  | { readonly name: 'show'; readonly promotion: string }
  | { readonly name: 'makers'; readonly promotion: string }
  | ({
      readonly name: 'plan';
      readonly commit: string;
      /** The only one that is deployed, if absent. */
      readonly application?: string;
      readonly prices?: string;
    } & Pick<Sizes, 'instanceType' | 'testMinutes'> &
      Partial<Pick<Sizes, 'instances'>>)
  | ({ readonly name: 'cost'; readonly promotion: string; readonly prices?: string } & Sizes)
  | {
      readonly name: 'redrive';
      readonly promotion: string;
      readonly yes: boolean;
      /** Why Prod is deployed to although alarms are on. */
      readonly despiteAlarms?: string;
    }
  | { readonly name: 'stop'; readonly promotion: string; readonly reason: string }
  | { readonly name: 'send-back'; readonly promotion: string; readonly reason: string }
  | { readonly name: 'end-soak'; readonly promotion: string }
  | { readonly name: 'evidence'; readonly promotion: string; readonly out: string }
  | { readonly name: 'verify'; readonly file: string; readonly key?: string; readonly state?: FinalState }
  | {
      readonly name: 'go-back';
      readonly application: string;
      readonly promotion: string;
      readonly reason: string;
    }
  | CalendarCommand
  | InventoryCommand
  | {
      readonly name: 'mark-bad' | 'unmark-bad';
      readonly commit: string;
      readonly application: string;
      readonly reason: string;
    }
  | {
      readonly name: 'accept-finding';
      readonly promotion: string;
      readonly vulnerabilityId: string;
      /** The last day, as given. */
      readonly until: string;
      readonly reason: string;
    }
  | { readonly name: 'bad'; readonly application: string }
  | { readonly name: 'acceptances'; readonly application: string }
  | { readonly name: 'rebake'; readonly application: string }
  | TeardownCommand
  | { readonly name: 'doctor'; readonly assembly?: string }
  | InitCommand
  | CheckCommand
  | { readonly name: 'help' };

/** Where the local run is. */
export interface LocalRunPlace {
  readonly port: number;
  /** As given, not resolved. */
  readonly stateDirectory: string;
}

/** What the command line asks for. */
export interface Options {
  readonly command: Command;
  readonly json: boolean;
  /** The local run; absent for AWS. */
  readonly local?: LocalRunPlace;
}

const finalStates: Readonly<Record<FinalState, true>> = {
  SUCCEEDED: true,
  FAILED: true,
  REJECTED: true,
  SUPERSEDED: true,
  STALE: true,
  RECALLED: true,
  TIMED_OUT: true,
  ABORTED: true,
};

const readState = (given: string): FinalState => {
  if (Object.hasOwn(finalStates, given)) return given as FinalState;
  throw new UsageError(
    `--state must be one of ${Object.keys(finalStates).join(', ')}, got ${JSON.stringify(given)}.`,
  );
};

const DEFAULT_LIMIT = 20;
const MOST = 1000;
/** Defaults of the configuration: `instanceTypes` and `fleet.min`. */
const DEFAULT_INSTANCE_TYPE = 't3.small';
const DEFAULT_INSTANCES = 2;

const readArguments = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: optionTypes, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

const readTrace = (what: string | undefined, [version, surplus]: readonly string[]): Command => {
  if (!what) throw new UsageError(`trace takes ${operands.trace}, got none.`);
  const asked = questionOf(version === undefined ? what : `${what} ${version}`);
  const isVersioned = asked.kind === 'package' && asked.version !== undefined;
  if (surplus !== undefined || (version !== undefined && !isVersioned))
    throw new UsageError(`trace does not take ${JSON.stringify(surplus ?? version)}.`);
  return { name: 'trace', what: version === undefined ? what : `${what} ${version}` };
};

const readGoBack = (
  { reason }: ReturnType<typeof readArguments>['values'],
  application: string | undefined,
  [promotion, surplus]: readonly string[],
): Command => {
  if (surplus !== undefined) throw new UsageError(`go-back does not take ${JSON.stringify(surplus)}.`);
  if (!application || !promotion)
    throw new UsageError(
      `go-back takes an application and a promotion, got ${application ? `only ${JSON.stringify(application)}` : 'none'}.`,
    );
  if (!reason) throw new UsageError('go-back takes --reason TEXT, why Prod goes back; got none.');
  return { name: 'go-back', application, promotion, reason };
};

const readAcceptance = (
  { until, reason }: ReturnType<typeof readArguments>['values'],
  promotion: string | undefined,
  [vulnerabilityId, surplus]: readonly string[],
): Command => {
  if (surplus !== undefined) throw new UsageError(`accept-finding does not take ${JSON.stringify(surplus)}.`);
  if (!promotion || !vulnerabilityId)
    throw new UsageError(
      `accept-finding takes a promotion and a vulnerability, got ${promotion ? `only ${JSON.stringify(promotion)}` : 'none'}.`,
    );
  if (!until)
    throw new UsageError('accept-finding takes --until DAY, its last day such as 2026-12-31; got none.');
  if (!reason)
    throw new UsageError(
      'accept-finding takes --reason TEXT, why the vulnerability is acceptable; got none.',
    );
  return { name: 'accept-finding', promotion, vulnerabilityId, until, reason };
};

const readCommand = (
  values: ReturnType<typeof readArguments>['values'],
  [name, operand, ...more]: readonly string[],
): Command => {
  if (name === undefined) throw new UsageError(`Give a command: ${Object.keys(operands).join(', ')}.`);
  if (!Object.hasOwn(operands, name))
    throw new UsageError(
      `${JSON.stringify(name)} is not a command. Commands: ${Object.keys(operands).join(', ')}.`,
    );
  for (const [option, commands] of Object.entries(owners))
    if (option in values && !commands.includes(name))
      throw new UsageError(`--${option} goes with ${commands.join(' and ')}, not with ${name}.`);
  // Its operand is left out for the platform.
  if (name === 'teardown') return readTeardown(values, operand, more[0]);
  if (name === 'calendar' || name === 'freeze' || name === 'unfreeze')
    return readCalendarCommand(name, values, operand === undefined ? [] : [operand, ...more]);
  if (name === 'sbom' || name === 'diff')
    return readInventoryCommand(name, values, operand === undefined ? [] : [operand, ...more]);
  if (name === 'init' || name === 'check')
    return readWorkingDirectoryCommand(name, values, operand === undefined ? [] : [operand, ...more]);
  if (name === 'go-back') return readGoBack(values, operand, more);
  if (name === 'accept-finding') return readAcceptance(values, operand, more);
  if (name === 'trace') return readTrace(operand, more);
  const wanted = operands[name];
  const surplus = wanted === undefined ? operand : more[0];
  if (surplus !== undefined) throw new UsageError(`${name} does not take ${JSON.stringify(surplus)}.`);
  if (wanted !== undefined && !operand && !withoutOperand.includes(name))
    throw new UsageError(`${name} takes ${wanted}, got none.`);
  const given = operand ?? '';
  switch (name) {
    case 'promotions':
      return {
        name,
        limit: wholeNumber('limit', values.limit ?? String(DEFAULT_LIMIT), 1, MOST),
        ...(values.application !== undefined && { application: values.application }),
      };
    case 'locks':
      return { name, ...(values.application !== undefined && { application: values.application }) };
    case 'images':
      return { name, ...(operand !== undefined && { application: operand }) };
    case 'doctor':
      return { name, ...(values.assembly !== undefined && { assembly: values.assembly }) };
    case 'live':
      return { name };
    case 'bad':
    case 'acceptances':
    case 'rebake':
      return { name, application: given };
    case 'plan':
      return {
        name,
        commit: given,
        ...(values.application !== undefined && { application: values.application }),
        ...(values.prices !== undefined && { prices: values.prices }),
        instanceType: values['instance-type'] ?? DEFAULT_INSTANCE_TYPE,
        ...(values.instances !== undefined && {
          instances: wholeNumber('instances', values.instances, 1, MOST),
        }),
        testMinutes: wholeNumber('test-minutes', values['test-minutes'] ?? '0', 0, MOST),
      };
    case 'mark-bad':
    case 'unmark-bad':
      if (!values.application)
        throw new UsageError(`${name} takes --application NAME, whose commit it is; got none.`);
      if (!values.reason) throw new UsageError(`${name} takes --reason TEXT, why; got none.`);
      return { name, commit: given, application: values.application, reason: values.reason };
    case 'releases':
      return {
        name,
        application: given,
        limit: wholeNumber('limit', values.limit ?? String(DEFAULT_LIMIT), 1, MOST),
      };
    case 'evidence':
      if (!values.out)
        throw new UsageError('evidence takes --out FILE, the file to write the record to; got none.');
      return { name, promotion: given, out: values.out };
    case 'verify':
      return {
        name,
        file: given,
        ...(values.key !== undefined && { key: values.key }),
        ...(values.state !== undefined && { state: readState(values.state) }),
      };
    case 'cost':
      return {
        name,
        promotion: given,
        ...(values.prices !== undefined && { prices: values.prices }),
        instanceType: values['instance-type'] ?? DEFAULT_INSTANCE_TYPE,
        instances: wholeNumber('instances', values.instances ?? String(DEFAULT_INSTANCES), 1, MOST),
        testMinutes: wholeNumber('test-minutes', values['test-minutes'] ?? '0', 0, MOST),
      };
    case 'stop':
      if (!values.reason)
        throw new UsageError('stop takes --reason TEXT, why the promotion is stopped; got none.');
      return { name, promotion: given, reason: values.reason };
    case 'send-back':
      if (!values.reason)
        throw new UsageError('send-back takes --reason TEXT, why the traffic goes back; got none.');
      return { name, promotion: given, reason: values.reason };
    case 'redrive':
      if (Boolean(values['despite-alarms']) !== Boolean(values.reason))
        throw new UsageError('redrive takes --despite-alarms and --reason TEXT together, or neither.');
      return {
        name,
        promotion: given,
        yes: values.yes ?? false,
        ...(values.reason && { despiteAlarms: values.reason }),
      };
    default:
      return { name: name as 'show' | 'makers' | 'end-soak', promotion: given };
  }
};

/** Reads the command line. @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = readArguments(args);
  const json = values.json ?? false;
  if (values.help) return { command: { name: 'help' }, json };
  for (const option of ['port', 'state-dir'] as const)
    if (values[option] !== undefined && !values.local && !values.promote)
      throw new UsageError(`--${option} goes with --local: it is the local run's.`);
  const command = readCommand(values, positionals);
  return {
    command,
    json,
    ...(values.local && {
      local: {
        port: wholeNumber('port', values.port ?? String(DEFAULT_PORT), 1, 65_535),
        stateDirectory: values['state-dir'] ?? DEFAULT_STATE_DIRECTORY,
      },
    }),
  };
}

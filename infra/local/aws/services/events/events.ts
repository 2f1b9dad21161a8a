import { randomUUID } from 'node:crypto';
import type {
  DescribeRuleRequest,
  DescribeRuleResponse,
  ListRulesRequest,
  ListRulesResponse,
  ListTargetsByRuleRequest,
  ListTargetsByRuleResponse,
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  PutEventsResultEntry,
  TestEventPatternRequest,
  TestEventPatternResponse,
} from '@aws-sdk/client-eventbridge';
import {
  AwsError,
  type BusEvent,
  type Host,
  type Operation,
  type Principal,
  type Service,
} from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { compilePattern } from '../shared/event-pattern.ts';
import { page } from '../shared/paging.ts';
import { createBus, DEFAULT_BUS, type Rule } from './bus.ts';
import { createEventsResources } from './resources.ts';

/** EventBridge of the emulator. */
export interface EventsService extends Service {
  /** Delivers an event that the bus has taken once more, under the same id. @throws Error for an unknown id */
  readonly redeliver: (eventId: string) => void;
  /** The last events on all buses (at most 500), oldest first. */
  readonly recentEvents: () => BusEvent[];
}

/** Creates EventBridge: rules by pattern and by schedule, custom events, delivery at least once. */
export const createEventsService = (host: Host): EventsService => {
  const bus = createBus(host);
  const rules = host.store.table<Rule>('events.rules');
  const buses = host.store.table<{ readonly name: string }>('events.buses');
  const busName = (name: string | undefined) => (name ?? DEFAULT_BUS).split('/').at(-1) ?? DEFAULT_BUS;
  const ruleArn = (name = '', on?: string) =>
    arnOf(host, 'events', busName(on) === DEFAULT_BUS ? `rule/${name}` : `rule/${busName(on)}/${name}`);
  const ruleNamed = (name = '', on?: string): Rule => {
    const rule = rules.get(ruleArn(name, on));
    if (!rule)
      throw new AwsError(
        'ResourceNotFoundException',
        `Rule ${name} does not exist on EventBus ${busName(on)}.`,
      );
    return rule;
  };

  const putEvents: Operation<PutEventsRequest, PutEventsResponse> = {
    requires: ({ Entries = [] }) =>
      [...new Set(Entries.map((entry) => busName(entry.EventBusName)))].map((name) => ({
        action: 'events:PutEvents',
        resource: arnOf(host, 'events', `event-bus/${name}`),
      })),
    run: ({ Entries = [] }, { principal }) => {
      if (Entries.length === 0 || Entries.length > 10)
        throw new AwsError(
          'ValidationException',
          `Entries must hold 1 to 10 events; received ${Entries.length}.`,
        );
      const results = Entries.map((entry): PutEventsResultEntry => {
        const problem = checkEntry(entry, principal);
        if (problem) return problem;
        const id = randomUUID();
        bus.accept(eventOf(host, entry, id), busName(entry.EventBusName));
        return { EventId: id };
      });
      return { FailedEntryCount: results.filter((result) => result.ErrorCode).length, Entries: results };
    },
  };

  const checkEntry = (
    entry: PutEventsRequestEntry,
    principal: Principal,
  ): PutEventsResultEntry | undefined => {
    const name = busName(entry.EventBusName);
    if (name !== DEFAULT_BUS && !buses.has(name))
      return { ErrorCode: 'InvalidArgument', ErrorMessage: `Event bus ${name} does not exist.` };
    for (const member of ['Source', 'DetailType', 'Detail'] as const)
      if (!entry[member])
        return {
          ErrorCode: 'InvalidArgument',
          ErrorMessage: `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
        };
    if (entry.Source?.startsWith('aws.') && principal.kind !== 'administrator')
      return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
    try {
      const detail: unknown = JSON.parse(entry.Detail ?? '');
      if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return undefined;
    } catch {
      // Answered below, like JSON that is not an object.
    }
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  };

  const describeRule: Operation<DescribeRuleRequest, DescribeRuleResponse> = {
    requires: ({ Name, EventBusName }) => ({
      action: 'events:DescribeRule',
      resource: ruleArn(Name, EventBusName),
    }),
    run: ({ Name, EventBusName }) => describe(ruleNamed(Name, EventBusName)),
  };

  const listRules: Operation<ListRulesRequest, ListRulesResponse> = {
    requires: ({ NamePrefix = '', EventBusName }) => ({
      action: 'events:ListRules',
      resource: ruleArn(`${NamePrefix}*`, EventBusName),
    }),
    run: ({ NamePrefix = '', EventBusName, NextToken, Limit }) => {
      const found = rules
        .values()
        .filter((rule) => rule.bus === busName(EventBusName) && rule.name.startsWith(NamePrefix));
      const { items, nextToken } = page(found, NextToken, Limit);
      return { Rules: items.map(describe), ...(nextToken && { NextToken: nextToken }) };
    },
  };

  const listTargets: Operation<ListTargetsByRuleRequest, ListTargetsByRuleResponse> = {
    requires: ({ Rule: name, EventBusName }) => ({
      action: 'events:ListTargetsByRule',
      resource: ruleArn(name, EventBusName),
    }),
    run: ({ Rule: name, EventBusName, NextToken, Limit }) => {
      const { items, nextToken } = page(ruleNamed(name, EventBusName).targets, NextToken, Limit);
      return {
        Targets: items.map(({ id, arn, roleArn, settings }) => ({
          Id: id,
          Arn: arn,
          ...(roleArn !== undefined && { RoleArn: roleArn }),
          ...(settings.input !== undefined && { Input: settings.input }),
          ...(settings.inputPath !== undefined && { InputPath: settings.inputPath }),
          ...(settings.inputTransformer && {
            InputTransformer: {
              InputPathsMap: { ...settings.inputTransformer.inputPathsMap },
              InputTemplate: settings.inputTransformer.inputTemplate,
            },
          }),
        })),
        ...(nextToken && { NextToken: nextToken }),
      };
    },
  };

  const testEventPattern: Operation<TestEventPatternRequest, TestEventPatternResponse> = {
    requires: () => ({ action: 'events:TestEventPattern', resource: '*' }),
    run: ({ EventPattern = '', Event = '' }) => {
      try {
        return { Result: compilePattern(JSON.parse(EventPattern))(JSON.parse(Event)) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
      }
    },
  };

  return {
    name: 'events',
    operations: {
      PutEvents: putEvents,
      DescribeRule: describeRule,
      ListRules: listRules,
      ListTargetsByRule: listTargets,
      TestEventPattern: testEventPattern,
    },
    resources: createEventsResources(host, bus),
    onServiceEvent: (event) => bus.accept(event),
    redeliver: bus.redeliver,
    recentEvents: bus.recent,
    start: bus.start,
    stop: bus.stop,
  };
};

const describe = (rule: Rule) => ({
  Name: rule.name,
  Arn: rule.arn,
  EventBusName: rule.bus,
  State: rule.isEnabled ? ('ENABLED' as const) : ('DISABLED' as const),
  ...(rule.description !== undefined && { Description: rule.description }),
  ...(rule.pattern && { EventPattern: JSON.stringify(rule.pattern) }),
  ...(rule.scheduleExpression !== undefined && { ScheduleExpression: rule.scheduleExpression }),
});

const eventOf = (host: Host, entry: PutEventsRequestEntry, id: string): BusEvent => ({
  version: '0',
  id,
  'detail-type': entry.DetailType ?? '',
  source: entry.Source ?? '',
  account: host.accountId,
  time: `${(entry.Time ?? new Date(host.clock.now())).toISOString().slice(0, 19)}Z`,
  region: host.region,
  resources: entry.Resources ?? [],
  detail: JSON.parse(entry.Detail ?? '{}') as Record<string, unknown>,
});

import { createHash, randomUUID } from 'node:crypto';
import type { BusEvent, Host } from '../../host.ts';
import { createDeliveries } from '../shared/deliveries.ts';
import { compilePattern, type Matcher } from '../shared/event-pattern.ts';
import { parseSchedule } from './schedule.ts';
import { compileInput } from './target-input.ts';
import { buryEvent, deliverToTarget, isSchedule, type Target, type TargetDelivery } from './targets.ts';

/** A rule, as the store keeps it under its ARN; a schedule of EventBridge Scheduler is one without a bus. */
export interface Rule {
  readonly arn: string;
  readonly name: string;
  readonly bus?: string;
  readonly description?: string;
  readonly pattern?: Readonly<Record<string, unknown>>;
  readonly scheduleExpression?: string;
  /** Within how many ms after its time it fires. @default at once */
  readonly windowMs?: number;
  readonly isEnabled: boolean;
  readonly targets: readonly Target[];
}

/** Routes events to the targets of the rules that they match. */
export interface Bus {
  /** Takes an event, once per id; it is in the store when this returns. */
  readonly accept: (event: BusEvent, bus?: string) => void;
  /** Delivers an event that was taken before once more, under the same id. @throws Error for an unknown id */
  readonly redeliver: (eventId: string) => void;
  readonly recent: () => BusEvent[];
  /** Resets a rule's timer after the rule was made, changed or deleted. */
  readonly reschedule: (ruleArn: string) => void;
  readonly start: () => void;
  readonly stop: () => void;
}

/** The bus on which AWS services put their events. */
export const DEFAULT_BUS = 'default';

/**
 * How long after a start a rate fires once more, in ms: what a killed run was about to do counts as under way for a minute
 * (`tasks/approvals`), so that the first time leaves it alone.
 */
const SECOND_FIRING_MS = 65_000;

/** How many events are remembered, against doubles and for `redeliver`. */
const REMEMBERED_EVENTS = 500;

interface RememberedEvent {
  readonly event: BusEvent;
  readonly bus: string;
}

/** Some moment in a schedule's window, in ms: always the same one, so that runs are alike. */
const delayIn = ({ arn, windowMs = 0 }: Rule): number =>
  windowMs === 0 ? 0 : createHash('sha256').update(arn).digest().readUInt32BE(0) % windowMs;

/** Opens the buses of an account over the store; rules are read from the table `events.rules`. */
export const createBus = (host: Host): Bus => {
  const rules = host.store.table<Rule>('events.rules');
  const remembered = host.store.table<RememberedEvent>('events.recent');
  const unrouted = host.store.table<true>('events.unrouted');
  const deliveries = createDeliveries<TargetDelivery>(
    host,
    'events',
    'events.deliveries',
    (job) => deliverToTarget(host, job),
    (job) => ({ rule: job.ruleArn, target: job.target.arn, eventId: job.eventId }),
    ({ target: { mostAttempts, lifeMs } }) => ({
      ...(mostAttempts !== undefined && { mostAttempts }),
      ...(lifeMs !== undefined && { lifeMs }),
    }),
    (job, error) => buryEvent(host, job, error),
  );
  const matchers = new WeakMap<Rule, Matcher>();
  const timers = new Map<string, () => void>();

  const matches = (rule: Rule, event: BusEvent) => {
    if (!rule.pattern) return false;
    const matcher = matchers.get(rule) ?? compilePattern(rule.pattern);
    matchers.set(rule, matcher);
    return matcher(event);
  };

  const send = (rule: Rule, event: BusEvent, repetition: string) => {
    for (const target of rule.targets) {
      const text = compileInput(target.settings, rule)(event, host.clock.now());
      deliveries.add([event.id, rule.arn, target.id, repetition].join(' '), {
        ruleArn: rule.arn,
        target,
        eventId: event.id,
        text,
        repetition,
      });
    }
  };

  const route = ({ event, bus }: RememberedEvent, repetition = '') => {
    for (const rule of rules.values())
      if (rule.isEnabled && rule.bus === bus && matches(rule, event)) send(rule, event, repetition);
  };

  const remember = (event: BusEvent, bus: string) => {
    remembered.put(event.id, { event, bus });
    for (const id of remembered.keys().slice(0, -REMEMBERED_EVENTS)) remembered.delete(id);
  };

  const fire = (rule: Rule) => {
    const event: BusEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: isSchedule(rule.arn) ? 'aws.scheduler' : 'aws.events',
      account: host.accountId,
      time: `${new Date(host.clock.now()).toISOString().slice(0, 19)}Z`,
      region: host.region,
      resources: [rule.arn],
      detail: {},
    };
    send(rule, event, '');
  };

  const refire = (ruleArn: string) => {
    timers.delete(`${ruleArn} again`);
    const rule = rules.get(ruleArn);
    if (rule?.isEnabled) fire(rule);
  };

  const reschedule = (ruleArn: string, from = host.clock.now()) => {
    timers.get(ruleArn)?.();
    timers.delete(ruleArn);
    const rule = rules.get(ruleArn);
    if (!rule?.isEnabled || rule.scheduleExpression === undefined) return;
    const at = parseSchedule(rule.scheduleExpression).next(from);
    if (at === undefined) return;
    const later = delayIn(rule);
    const cancel = host.clock.at(at + later, () => {
      fire(rule);
      // One turn after a leap of time, not each that was missed.
      reschedule(ruleArn, Math.max(at, host.clock.now() - later));
    });
    timers.set(ruleArn, cancel);
  };

  return {
    accept: (event, bus = DEFAULT_BUS) => {
      if (remembered.has(event.id)) return;
      unrouted.put(event.id, true);
      remember(event, bus);
      route({ event, bus });
      unrouted.delete(event.id);
    },
    redeliver: (eventId) => {
      const known = remembered.get(eventId);
      if (!known)
        throw new Error(`No event ${eventId} among the last ${REMEMBERED_EVENTS}; see recentEvents().`);
      route(known, randomUUID());
    },
    recent: () => remembered.values().map(({ event }) => event),
    reschedule: (ruleArn) => reschedule(ruleArn),
    start: () => {
      for (const id of unrouted.keys()) {
        const known = remembered.get(id);
        if (known) route(known);
        unrouted.delete(id);
      }
      deliveries.start();
      for (const rule of rules.values()) {
        // A run that was down has missed its turns: what reconciles does so at once.
        const isRate = rule.isEnabled && rule.scheduleExpression?.startsWith('rate(');
        if (isRate) {
          fire(rule);
          timers.set(
            `${rule.arn} again`,
            host.clock.at(host.clock.now() + SECOND_FIRING_MS, () => refire(rule.arn)),
          );
        }
        reschedule(rule.arn);
      }
    },
    stop: () => {
      deliveries.stop();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
};

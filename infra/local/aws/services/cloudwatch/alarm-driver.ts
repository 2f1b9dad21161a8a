import type { Host } from '../../host.ts';
import type { Lifetime } from '../../instances/lifetime.ts';
import { metricKey, metricsOf, minuteOf } from '../shared/metrics.ts';
import { type AlarmRecord, alarmsOf, compositeState, type MetricAlarmRecord } from './alarms.ts';
import { type Datapoint, evaluateAlarm, evaluationRange, type StateValue } from './evaluate-alarm.ts';
import { notify } from './notify.ts';
import { statisticOf } from './statistics.ts';

const MINUTE_MS = 60_000;
/** New data is looked at this soon, in ms, so that a run of seconds sees its alarms; on AWS within a minute or two. */
const SOON_MS = 100;
/** Minutes without a look: the machine slept, or a test has moved the clock. */
const GAP_MINUTES = 2;

/** Evaluates alarms. */
export interface AlarmDriver {
  readonly start: () => void;
  readonly stop: () => void;
  /** Sets an alarm's state and takes its actions. */
  readonly enter: (name: string, value: StateValue, reason: string) => void;
  /** Looks at every alarm: one is new or has changed. */
  readonly evaluateAll: () => void;
}

/** Evaluates each alarm every minute, and soon after its metric has new data. */
export const createAlarmDriver = (host: Host, lifetime: Lifetime): AlarmDriver => {
  const { clock } = host;
  const alarms = alarmsOf(host);
  const metrics = metricsOf(host);
  /** From this minute on, that nothing was measured means that nothing was there. */
  let knownSince = 0;
  let lastTick = 0;
  const waiting = new Set<string>();
  let cancelSoon: (() => void) | undefined;
  let cancelTick: (() => void) | undefined;

  const datapointsOf = ({ metric, periodSeconds, statistic, condition }: MetricAlarmRecord): Datapoint[] => {
    const period = periodSeconds / 60;
    const minute = minuteOf(clock.now());
    // The minute that goes on counts once there is something in it.
    const end = metrics.summary(metric, minute, minute + 1) ? minute + 1 : minute;
    return Array.from({ length: evaluationRange(condition) }, (_, index) => {
      const from = end - (evaluationRange(condition) - index) * period;
      const summary = metrics.summary(metric, from, from + period);
      return summary && statisticOf(summary, statistic);
    });
  };

  /** What was missing before this run, or before the alarm was there, says nothing: the state is kept. */
  const conditionOf = (alarm: MetricAlarmRecord) => {
    const minutes = (alarm.condition.evaluationPeriods * alarm.periodSeconds) / 60;
    const since = Math.max(knownSince, minuteOf(alarm.createdAt));
    return minuteOf(clock.now()) - since >= minutes
      ? alarm.condition
      : { ...alarm.condition, treatMissingData: 'ignore' as const };
  };

  const tell = (alarm: AlarmRecord, before: StateValue) =>
    lifetime.run(async () => {
      await notify(host, alarm, before);
      const newest = alarms.get(alarm.name);
      if (newest?.state.since !== alarm.state.since || newest.state.value !== alarm.state.value) return;
      const { isTold: _, ...state } = newest.state;
      alarms.put(alarm.name, { ...newest, state });
    });

  const enter: AlarmDriver['enter'] = (name, value, reason) => {
    const alarm = alarms.get(name);
    if (!alarm || alarm.state.value === value) return;
    const changed = { ...alarm, state: { value, reason, since: clock.now(), isTold: false as const } };
    alarms.put(name, changed);
    tell(changed, alarm.state.value);
    evaluateComposites();
  };

  const evaluate = (alarm: AlarmRecord) => {
    if (alarm.kind === 'composite') return;
    const { state, reason } = evaluateAlarm(conditionOf(alarm), datapointsOf(alarm), alarm.state.value);
    enter(alarm.name, state, reason);
  };

  const evaluateComposites = () => {
    for (const alarm of alarms.values())
      if (alarm.kind === 'composite')
        enter(alarm.name, compositeState(host, alarm), `AlarmRule: ${alarm.ruleText}`);
  };

  const evaluateAll = () => {
    metrics.sample();
    waiting.clear();
    for (const alarm of alarms.values()) evaluate(alarm);
    evaluateComposites();
  };

  const tick = () => {
    const minute = minuteOf(clock.now());
    if (minute - lastTick >= GAP_MINUTES) knownSince = minute;
    lastTick = minute;
    evaluateAll();
    cancelTick = clock.at((minute + 1) * MINUTE_MS, tick);
  };

  metrics.onAdd((key) => {
    waiting.add(key);
    cancelSoon ??= clock.at(clock.now() + SOON_MS, () => {
      cancelSoon = undefined;
      const keys = new Set(waiting);
      waiting.clear();
      for (const alarm of alarms.values())
        if (alarm.kind === 'metric' && keys.has(metricKey(alarm.metric))) evaluate(alarm);
    });
  });

  return {
    enter,
    evaluateAll,
    start: () => {
      knownSince = lastTick = minuteOf(clock.now());
      // A run that ended meanwhile may have sent the mail already.
      for (const alarm of alarms.values())
        if (alarm.state.isTold === false) tell(alarm, alarm.state.value === 'OK' ? 'ALARM' : 'OK');
      cancelTick = clock.at((knownSince + 1) * MINUTE_MS, tick);
    },
    stop: () => {
      cancelTick?.();
      cancelSoon?.();
    },
  };
};

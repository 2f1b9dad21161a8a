import type { Host } from '../../host.ts';

/** The part of an alarm that says whether it is on. */
interface AlarmInState {
  readonly state: { readonly value: string };
}

/** Those of the alarms that are in ALARM. Asking CloudWatch again and again would be written down each time, as every call is. */
export const alarmsThatAreOn = (host: Host, names: readonly string[]): readonly string[] => {
  const alarms = host.store.table<AlarmInState>('cloudwatch.alarms');
  return names.filter((name) => alarms.get(name)?.state.value === 'ALARM');
};

import type { Host, ResourceContext, ResourceProperties, ResourceProvider } from '../../host.ts';
import { type Bus, DEFAULT_BUS, type Rule } from './bus.ts';

/** What keeps rules, and schedules, which are rules without a bus. @param read gives the rule that properties declare */
export const createRuleProvider = (
  host: Host,
  bus: Bus,
  read: (host: Host, properties: ResourceProperties, context: ResourceContext) => Rule,
): ResourceProvider => {
  const rules = host.store.table<Rule>('events.rules');
  const put = (properties: ResourceProperties, context: ResourceContext) => {
    const rule = read(host, properties, context);
    const { arn, name, bus: busName = DEFAULT_BUS } = rule;
    rules.put(arn, rule);
    bus.reschedule(arn);
    return {
      physicalId: busName === DEFAULT_BUS ? name : `${busName}|${name}`,
      attributes: { Arn: arn },
    };
  };
  return {
    create: put,
    update: put,
    delete: (state) => {
      const arn = String(state.attributes.Arn);
      rules.delete(arn);
      bus.reschedule(arn);
    },
  };
};

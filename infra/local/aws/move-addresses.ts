import type { Ports } from './host.ts';
import type { Store } from './store.ts';

/**
 * Tables in which addresses of this machine lie: what stacks have made, what they gave to functions, and mails. What has
 * happened (histories, items of tables) stays as it was.
 */
const tables = [
  'assembly.resources',
  'assembly.stacks',
  'cognito-idp.clients',
  'cognito-idp.domains',
  'codepipeline.actions',
  'lambda.functions',
  'sns.deliveries',
  'sns.outbox',
  'sqs.queues',
] as const;

/** The ports that addresses are on; while `isOpen`, some still are placeholders. */
interface Standing {
  readonly ports: Ports;
  readonly isOpen?: true;
}

/** Stands for a port while addresses move: old and new ports may overlap, and the move may be cut short anywhere. */
const placeholder = (name: string) => `<${name}>`;

const replaceEverywhere = (store: Store, replacements: ReadonlyMap<string, string>): void => {
  const pattern = /(127\.0\.0\.1|localhost):(\d+|<\w+>)/g;
  for (const name of tables) {
    const table = store.table<unknown>(name);
    for (const [key, value] of table.entries()) {
      const before = JSON.stringify(value);
      const after = before.replace(
        pattern,
        (_, name: string, port: string) => `${name}:${replacements.get(port) ?? port}`,
      );
      if (after !== before) table.put(key, JSON.parse(after));
    }
  }
};

/**
 * Moves addresses from the ports that a state directory was last used with to these. Safe to be cut short: the next call
 * goes on. To be called before services start, so that nothing that is taken up hands on an old address.
 */
export const moveAddresses = (store: Store, ports: Ports): void => {
  const standings = store.table<Standing>('host.addresses');
  const names = Object.keys(ports) as (keyof Ports)[];
  const fill = (to: Ports) => {
    replaceEverywhere(store, new Map(names.map((name) => [placeholder(name), String(to[name])])));
    standings.put('ports', { ports: to });
  };
  const before = standings.get('ports');
  if (before?.isOpen) fill(before.ports);
  if (before && names.every((name) => before.ports[name] === ports[name])) return;
  if (before)
    replaceEverywhere(store, new Map(names.map((name) => [String(before.ports[name]), placeholder(name)])));
  standings.put('ports', { ports, isOpen: true });
  fill(ports);
};

import type { Ports } from '../host.ts';
import { moveAddresses } from '../move-addresses.ts';
import { createMemoryStore, type Store } from '../store.ts';

const portsFrom = (first: number): Ports => ({
  endpoint: first,
  approvals: first + 1,
  signIn: first + 2,
  overview: first + 3,
  qat: first + 4,
  prod: first + 5,
  forge: first + 6,
});

const addresses = (first: number) => ({
  site: `http://127.0.0.1:${first + 1}`,
  text: `Sign in at http://127.0.0.1:${first + 2}/pool, look at http://localhost:${first + 4}/.`,
  other: 'http://127.0.0.1:9999 http://localhost:9998',
  commit: `${first}`,
});

const storeWith = (first: number, onLine?: Parameters<typeof createMemoryStore>[1]): Store => {
  const store = createMemoryStore([], onLine);
  moveAddresses(store, portsFrom(first));
  store.table('lambda.functions').put('site', addresses(first));
  store.table('sns.outbox').put('1', addresses(first));
  store.table('events.recent').put('1', addresses(first));
  return store;
};

const expected = (first: number, before: number) => ({ ...addresses(first), commit: `${before}` });

it.each([
  ['elsewhere', 5000],
  ['to ports that overlap', 4569],
  ['nowhere', 4566],
])('moves addresses %s, and leaves alone what happened', (_, first) => {
  const store = storeWith(4566);
  moveAddresses(store, portsFrom(first));
  expect(store.table('lambda.functions').get('site')).toEqual(expected(first, 4566));
  expect(store.table('sns.outbox').get('1')).toEqual(expected(first, 4566));
  expect(store.table('events.recent').get('1')).toEqual(addresses(4566));
});

it('goes on when it was cut short, wherever that was, also to yet other ports', () => {
  for (const next of [4569, 4572]) {
    let left = Number.POSITIVE_INFINITY;
    for (let cut = 0; ; cut++) {
      const store = storeWith(4566, () => {
        left -= 1;
        if (left < 0) throw new Error('killed');
      });
      left = cut;
      let isCut = false;
      try {
        moveAddresses(store, portsFrom(4569));
      } catch {
        isCut = true;
      }
      left = Number.POSITIVE_INFINITY;
      moveAddresses(store, portsFrom(next));
      expect(store.table('lambda.functions').get('site')).toEqual(expected(next, 4566));
      expect(store.table('sns.outbox').get('1')).toEqual(expected(next, 4566));
      if (!isCut) break;
    }
  }
});

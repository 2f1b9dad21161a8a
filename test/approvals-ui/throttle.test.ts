import fc from 'fast-check';
import { fullBucket, takeToken } from '../../approvals-ui/throttle/token-bucket.ts';
import { createScene } from './support/scene.ts';

const limit = { burst: 10, perSecond: 2 };

describe('a client’s bucket', () => {
  it('lets through its burst, and then what refills', () => {
    let bucket = fullBucket(limit, 0);
    const take = (now: number) => {
      const left = takeToken(bucket, limit, now);
      bucket = left ?? bucket;
      return left !== undefined;
    };
    expect(Array.from({ length: 12 }, () => take(0))).toEqual([...Array(10).fill(true), false, false]);
    expect([take(499), take(500), take(501)]).toEqual([false, true, false]);
    // A clock that was set back refills nothing.
    expect(take(0)).toBe(false);
  });

  it('never lets through more than its burst and its rate', () => {
    const gaps = fc.array(fc.integer({ min: -2000, max: 5000 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, (steps) => {
        let bucket = fullBucket(limit, 0);
        let now = 0;
        let latest = 0;
        let taken = 0;
        for (const step of steps) {
          now = Math.max(0, now + Math.max(step, 0));
          latest = Math.max(latest, now);
          const left = takeToken(bucket, limit, now);
          if (left === undefined) continue;
          bucket = left;
          taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(limit.burst + (latest / 1000) * limit.perSecond + 1e-6);
        expect(bucket.tokens).toBeGreaterThanOrEqual(0);
      }),
      { seed: 4720 },
    );
  });
});

describe('a flood', () => {
  const ATTACKER = '203.0.113.7';
  const APPROVER = '198.51.100.4';
  const from = (sourceIp: string) => ({ requestContext: { http: { sourceIp } } });
  const floodScene = async () => {
    const calls: string[] = [];
    const scene = createScene();
    const counted = createScene({
      overrides: {
        ledger: scene.ledger,
        sessions: {
          ...scene.dependencies.sessions,
          read: async (key) => {
            calls.push(key);
            return scene.dependencies.sessions.read(key);
          },
        },
      },
    });
    await scene.addQcRequest();
    const get = (path: string, address: string, cookie = '') =>
      counted.site.request(path, { headers: { cookie } }, from(address));
    return { ...counted, calls, ask: get };
  };

  it('by an anonymous client is answered without a call to AWS, and stopped for that client alone', async () => {
    const { ask, calls, signIn, advance } = await floodScene();
    const statuses = [];
    for (let index = 0; index < 200; index++) statuses.push((await ask('/promotions', ATTACKER)).status);
    expect(calls).toEqual([]);
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill(303));
    expect(statuses.slice(60)).toEqual(Array(140).fill(429));
    const stopped = await ask('/sign-in', ATTACKER);
    expect([stopped.status, stopped.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await ask('/promotions', APPROVER, await signIn('quinn'))).status).toBe(200);
    advance(1000);
    expect((await ask('/sign-in', ATTACKER)).status).toBe(303);
  });

  it('with invented sessions makes no more look-ups than its address may', async () => {
    const { ask, calls } = await floodScene();
    for (let index = 0; index < 300; index++)
      await ask('/', ATTACKER, `lockstep=${String(index).padStart(43, 'x')}`);
    expect(calls.length).toBe(60);
  });

  it('from the approver’s own network does not stop a session that is known', async () => {
    const { ask, signIn } = await floodScene();
    const cookie = await signIn('quinn');
    expect((await ask('/', APPROVER, cookie)).status).toBe(200);
    for (let index = 0; index < 100; index++) await ask('/', APPROVER);
    expect((await ask('/', APPROVER)).status).toBe(429);
    expect((await ask('/', APPROVER, cookie)).status).toBe(200);
  });

  it('by somebody who is signed in stops at that session', async () => {
    const { ask, signIn } = await floodScene();
    const dana = await signIn('dana');
    const statuses = [];
    for (let index = 0; index < 150; index++) statuses.push((await ask('/', ATTACKER, dana)).status);
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(105);
    expect(statuses.at(-1)).toBe(429);
    expect((await ask('/', ATTACKER, await signIn('quinn'))).status).toBe(200);
  });
});

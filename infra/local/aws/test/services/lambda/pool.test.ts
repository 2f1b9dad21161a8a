import { createPool, type Kind, type Pooled } from '../../../services/lambda/pool.ts';

interface Thread extends Pooled {
  readonly name: string;
  readonly die: () => void;
}

/** Kinds whose threads are named in the order of their starts, with those that live at the moment. */
const factory = () => {
  const living = new Set<string>();
  let most = 0;
  const started = new Map<string, number>();
  const kind = (key: string, limit = 4): Kind<Thread> => ({
    key,
    limit,
    start: () => {
      const number = (started.get(key) ?? 0) + 1;
      started.set(key, number);
      const name = `${key}${number}`;
      living.add(name);
      most = Math.max(most, living.size);
      const end = async () => {
        living.delete(name);
      };
      return { name, isAlive: () => living.has(name), stop: end, die: () => void end() };
    },
  });
  return { kind, living: () => [...living].sort(), most: () => most };
};

/** A task that ends when it is told to. */
const openTask = () => {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let name: string | undefined;
  return {
    task: async (thread: Thread) => {
      name = thread.name;
      await ended;
      return thread.name;
    },
    end: () => end(),
    servedBy: () => name,
  };
};
const nameOf = async (thread: Thread) => thread.name;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a pool', () => {
  it('serves from what is warm, the one used last first', async () => {
    const { kind, living } = factory();
    const pool = createPool<Thread>(8);
    const [first, second] = [openTask(), openTask()];
    const runs = [pool.run(kind('a'), first.task), pool.run(kind('a'), second.task)];
    second.end();
    await runs[1];
    first.end();
    await runs[0];
    expect(await pool.run(kind('a'), nameOf)).toBe('a1');
    expect(living()).toEqual(['a1', 'a2']);
  });

  it('lets tasks beyond a kind’s limit wait, in order, while other kinds are served', async () => {
    const { kind } = factory();
    const pool = createPool<Thread>(8);
    const first = openTask();
    const order: string[] = [];
    const running = pool.run(kind('a', 1), first.task);
    const waiting = [1, 2].map((number) =>
      pool.run(kind('a', 1), async () => void order.push(`task ${number}`)),
    );
    expect(await pool.run(kind('b'), nameOf)).toBe('b1');
    expect(order).toEqual([]);
    first.end();
    await Promise.all([running, ...waiting]);
    expect(order).toEqual(['task 1', 'task 2']);
  });

  it('never has more than its limit, and ends what was idle for longest to make room', async () => {
    const { kind, living, most } = factory();
    const pool = createPool<Thread>(3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) await pool.run(kind(key), nameOf);
    expect(living()).toEqual(['a1', 'c1', 'd1']);
    const served = await Promise.all(
      Array.from({ length: 40 }, (_, index) => pool.run(kind('efghij'[index % 6] ?? ''), nameOf)),
    );
    expect(served).toHaveLength(40);
    expect(most()).toBe(3);
  });

  it('serves at once what is urgent, although all are busy, and keeps no more than its limits afterwards', async () => {
    const { kind, living } = factory();
    const pool = createPool<Thread>(2);
    const busy = [openTask(), openTask()];
    const running = busy.map(({ task }) => pool.run(kind('a', 2), task));
    const isUrgent = true;
    expect(await pool.run({ ...kind('a', 2), isUrgent }, nameOf)).toBe('a3');
    expect(await pool.run({ ...kind('b'), isUrgent }, nameOf)).toBe('b1');
    expect(living()).toEqual(['a1', 'a2']);
    for (const { end } of busy) end();
    await Promise.all(running);
    expect(living()).toEqual(['a1', 'a2']);
  });

  it('serves a kind that waits for room before the kind that gives it up', async () => {
    const { kind } = factory();
    const pool = createPool<Thread>(1);
    const first = openTask();
    const running = pool.run(kind('a'), first.task);
    const order: string[] = [];
    const others = ['b', 'a', 'b'].map((key) =>
      pool.run(kind(key), async ({ name }) => void order.push(name)),
    );
    first.end();
    await Promise.all([running, ...others]);
    expect(order).toEqual(['b1', 'a2', 'b2']);
  });

  it('prefers what suits the task, and takes what is warm before it starts more', async () => {
    const { kind, living } = factory();
    const pool = createPool<Thread>(8);
    await Promise.all([1, 2, 3].map(() => pool.run(kind('a'), turn)));
    const suits = ({ name }: Thread) => name === 'a2';
    expect(await pool.run({ ...kind('a'), suits }, nameOf)).toBe('a2');
    expect(await pool.run({ ...kind('a'), suits: () => false }, nameOf)).toBe('a2');
    expect(living()).toEqual(['a1', 'a2', 'a3']);
  });

  it('replaces what has ended by itself', async () => {
    const { kind } = factory();
    const pool = createPool<Thread>(1);
    await pool.run(kind('a'), async ({ die }) => die());
    expect(await pool.run(kind('a'), nameOf)).toBe('a2');
  });

  it('gives the failure of a start to the task that needed it, and goes on', async () => {
    const { kind } = factory();
    const pool = createPool<Thread>(1);
    const first = openTask();
    const running = pool.run(kind('a'), first.task);
    const broken = pool.run(
      {
        key: 'b',
        limit: 1,
        start: () => {
          throw new Error('no thread');
        },
      },
      nameOf,
    );
    const behind = pool.run(kind('c'), nameOf);
    first.end();
    await expect(broken).rejects.toThrow('no thread');
    expect(await behind).toBe('c1');
    expect(await running).toBe('a1');
  });

  it('lets a retired kind finish and serves it again', async () => {
    const { kind, living } = factory();
    const pool = createPool<Thread>(8);
    const first = openTask();
    const running = pool.run(kind('a'), first.task);
    await pool.run(kind('a'), nameOf);
    pool.retire('a');
    expect(living()).toEqual(['a1']);
    expect(await pool.run(kind('a'), nameOf)).toBe('a3');
    first.end();
    expect(await running).toBe('a1');
    expect(living()).toEqual(['a3']);
  });
});

import { LedgerConflictError } from '../../../tasks/ledger/ledger.ts';
import { createLockWorld, Killed } from './lock-world.ts';

/** A superseding with everything in it: a request withdrawn, a waiter removed, both locks passed on. */
const takeOver = async (world: ReturnType<typeof createLockWorld>): Promise<void> => {
  await world.take('a');
  await world.ask('a');
  await world.take('x', 'prod');
  await world.take('y', 'prod');
  await world.end('x', 'FAILED');
  // As two pushes at once would be recorded before any lock is advanced.
  const lock = await world.ledger.lock('shop', 'qat');
  for (const id of ['b', 'c']) world.tokens.open(`${id}/qat/0`);
  world.killAt(Number.POSITIVE_INFINITY);
  const others = createLockWorld();
  await others.take('b');
  await others.take('c');
  const { waiting } = await others.ledger.lock('shop', 'qat');
  const b = (await others.ledger.lock('shop', 'qat')).holder;
  if (!b) throw new Error('nobody has it');
  await world.ledger.replaceLock(lock, {
    ...lock,
    waiting: [{ ...b, taskToken: 'b/qat/0' }, ...waiting],
  });
  for (const id of ['b', 'c']) world.describe(id, 'RUNNING', 0);
};
const END = {
  qat: 'c | -',
  prod: 'y | -',
  completion: [
    'a/qat/0: ok',
    'x/prod/0: ok',
    'b/qat/0: Superseded',
    'a/qc: Superseded',
    'c/qat/0: ok',
    'y/prod/0: ok',
  ],
};

it('ends the same wherever advancing was killed', async () => {
  let kills = 0;
  for (let call = 1; ; call += 1) {
    const world = createLockWorld();
    await takeOver(world);
    world.killAt(call);
    const killed = await world.advanceAll().then(
      () => false,
      (error: AggregateError) => error.errors.some((one: unknown) => one instanceof Killed),
    );
    world.killAt(Number.POSITIVE_INFINITY);
    world.pass(5);
    await world.advanceAll();
    await world.tend();
    await world.tend();
    expect([call, await world.lock(), await world.lock('prod')]).toEqual([call, END.qat, END.prod]);
    expect(new Set(world.completion())).toEqual(new Set(END.completion));
    expect(world.completion()).toHaveLength(END.completion.length);
    // Again only if it cannot be known whether the mail was sent.
    expect([1, 2]).toContain(world.mails.sent.length);
    if (!killed) break;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(30);
});

it('ends the same when many advance at once', async () => {
  const world = createLockWorld();
  await takeOver(world);
  await Promise.all(Array.from({ length: 5 }, () => world.advanceAll()));
  expect([await world.lock(), await world.lock('prod')]).toEqual([END.qat, END.prod]);
  expect(world.completion()).toHaveLength(END.completion.length);
});

it('two who ask at once both wait', async () => {
  const world = createLockWorld();
  const { replaceLock } = world.dependencies.ledger;
  let isFirst = true;
  Object.assign(world.dependencies.ledger, {
    replaceLock: async (...both: Parameters<typeof replaceLock>) => {
      if (isFirst) {
        isFirst = false;
        throw new LedgerConflictError('another was quicker');
      }
      return replaceLock(...both);
    },
  });
  await Promise.all([world.take('a', 'prod'), world.take('b', 'prod')]);
  expect([...(await world.lock('prod'))].filter((each) => each === 'a' || each === 'b').sort()).toEqual([
    'a',
    'b',
  ]);
});

import { LedgerConflictError } from '../../../tasks/ledger/ledger.ts';
import { createTurnWorld, Killed } from './turn-world.ts';

/** A take-over with everything in it: a request withdrawn, one dismissed, both turns passed on. */
const takeOver = async (world: ReturnType<typeof createTurnWorld>): Promise<void> => {
  await world.take('a');
  await world.ask('a');
  await world.take('x', 'prod');
  await world.take('y', 'prod');
  await world.end('x', 'FAILED');
  // As two pushes at once would be recorded before anybody settles.
  const turn = await world.ledger.turn('shop', 'qat');
  for (const id of ['b', 'c']) world.tokens.open(`${id}/qat/0`);
  world.killAt(Number.POSITIVE_INFINITY);
  const others = createTurnWorld();
  await others.take('b');
  await others.take('c');
  const { waiting } = await others.ledger.turn('shop', 'qat');
  const b = (await others.ledger.turn('shop', 'qat')).holder;
  if (!b) throw new Error('nobody has it');
  await world.ledger.replaceTurn(turn, {
    ...turn,
    waiting: [{ ...b, taskToken: 'b/qat/0' }, ...waiting],
  });
  for (const id of ['b', 'c']) world.describe(id, 'RUNNING', 0);
};
const END = {
  qat: 'c | -',
  prod: 'y | -',
  told: [
    'a/qat/0: ok',
    'x/prod/0: ok',
    'b/qat/0: Superseded',
    'a/qc: Superseded',
    'c/qat/0: ok',
    'y/prod/0: ok',
  ],
};

it('ends the same wherever whoever settles was killed', async () => {
  let kills = 0;
  for (let call = 1; ; call += 1) {
    const world = createTurnWorld();
    await takeOver(world);
    world.killAt(call);
    const killed = await world.settleAll().then(
      () => false,
      (error: AggregateError) => error.errors.some((one: unknown) => one instanceof Killed),
    );
    world.killAt(Number.POSITIVE_INFINITY);
    world.pass(5);
    await world.settleAll();
    await world.tend();
    await world.tend();
    expect([call, await world.turn(), await world.turn('prod')]).toEqual([call, END.qat, END.prod]);
    expect(new Set(world.told())).toEqual(new Set(END.told));
    expect(world.told()).toHaveLength(END.told.length);
    // Again only if it cannot be known whether the mail was sent.
    expect([1, 2]).toContain(world.mails.sent.length);
    if (!killed) break;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(30);
});

it('ends the same when many settle at once', async () => {
  const world = createTurnWorld();
  await takeOver(world);
  await Promise.all(Array.from({ length: 5 }, () => world.settleAll()));
  expect([await world.turn(), await world.turn('prod')]).toEqual([END.qat, END.prod]);
  expect(world.told()).toHaveLength(END.told.length);
});

it('two who ask at once both wait', async () => {
  const world = createTurnWorld();
  const { replaceTurn } = world.dependencies.ledger;
  let isFirst = true;
  Object.assign(world.dependencies.ledger, {
    replaceTurn: async (...both: Parameters<typeof replaceTurn>) => {
      if (isFirst) {
        isFirst = false;
        throw new LedgerConflictError('another was quicker');
      }
      return replaceTurn(...both);
    },
  });
  await Promise.all([world.take('a', 'prod'), world.take('b', 'prod')]);
  expect([...(await world.turn('prod'))].filter((each) => each === 'a' || each === 'b').sort()).toEqual([
    'a',
    'b',
  ]);
});

import { ensureLock, withLock } from '../../../tasks/environment-locks/ensure-lock.ts';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import { aMarking } from '../doubles/samples.ts';
import { createLockWorld, Killed } from './lock-world.ts';

type World = ReturnType<typeof createLockWorld>;
const mark = (world: World, id: string) =>
  markBad(world.ledger, { application: 'shop', commitId: id.repeat(40) }, aMarking());

describe('a promotion whose commit is marked bad', () => {
  it.each(['qat', 'prod'] as const)('leaves the queue of %s, which moves on', async (environment) => {
    const world = createLockWorld();
    for (const id of ['a', 'b', 'c']) await world.take(id, environment);
    const waits = environment === 'qat' ? 'c' : 'b';
    await mark(world, waits);
    await world.advance(environment);
    expect(await world.lock(environment)).toBe(environment === 'qat' ? 'a | -' : 'a | c');
    expect(world.completion().at(-1)).toBe(`${waits}/${environment}/0: Recalled`);
    expect(world.tokens.completion.at(-1)?.cause).toBe(
      `olga marked commit ${waits.repeat(8)} bad on 22 Nov 2026, 11:00 UTC: it loses orders`,
    );
  });

  it('does not get a free lock, and supersedes nobody', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.ask('a');
    await world.take('x', 'prod');
    await world.end('x', 'SUCCEEDED');
    await mark(world, 'b');
    await world.take('b');
    await world.take('b', 'prod');
    expect(world.completion()).toEqual([
      'a/qat/0: ok',
      'x/prod/0: ok',
      'b/qat/0: Recalled',
      'b/prod/0: Recalled',
    ]);
    expect(await world.lock()).toBe('a | -');
  });

  it('is not asked about any more: the request is withdrawn and tells why, and QAT is free', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.ask('a');
    await world.ask('a', 'pmo');
    await mark(world, 'a');
    await world.advanceAll();
    expect(world.completion()).toEqual(['a/qat/0: ok', 'a/qc: Recalled', 'a/pmo: Recalled']);
    expect(await world.lock()).toBe('- | -');
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({
      status: 'WITHDRAWN',
      completedToken: 'a/qc',
      announcedAt: expect.any(String),
    });
    const [mail] = world.mails.sent;
    expect(mail?.subject).toMatch(/^QC request withdrawn: shop/);
    expect(mail?.message).toContain(
      'olga marked commit aaaaaaaa bad on 22 Nov 2026, 11:00 UTC: it loses orders',
    );
    expect(mail?.message).not.toContain('newer promotion');
  });

  it('that is decided at the same moment goes on, to be stopped by the next state', async () => {
    const world = createLockWorld();
    const { replaceApproval } = world.dependencies.ledger;
    await world.take('a');
    await world.ask('a');
    let wasDecided = false;
    Object.assign(world.dependencies.ledger, {
      replaceApproval: async (...both: Parameters<typeof replaceApproval>) => {
        if (!wasDecided) {
          wasDecided = true;
          await world.decide('a');
        }
        return replaceApproval(...both);
      },
    });
    await mark(world, 'a');
    await world.advanceAll();
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({ status: 'APPROVED' });
    expect(world.completion()).toEqual(['a/qat/0: ok']);
  });

  it('is told so once, no matter where what tells it is cut short', async () => {
    for (let call = 1; ; call += 1) {
      const world = createLockWorld();
      await world.take('a');
      await world.ask('a');
      await world.take('b', 'prod');
      await world.take('a', 'prod');
      await mark(world, 'a');
      world.killAt(call);
      const wasKilled = await world.advanceAll().then(
        () => false,
        (error: AggregateError) => {
          const parts = 'errors' in error ? error.errors : [error];
          expect(parts.some((part: unknown) => part instanceof Killed)).toBe(true);
          return true;
        },
      );
      world.killAt(Number.POSITIVE_INFINITY);
      world.pass(10);
      await world.tend();
      await world.advanceAll();
      const told = world.completion().filter((one) => one.startsWith('a/') && one !== 'a/qat/0: ok');
      expect([...new Set(told)].sort()).toEqual(['a/prod/0: Recalled', 'a/qc: Recalled']);
      expect(await world.lock()).toBe('- | -');
      expect(await world.lock('prod')).toBe('b | -');
      if (!wasKilled) return;
    }
  });

  it('does not work on an environment that it holds, except on what has begun', async () => {
    const world = createLockWorld();
    await world.take('a', 'prod');
    await expect(world.ensure('a', 'prod')).resolves.toBeUndefined();
    await mark(world, 'a');
    for (const stage of ['builds', 'points', 'follows'] as const)
      await expect(world.ensure('a', 'prod', 0, stage)).rejects.toMatchObject({
        name: 'Recalled',
        message: expect.stringContaining('it loses orders'),
      });
    const request = { promotionId: 'a', application: 'shop', environment: 'prod', redrives: 0 } as const;
    for (const hasBegun of [true, false]) {
      const work = withLock(
        ensureLock({ ledger: world.ledger, now: () => new Date() }),
        async () => 'done',
        async () => hasBegun,
      )(request);
      await (hasBegun
        ? expect(work).resolves.toBe('done')
        : expect(work).rejects.toMatchObject({ name: 'Recalled' }));
    }
  });
});

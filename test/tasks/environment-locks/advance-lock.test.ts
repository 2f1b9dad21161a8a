import { anImageRequest } from '../doubles/image-approval.ts';
import { createLockWorld } from './lock-world.ts';

describe('while a promotion waits for QC', () => {
  it('a newer one supersedes: the request is withdrawn, its approvers are mailed, and the state fails', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.ask('a');
    await world.take('b');
    expect(await world.lock()).toBe('b | -');
    expect(world.completion()).toEqual(['a/qat/0: ok', 'a/qc: Superseded', 'b/qat/0: ok']);
    expect(world.tokens.completion[1]?.cause).toBe(
      'The newer commit bbbbbbbb (promotion b) superseded this one.',
    );
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({
      status: 'WITHDRAWN',
      supersededBy: { promotionId: 'b', commitId: 'b'.repeat(40) },
      withdrawnBecause: expect.stringContaining('commit bbbbbbbb (promotion b)'),
      completedToken: 'a/qc',
      announcedAt: expect.any(String),
    });
    expect(world.mails.sent.map(({ role, subject }) => [role, subject])).toEqual([
      ['qc', expect.stringMatching(/^QC request withdrawn: shop 8f0c9c1f/)],
    ]);
    expect(world.mails.sent[0]?.message).toContain('The newer commit bbbbbbbb (promotion b) superseded');
  });

  it('a newer one supersedes nothing that waits for QC about its Prod image, and QAT passes on', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.ask('a');
    await world.decide('a');
    await world.take('a', 'prod');
    await world.ledger.addApproval(anImageRequest({ promotionId: 'a', approvalId: 'image-of-a' }));
    expect(await world.lock()).toBe('a | -');
    await world.take('b');
    expect(await world.lock()).toBe('b | -');
    await world.take('b', 'prod');
    await world.advanceAll();
    expect(await world.lock('prod')).toBe('a | b');
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({
      approvalId: 'image-of-a',
      status: 'PENDING',
    });
    expect(world.mails.sent).toEqual([]);
  });

  it('about its Prod image, it is superseded by none that came to QAT since it was looked at', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.ask('a');
    const { latestApproval } = world.dependencies.ledger;
    let looks = 0;
    Object.assign(world.dependencies.ledger, {
      latestApproval: async (...asked: Parameters<typeof latestApproval>) => {
        const found = await latestApproval(...asked);
        looks += 1;
        if (looks === 1) {
          await world.decide('a');
          await world.ledger.addApproval(anImageRequest({ promotionId: 'a', approvalId: 'image-of-a' }));
        }
        return found;
      },
    });
    await world.take('b');
    expect(await world.lock()).toBe('b | -');
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({ status: 'PENDING' });
  });

  it('by configuration, a newer one waits until QC has decided', async () => {
    const world = createLockWorld({ whenNewer: 'wait' });
    await world.take('a');
    await world.ask('a');
    await world.take('b');
    expect(await world.lock()).toBe('a | b');
    await world.decide('a');
    await world.advance();
    expect(await world.lock()).toBe('b | -');
    expect(world.mails.sent).toEqual([]);
  });

  it('a decision that is written first counts: nobody is superseded, and the lock passes on', async () => {
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
    await world.take('b');
    expect(wasDecided).toBe(true);
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({ status: 'APPROVED' });
    expect(world.completion()).toEqual(['a/qat/0: ok', 'b/qat/0: ok']);
    expect(await world.lock()).toBe('b | -');
  });
});

it('while it is built, of those who wait only the newest stays, and each of the others is told by whom', async () => {
  const world = createLockWorld();
  for (const id of ['a', 'b', 'd', 'c']) await world.take(id);
  expect(await world.lock()).toBe('a | d');
  expect(world.completion()).toEqual(['a/qat/0: ok', 'b/qat/0: Superseded', 'c/qat/0: Superseded']);
  expect(world.tokens.completion[2]?.cause).toContain('commit dddddddd (promotion d)');
});

it.each(['FAILED', 'ABORTED'] as const)('a holder that has %s makes place', async (status) => {
  const world = createLockWorld();
  await world.take('a');
  await world.take('b');
  await world.end('a', status);
  await world.advance();
  expect(await world.lock()).toBe('b | -');
  expect(world.completion()).toEqual(['a/qat/0: ok', 'b/qat/0: ok']);
});

it('a promotion that was stopped while it waited is left out', async () => {
  const world = createLockWorld();
  await world.take('a');
  await world.take('b');
  await world.end('b', 'ABORTED');
  await world.advance();
  expect(await world.lock()).toBe('a | -');
});

it('an execution that nobody describes yet is under way, and one of long ago is over', async () => {
  const world = createLockWorld();
  await world.take('a');
  world.forget('a');
  await world.advance();
  expect(await world.lock()).toBe('a | -');
  world.pass(24 * 60);
  await world.advance();
  expect(await world.lock()).toBe('- | -');
});

describe('a redriven promotion', () => {
  it('acquires its lock again when it is free', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.end('a', 'FAILED');
    await world.advance();
    expect(await world.lock()).toBe('- | -');
    await world.redrive('a');
    await world.ensure('a', 'qat', 1);
    expect(await world.lock()).toBe('a | -');
    await world.advance();
    expect(await world.lock()).toBe('a | -');
  });

  it('fails with EnvironmentLocked, naming who has it, and goes on when that one is through', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.take('b');
    await world.end('a', 'FAILED');
    await world.advance();
    await world.redrive('a');
    await expect(world.ensure('a', 'qat', 1)).rejects.toMatchObject({
      name: 'EnvironmentLocked',
      message:
        'QAT is locked by commit bbbbbbbb (promotion b). Redrive this promotion when that one has ended.',
    });
    await world.ask('b');
    await expect(world.ensure('a', 'qat', 1)).rejects.toMatchObject({ name: 'EnvironmentLocked' });
    await world.decide('b');
    await world.ensure('a', 'qat', 2);
    expect(await world.lock()).toBe('a | -');
  });

  it('in "Lock QAT", being older, fails with EnvironmentLocked and may come again', async () => {
    const world = createLockWorld();
    await world.take('b');
    await world.take('a', 'qat', 1);
    expect(world.completion()).toEqual(['b/qat/0: ok', 'a/qat/1: EnvironmentLocked']);
    await world.end('b', 'FAILED');
    await world.take('a', 'qat', 2);
    expect(world.completion().at(-1)).toBe('a/qat/2: ok');
  });

  it('keeps its lock although Step Functions still describes its end', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.end('a', 'FAILED');
    await world.redrive('a');
    await world.ensure('a', 'qat', 1);
    world.describe('a', 'FAILED', 0);
    await world.take('b');
    expect(await world.lock()).toBe('a | b');
    world.describe('a', 'FAILED', 1);
    await world.advance();
    expect(await world.lock()).toBe('b | -');
  });

  it.each(['qat', 'prod'] as const)(
    'keeps its %s lock from a function that saw its end before the redrive',
    async (environment) => {
      const world = createLockWorld();
      const { replaceLock } = world.dependencies.ledger;
      await world.take('a', environment);
      await world.take('b', environment);
      await world.end('a', 'FAILED');
      let isFirst = true;
      Object.assign(world.dependencies.ledger, {
        replaceLock: async (...both: Parameters<typeof replaceLock>) => {
          if (isFirst) {
            isFirst = false;
            await world.redrive('a');
            await world.ensure('a', environment, 1);
          }
          return replaceLock(...both);
        },
      });
      await world.advance(environment);
      expect([isFirst, await world.lock(environment)]).toEqual([false, 'a | b']);
      expect(world.completion()).toEqual([`a/${environment}/0: ok`]);
    },
  );

  /** a and b have QAT one after the other; each is through with it without success. */
  const oneAfterTheOther = async (bPoints: boolean) => {
    const world = createLockWorld();
    for (const id of ['a', 'b']) {
      await world.take(id);
      await world.ensure(id);
      if (id === 'a' || bPoints) await world.ensure(id, 'qat', 0, 'points');
      await world.end(id, 'FAILED');
      await world.advance();
    }
    await world.redrive('a');
    return world;
  };

  it('fails with QatChanged past pointing QAT if another has pointed it since, and leaves the lock alone', async () => {
    const world = await oneAfterTheOther(true);
    await expect(world.ensure('a', 'qat', 1, 'follows')).rejects.toMatchObject({
      name: 'QatChanged',
      message:
        'QAT now runs the image of commit bbbbbbbb (promotion b), so this promotion stopped without changing QAT. Push this commit again.',
    });
    expect(await world.lock()).toBe('- | -');
    // Whose QAT it is may go on with it.
    await world.redrive('b');
    await world.ensure('b', 'qat', 1, 'follows');
    expect(await world.lock()).toBe('b | -');
  });

  it.each(['builds', 'points'] as const)(
    'that %s goes on although another has pointed QAT since',
    async (workStage) => {
      const world = await oneAfterTheOther(true);
      await world.ensure('a', 'qat', 1, workStage);
      expect(await world.lock()).toBe('a | -');
      await world.ensure('a', 'qat', 1, 'points');
      await world.ensure('a', 'qat', 1, 'follows');
    },
  );

  it('goes on past pointing QAT if those since then only built', async () => {
    const world = await oneAfterTheOther(false);
    await world.ensure('a', 'qat', 1, 'follows');
    expect(await world.lock()).toBe('a | -');
  });

  it('fails when the ledger does not know it yet', async () => {
    await expect(createLockWorld().ensure('z')).rejects.toThrow('The ledger has no promotion z yet');
  });
});

describe('an attempt of "Lock …" that a later one has overtaken', () => {
  it.each<[string, redrives: number, retries: number, token: string]>([
    ['a retry', 0, 1, 'b/qat/0+1'],
    ['a redrive', 1, 0, 'b/qat/1'],
  ])('leaves the lock to %s, whose token is completed', async (_, redrives, retries, token) => {
    const world = createLockWorld();
    await world.take('a');
    await world.take('b', 'qat', redrives, retries);
    await world.goOnLate('b');
    await world.end('a', 'FAILED');
    await world.advance();
    expect(await world.lock()).toBe('b | -');
    expect(world.completion()).toEqual(['a/qat/0: ok', `${token}: ok`]);
  });
});

describe('the Prod lock', () => {
  it('is first come, first served, and stale for what is older than what Prod runs', async () => {
    const world = createLockWorld();
    for (const id of ['b', 'a', 'c']) await world.take(id, 'prod');
    expect(await world.lock('prod')).toBe('b | a c');
    await world.end('b', 'SUCCEEDED', true);
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('c | -');
    expect(world.completion()).toEqual(['b/prod/0: ok', 'c/prod/0: ok', 'a/prod/0: Stale']);
    expect(world.tokens.completion[2]?.cause).toContain('Prod runs the newer commit bbbbbbbb (promotion b)');
  });

  it('passes on after a failed one as soon as Prod is restored, and the failed one may be redriven before', async () => {
    const world = createLockWorld();
    await world.take('a', 'prod');
    await world.take('b', 'prod');
    await world.point('a');
    await world.end('a', 'FAILED');
    await world.advanceAll();
    expect(await world.lock('prod')).toBe('a | b');
    await expect(world.ensure('b', 'prod')).rejects.toMatchObject({ name: 'EnvironmentRestoring' });
    await world.redrive('a');
    await world.ensure('a', 'prod', 1);
    await world.advanceAll();
    expect(await world.lock('prod')).toBe('a | b');
    // What was put in order after the end before does not count for this one.
    await world.restore('a', 0);
    await world.end('a', 'FAILED');
    await world.advanceAll();
    expect(await world.lock('prod')).toBe('a | b');
    await world.restore('a', 1);
    await world.advanceAll();
    expect(await world.lock('prod')).toBe('b | -');
  });

  it('waits for the ledger to be told of the end: before that, it cannot know what is left on Prod', async () => {
    const world = createLockWorld();
    await world.take('a', 'prod');
    world.describe('a', 'FAILED', 0);
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('a | -');
    await world.end('a', 'FAILED');
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('- | -');
  });

  it('is denied to a redriven state when a newer commit has got there', async () => {
    const world = createLockWorld();
    await world.take('a', 'prod');
    await world.end('a', 'FAILED');
    await world.take('b', 'prod');
    await world.end('b', 'SUCCEEDED', true);
    await world.advance('prod');
    await world.redrive('a');
    await expect(world.ensure('a', 'prod', 1)).rejects.toMatchObject({ name: 'Stale' });
    expect(await world.lock('prod')).toBe('- | -');
  });
});

it('when one is promoted, older ones that wait for a decision end, and newer ones do not', async () => {
  const world = createLockWorld();
  for (const id of ['a', 'b', 'c']) await world.take(id, 'prod');
  await world.ask('a', 'pmo');
  await world.ask('c', 'pmo');
  await world.end('b', 'SUCCEEDED', true);
  await world.advanceAll();
  expect(await world.ledger.latestApproval('a', 'pmo')).toMatchObject({ status: 'WITHDRAWN' });
  expect(await world.ledger.latestApproval('c', 'pmo')).toMatchObject({ status: 'PENDING' });
  expect(world.completion()).toContain('a/pmo: Superseded');
  expect(world.mails.sent.map(({ role }) => role)).toEqual(['pmo', 'qc']);
});

it('passes on errors of the ledger that are no conflict, after the other locks are advanced', async () => {
  const world = createLockWorld();
  await world.take('a', 'prod');
  await world.end('a', 'SUCCEEDED', true);
  Object.assign(world.dependencies.ledger, {
    openApprovals: () => Promise.reject(new Error('throttled')),
  });
  await expect(world.advanceAll()).rejects.toThrow(
    'The environment locks of shop could not be advanced: Error: throttled',
  );
  expect(await world.lock('prod')).toBe('- | -');
});

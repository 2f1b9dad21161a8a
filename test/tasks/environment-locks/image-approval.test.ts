import { requestApproval } from '../../../tasks/approvals/request-approval.ts';
import { ensureLock } from '../../../tasks/environment-locks/ensure-lock.ts';
import { newerThan } from '../../../tasks/environment-locks/newer-than.ts';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import { anImageRequest } from '../doubles/image-approval.ts';
import { aMarking, aReview, ONE_EACH } from '../doubles/samples.ts';
import { createLockWorld } from './lock-world.ts';

/** A promotion that holds Prod while QC is asked about its image, and a newer one that waits for Prod. */
const createImageWorld = async () => {
  const world = createLockWorld();
  const { ledger, dependencies } = world;
  const { now, notices, siteUrl } = dependencies;
  let ids = 0;
  const request = requestApproval({
    ledger,
    now,
    notices,
    siteUrl,
    newApprovalId: () => {
      ids += 1;
      return `image-${ids}`;
    },
    collect: async () => aReview(),
    counts: ONE_EACH,
    shortage: async () => undefined,
    tellMakers: async () => false,
    ensureLock: ensureLock({ ledger, now }),
    newerThan: newerThan({ ledger, whenNewer: 'supersede', now }),
    wakeLocks: async () => undefined,
  });
  /** What the state does, by the function's error if it fails. */
  const ask = (redrives = 0) => {
    const token = `a/image/${redrives}`;
    world.tokens.open(token);
    const { role, state, candidate } = anImageRequest();
    return request({
      promotionId: 'a',
      redrives,
      stateAttempt: redrives * 100,
      taskToken: token,
      role,
      state,
      candidate: { ...candidate, commitId: 'a'.repeat(40) },
      expiresInSeconds: 7 * 86_400,
    }).then(
      ({ attempt }) => `asked ${attempt}`,
      (error: Error) => error.name,
    );
  };
  await world.take('a', 'prod');
  expect(await ask()).toBe('asked 1');
  await world.take('b', 'prod');
  expect(await world.lock('prod')).toBe('a | b');
  /** Nobody decided in time. */
  const expire = async () => {
    world.pass(8 * 24 * 60);
    await world.end('a', 'FAILED');
    await world.tend();
    await world.advanceAll();
  };
  return { ...world, ask, expire };
};

describe('the request about a Prod image', () => {
  it('keeps Prod for its promotion as long as it waits', async () => {
    const world = await createImageWorld();
    world.pass(60);
    await world.advanceAll();
    await world.tend();
    expect(await world.lock('prod')).toBe('a | b');
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({ status: 'PENDING' });
  });

  it('reminds and tells operators as any other', async () => {
    const world = await createImageWorld();
    world.pass(25 * 60);
    await world.tend();
    world.pass(4 * 24 * 60);
    await world.tend();
    expect(world.mails.sent.map(({ subject }) => subject.split(':')[0])).toEqual([
      'QC image approval',
      'Reminder, QC image approval',
      'Waiting for QC',
    ]);
  });

  it('expires, and Prod passes on; a redrive fails while another holds Prod, and asks again when that has failed', async () => {
    const world = await createImageWorld();
    await world.expire();
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({ status: 'EXPIRED' });
    expect(await world.lock('prod')).toBe('b | -');
    await world.redrive('a', 1);
    expect(await world.ask(1)).toBe('EnvironmentLocked');
    await world.end('b', 'FAILED');
    await world.advanceAll();
    await world.redrive('a', 2);
    expect(await world.ask(2)).toBe('asked 2');
    expect(await world.lock('prod')).toBe('a | -');
    expect(await world.lock('qat')).toBe('- | -');
  });

  it('is not made again once Prod runs a newer commit', async () => {
    const world = await createImageWorld();
    await world.expire();
    await world.end('b', 'SUCCEEDED', true);
    await world.advanceAll();
    await world.redrive('a', 1);
    expect(await world.ask(1)).toBe('Stale');
  });

  it('is withdrawn if the commit is marked bad, and not made again', async () => {
    const world = await createImageWorld();
    await markBad(world.ledger, { application: 'shop', commitId: 'a'.repeat(40) }, aMarking());
    await world.advanceAll();
    expect(await world.ledger.latestApproval('a', 'qc')).toMatchObject({
      status: 'WITHDRAWN',
      recalled: { cause: expect.stringContaining('it loses orders') },
    });
    expect(world.completion().at(-1)).toBe('a/image/0: Recalled');
    expect(await world.ask(1)).toBe('Recalled');
  });
});

import fc from 'fast-check';
import type { DeclaredFreeze } from '../../../tasks/calendar/calendar.ts';
import type { Override } from '../../../tasks/calendar/override.ts';
import { freeLock } from '../../../tasks/environment-locks/environment-lock.ts';
import { enqueue, nextLockAction } from '../../../tasks/environment-locks/lock-rules.ts';
import { newerThan } from '../../../tasks/environment-locks/newer-than.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { aDecision, anApproval, aPerson, aWaiter } from '../doubles/samples.ts';
import { createLockWorld } from './lock-world.ts';

const freeze = (more: Partial<DeclaredFreeze> = {}): DeclaredFreeze => ({
  freezeId: 'f1',
  application: 'shop',
  environments: ['qat', 'prod'],
  reason: 'incident',
  declaredBy: { type: 'identity', arn: 'arn' },
  from: '2026-11-22T11:00:00.000Z',
  until: '2026-11-22T18:00:00.000Z',
  ...more,
});
const override = (promotionId: string, environment: Environment, by = 'quinn'): Override => ({
  promotionId,
  application: 'shop',
  environment,
  attempt: 1,
  reason: 'hotfix',
  holds: [{ id: 'declared:f1', name: 'incident' }],
  askedBy: aPerson('olga'),
  askedAt: '2026-11-22T12:00:00.000Z',
  decision: {
    decision: 'confirm',
    role: 'qc',
    person: aPerson(by),
    at: '2026-11-22T12:01:00.000Z',
    signedInAt: '2026-11-22T12:00:00.000Z',
  },
});
const frozenWorld = async () => {
  const world = createLockWorld();
  await world.ledger.addDeclaredFreeze(freeze());
  return world;
};

describe('a promotion that asks for a lock during a freeze', () => {
  it('waits without the lock, and acquires it when the freeze is ended', async () => {
    const world = await frozenWorld();
    await world.take('a', 'prod');
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('- | a');
    const ended = {
      at: '2026-11-22T11:30:00.000Z',
      by: { type: 'identity', arn: 'arn' },
      reason: 'over',
    } as const;
    await world.ledger.replaceDeclaredFreeze(freeze(), { ...freeze(), ended });
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('a | -');
    expect(world.completion()).toEqual(['a/prod/0: ok']);
  });

  it('is passed by one that two people let go on', async () => {
    const world = await frozenWorld();
    await world.take('a', 'prod');
    await world.take('b', 'prod');
    await world.ledger.addOverride(override('b', 'prod'));
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('b | a');
  });

  it('is not let on by one person alone, nor by an override for the other environment', async () => {
    const world = await frozenWorld();
    await world.take('a', 'prod');
    await world.take('b', 'prod');
    await world.ledger.addOverride(override('a', 'prod', 'olga'));
    await world.ledger.addOverride(override('b', 'qat'));
    await world.advance('prod');
    expect(await world.lock('prod')).toBe('- | a b');
  });

  it('does not take the place of one that waits for QC: what has begun ends', async () => {
    const world = createLockWorld();
    await world.take('a');
    await world.ask('a');
    await world.ledger.addDeclaredFreeze(freeze());
    await world.take('b');
    expect(await world.lock()).toBe('a | b');
    expect((await world.ledger.latestApproval('a', 'qc'))?.status).toBe('PENDING');
  });

  it('does not supersede the one in QAT before QC is asked about it either, until the freeze ends', async () => {
    const world = createLockWorld();
    const now = new Date('2026-11-22T12:00:00.000Z');
    const newer = newerThan({ ledger: world.ledger, whenNewer: 'supersede', now: () => now });
    await world.take('a');
    await world.ledger.addDeclaredFreeze(freeze());
    await world.take('b');
    expect(await newer('a', 'shop', 'qat')).toBeUndefined();
    await world.ledger.addOverride(override('b', 'qat'));
    expect(await newer('a', 'shop', 'qat')).toMatchObject({ promotionId: 'b' });
  });

  it('waits at Prod until the latest time that an approver said', async () => {
    const world = createLockWorld();
    const said = (role: 'qc' | 'pmo', notBefore: string) =>
      anApproval({
        promotionId: 'a',
        approvalId: `${role}-of-a`,
        role,
        status: 'APPROVED',
        decisions: [aDecision(aPerson('quinn'), { notBefore })],
      });
    await world.ledger.addApproval(said('qc', '2026-11-22T11:00:00.000Z'));
    await world.ledger.addApproval(said('pmo', '2026-11-23T06:00:00.000Z'));
    await world.take('a', 'prod');
    expect(await world.lock('prod')).toBe('- | a');
  });
});

describe('a redriven state', () => {
  it('fails with EnvironmentFrozen if it would acquire the lock, and goes on if it holds it', async () => {
    const world = createLockWorld();
    await world.take('a', 'prod');
    await world.ledger.addDeclaredFreeze(freeze());
    await world.ensure('a', 'prod');
    await world.end('a', 'FAILED');
    await world.advance('prod');
    await world.redrive('a');
    await expect(world.ensure('a', 'prod', 1)).rejects.toMatchObject({
      name: 'EnvironmentFrozen',
      message:
        'Prod is frozen (Frozen until Sun 22 Nov 2026, 18:00 UTC: incident). Redrive this promotion after that; ' +
        'or an operator asks on its page to go on during the freeze, an approver confirms it, and then it is redriven.',
    });
    await world.ledger.addOverride(override('a', 'prod'));
    await world.ensure('a', 'prod', 1);
    expect(await world.lock('prod')).toBe('a | -');
  });

  it('is not blocked by one that the calendar holds', async () => {
    const world = await frozenWorld();
    await world.take('a', 'prod');
    await world.take('b', 'qat');
    await world.ledger.addOverride(override('b', 'prod'));
    await world.ensure('b', 'prod');
    expect(await world.lock('prod')).toContain('b |');
  });
});

describe('held promotions', () => {
  it('never hold the lock, and one that is not held never waits for them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Environment>('qat', 'prod'),
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
        fc.subarray(['a', 'b', 'c', 'd']),
        (environment, ids, heldIds) => {
          const held = new Set(heldIds);
          let lock = freeLock('shop', environment);
          for (const id of ids) lock = enqueue(lock, aWaiter(id));
          for (;;) {
            const step = nextLockAction(lock, {
              holder: lock.holder && 'working',
              gone: new Set(),
              held,
              bad: new Map(),
              whenNewer: 'supersede',
              live: undefined,
              now: new Date('2026-11-22T12:00:00.000Z'),
            });
            if (step.do !== 'write' && step.do !== 'complete') break;
            lock = step.after;
          }
          expect(held.has(lock.holder?.promotionId ?? '')).toBe(false);
          expect(lock.holder === undefined).toBe(ids.every((id) => held.has(id)));
          if (environment === 'prod') expect(lock.waiting.length + (lock.holder ? 1 : 0)).toBe(ids.length);
        },
      ),
    );
  });
});

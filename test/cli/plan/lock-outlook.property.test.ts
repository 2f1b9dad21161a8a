import fc from 'fast-check';
import { PLANNED_ID, plannedPromotion } from '../../../cli/plan/facts.ts';
import { lockOutlook } from '../../../cli/plan/lock-outlook.ts';
import { readPlannedLocks } from '../../../cli/plan/read-locks.ts';
import { lockingPromotionOf } from '../../../tasks/environment-locks/newer-in-prod.ts';
import { markBad } from '../../../tasks/marks/mark-bad.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { createLockWorld } from '../../tasks/environment-locks/lock-world.ts';

const ids = ['a', 'c', 'e', 'g'] as const;
const step = fc.record({
  do: fc.constantFrom('take', 'ask', 'decide', 'fail', 'promote', 'point', 'mark'),
  id: fc.constantFrom(...ids),
});

/** Who holds the lock, and who waits, with the planned promotion by the name that a plan gives it. */
const standing = (text: string, own: string) => text.split(own).join(PLANNED_ID);

describe('what a plan says of a lock', () => {
  it.each(['qat', 'prod'] as const)('is what asking for the lock of %s does', async (environment) => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        // Older and newer than the others.
        fc.constantFrom('b', 'd', 'z'),
        fc.constantFrom('supersede' as const, 'wait' as const),
        async (steps, own, whenNewer) => {
          const world = createLockWorld({ whenNewer });
          await run(world, steps, environment);
          const { ledger, dependencies } = world;
          const now = dependencies.now();
          const pushedAt = `2026-11-22T11:${String(own.charCodeAt(0) - 96).padStart(2, '0')}:00Z`;
          const planned = plannedPromotion('shop', own.repeat(40), 'main', now, pushedAt);
          const { locks = [], newerInProd } = await readPlannedLocks({ ledger, now: () => now }, planned);
          const lock = locks.find((one) => one.lock.environment === environment);
          if (lock === undefined) throw new Error('no lock was read');
          const outlook = lockOutlook(
            lock,
            { ...lockingPromotionOf(planned), since: now.toISOString(), taskToken: '' },
            { whenNewer, live: newerInProd, now },
          );
          const before = world.completion().length;
          await world.take(own, environment);
          const after = standing(await world.lock(environment), own);
          const told = world.completion().slice(before);
          const [holder = '', waiting = ''] = after.split(' | ');
          const isWaiting = waiting.split(' ').includes(PLANNED_ID);
          const ended = told.find((one) => one.startsWith(`${own}/`) && !one.endsWith(': ok'));
          const kind = ended !== undefined ? 'ends' : isWaiting ? 'waits' : 'acquires';
          seen.add(kind);
          expect([outlook.kind, holder === PLANNED_ID]).toEqual([kind, kind === 'acquires']);
          expect(outlook.error).toBe(ended?.split(': ')[1]);
          expect(outlook.supersedes.map(({ promotionId }) => promotionId).sort()).toEqual(
            told
              .filter((one) => one.endsWith(': Superseded') && !one.startsWith(`${own}/`))
              .map((one) => one.split('/')[0])
              .sort(),
          );
        },
      ),
      { seed: 139, numRuns: 400 },
    );
    // The random steps reach every kind of outlook.
    expect([...seen].sort()).toEqual(['acquires', 'ends', 'waits']);
  });
});

/** Does what is possible of some steps. */
async function run(
  world: ReturnType<typeof createLockWorld>,
  steps: readonly { readonly do: string; readonly id: string }[],
  environment: Environment,
): Promise<void> {
  const taken = new Set<string>();
  const over = new Set<string>();
  for (const { do: what, id } of steps) {
    const holds = (await world.lock(environment)).startsWith(`${id} |`);
    const isOpen = taken.has(id) && !over.has(id);
    if (what === 'take' && !taken.has(id)) {
      taken.add(id);
      await world.take(id, environment);
    }
    if (what === 'mark')
      await markBad(
        world.ledger,
        { application: 'shop', commitId: id.repeat(40) },
        {
          by: { type: 'identity', arn: 'arn:aws:iam::000000000000:user/olga' },
          at: world.dependencies.now().toISOString(),
          reason: 'bad',
        },
      );
    if (!isOpen || !holds) continue;
    if (what === 'ask' && (await world.ledger.latestApproval(id, 'qc')) === undefined) await world.ask(id);
    if (what === 'decide') await world.decide(id);
    if (what === 'fail') {
      over.add(id);
      await world.end(id, 'FAILED');
      await world.advance(environment);
    }
    if (what === 'point' && environment === 'prod') await world.point(id);
    if (what === 'promote') {
      over.add(id);
      await world.end(id, 'SUCCEEDED', environment === 'prod');
      await world.advance(environment);
    }
  }
}

import { appendEvidence } from '../../../tasks/evidence/append-evidence.ts';
import { markBad, unmarkBad } from '../../../tasks/marks/mark-bad.ts';
import { recordMarks } from '../../../tasks/marks/record-marks.ts';
import { createMemoryEvidence } from '../doubles/memory-evidence.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aMarking, aPromotion, COMMIT } from '../doubles/samples.ts';

const commit = { application: 'shop', commitId: COMMIT };
const quinn = { type: 'person', subject: 's', name: 'quinn', verifiedEmail: 'quinn@example.com' } as const;

const createWorld = async () => {
  const ledger = createMemoryLedger();
  const store = createMemoryEvidence();
  const sealed: string[] = [];
  let fails = false;
  await ledger.addPromotion(aPromotion({ promotionId: 'runs' }));
  await ledger.addPromotion(aPromotion({ promotionId: 'ended', status: 'FAILED' }));
  await ledger.addPromotion(aPromotion({ promotionId: 'other', commitId: 'f'.repeat(40) }));
  await ledger.addPromotion(aPromotion({ promotionId: 'elsewhere', application: 'till' }));
  const record = recordMarks({
    application: 'shop',
    ledger,
    append: appendEvidence(store),
    sealEvidence: async (promotionId) => {
      if (fails) throw new Error('KMS is away');
      sealed.push(promotionId);
    },
  });
  const recorded = async () =>
    Object.fromEntries(
      await Promise.all(
        ['runs', 'ended', 'other', 'elsewhere'].map(async (id) => [
          id,
          (await store.entries(id)).map(({ kind }) => kind),
        ]),
      ),
    );
  return {
    ledger,
    store,
    sealed,
    record,
    recorded,
    failSealing: (does: boolean) => {
      fails = does;
    },
  };
};

it('records a mark with every promotion of the commit, seals those that have ended, and does so once', async () => {
  const world = await createWorld();
  await markBad(world.ledger, commit, aMarking());
  await world.record();
  await world.record();
  expect(await world.recorded()).toEqual({
    runs: ['marked-bad'],
    ended: ['marked-bad'],
    other: [],
    elsewhere: [],
  });
  expect(world.sealed).toEqual(['ended']);
  expect((await world.store.entries('ended'))[0]).toMatchObject({
    at: aMarking().at,
    actor: { type: 'person', name: 'olga' },
    what: { commitId: COMMIT, reason: 'it loses orders' },
  });
  expect(await world.ledger.mark('shop', COMMIT)).toEqual({ ...commit, markings: [aMarking()] });

  await unmarkBad(world.ledger, commit, {
    by: quinn,
    at: '2026-11-22T12:00:00.000Z',
    reason: 'it was the disk',
  });
  await world.record();
  expect((await world.recorded()).ended).toEqual(['marked-bad', 'unmarked-bad']);
  expect(world.sealed).toEqual(['ended', 'ended']);
});

it('records again what was cut short', async () => {
  const world = await createWorld();
  await markBad(world.ledger, commit, aMarking());
  world.failSealing(true);
  await expect(world.record()).rejects.toThrow('KMS is away');
  world.failSealing(false);
  await world.record();
  expect((await world.recorded()).ended).toEqual(['marked-bad']);
  expect(world.sealed).toEqual(['ended']);
});

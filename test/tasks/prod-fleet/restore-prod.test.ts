import fc from 'fast-check';
import { PROMOTION_ID } from '../doubles/samples.ts';
import { Killed } from './fleet-world.ts';
import { afterFailure, createRestoreWorld, PARAMETER, type Scene } from './restore-world.ts';

const at = '2026-11-22T12:00:00.000Z';

describe('after a Prod deployment that failed', () => {
  it('points Prod at the image that serves, deletes what was left, and mails operators once', async () => {
    const world = await createRestoreWorld();
    await world.restore();
    expect(world.parameter).toBe('ami-old');
    expect(world.kept()).toEqual(['blue']);
    expect(await world.promotion()).toMatchObject({
      prodRestored: { redrives: 0, imageId: 'ami-old', at },
    });
    await world.restore();
    expect(world.written).toEqual(['ami-old']);
    expect(world.mails).toHaveLength(1);
    const [mail] = world.mails;
    expect(mail).toMatchObject({
      role: 'operator',
      subject: 'Prod is restored: shop 8f0c9c1f does not run there',
    });
    for (const words of [
      '2 instance(s) of the Auto Scaling group blue',
      `ami-old; new instances start from it (parameter ${PARAMETER})`,
      'A redrive points Prod at ami-new again and starts a new deployment',
    ])
      expect(mail?.message).toContain(words);
  });

  it('of the first promotion there was, points Prod at the image of the seed group', async () => {
    const seed = { groups: { seed: ['ami-al2023', 'ami-al2023'], green: ['ami-new'] }, live: 'seed' };
    const world = await createRestoreWorld({ ...seed, healthy: ['seed-0', 'seed-1'] });
    await world.restore();
    expect([world.parameter, world.kept()]).toEqual(['ami-al2023', ['seed']]);
  });

  it('that never was started, only points Prod back', async () => {
    const world = await createRestoreWorld({
      run: undefined,
      groups: { blue: ['ami-old'] },
      healthy: ['blue-0'],
    });
    await world.restore();
    expect([world.parameter, world.kept()]).toEqual(['ami-old', ['blue']]);
  });

  it('whose start was cut short, waits until no run can come of it', async () => {
    const cutShort = { run: 'unknown', groups: { blue: ['ami-old', 'ami-old'] } } as const;
    const world = await createRestoreWorld({ ...cutShort, stopDate: new Date('2026-11-22T11:51:00.000Z') });
    await expect(world.restore()).rejects.toMatchObject({ name: 'ProdInUse' });
    expect([world.parameter, world.mails]).toEqual(['ami-new', []]);
    world.execution.stopDate = new Date('2026-11-22T11:50:00.000Z');
    await world.restore();
    expect([world.parameter, world.mails.length]).toEqual(['ami-old', 1]);
  });

  it('names instances that were added from the unproven image meanwhile', async () => {
    const world = await createRestoreWorld({
      groups: { blue: ['ami-old', 'ami-new', 'ami-new'] },
      healthy: ['blue-0', 'blue-1', 'blue-2'],
    });
    await world.restore();
    expect(world.parameter).toBe('ami-old');
    expect(world.mails[0]?.message).toContain('Other image: blue-1, blue-2.');
  });

  it('leaves the image when requests have gone over to it, and says that it serves', async () => {
    const world = await createRestoreWorld({
      live: 'green',
      healthy: ['green-0', 'green-1'],
    });
    await world.restore();
    expect([world.parameter, world.written, world.kept()]).toEqual(['ami-new', [], ['green']]);
    expect(world.mails[0]?.subject).toBe('Prod runs the failed commit: shop 8f0c9c1f');
  });

  it('leaves alone what another promotion has pointed Prod at since', async () => {
    const world = await createRestoreWorld({ parameter: 'ami-newer' });
    await world.restore();
    expect([world.written, world.mails]).toEqual([[], []]);
  });

  it('points it back from an image that somebody put there, while no other promotion can have done so', async () => {
    const world = await createRestoreWorld({ parameter: 'ami-of-nobody' });
    const lock = await world.ledger.lock('shop', 'prod');
    await world.ledger.replaceLock(lock, {
      ...lock,
      holder: { promotionId: PROMOTION_ID } as NonNullable<typeof lock.holder>,
    });
    await world.restore();
    expect([world.parameter, world.kept(), world.mails.length]).toEqual(['ami-old', ['blue'], 1]);
  });

  it('again, after a redrive, does it all again', async () => {
    const world = await createRestoreWorld({
      redriveCount: 1,
      promotion: {
        ...afterFailure.promotion,
        prodRestored: { redrives: 0, imageId: 'ami-old', at },
      },
    });
    await world.restore();
    expect([world.parameter, world.kept(), world.mails.length]).toEqual(['ami-old', ['blue'], 1]);
  });

  it.each<[string, Partial<Scene>]>([
    [
      'the promotion never was about to point Prod at its image',
      { promotion: { images: { qat: 'ami-qat' } } },
    ],
    [
      'the deployment succeeded, and something failed after it',
      { promotion: { ...afterFailure.promotion, deployments: { prod: 'd-1' } } },
    ],
    ['the deployment succeeded, which is not noted yet', { run: 'Succeeded' }],
    ['the promotion succeeded', { status: 'SUCCEEDED' }],
  ])('does nothing when %s', async (_, change) => {
    const world = await createRestoreWorld(change);
    await world.restore();
    expect([world.written, world.fleet.log, world.mails]).toEqual([[], [], []]);
    expect((await world.promotion())?.prodRestored).toBeUndefined();
  });

  it.each<[string, Partial<Scene>, RegExp]>([
    ['the execution runs', { status: 'RUNNING' }, /runs: Prod is restored only after it has ended/],
    ['CodeDeploy deploys', { running: ['d-1'] }, /deployment d-1 of shop\/prod has not ended/],
    ['the pipeline runs', { run: 'InProgress' }, /The pipeline still deploys/],
    ['the pipeline is being stopped', { run: 'Stopping' }, /The pipeline still deploys/],
  ])('changes nothing while %s, and fails with ProdInUse', async (_, change, message) => {
    const world = await createRestoreWorld(change);
    await expect(world.restore()).rejects.toMatchObject({
      name: 'ProdInUse',
      message: expect.stringMatching(message),
    });
    expect([world.written, world.fleet.log, world.mails]).toEqual([[], [], []]);
  });

  it('has a rollback of CodeDeploy that waits go on before it restores Prod', async () => {
    const world = await createRestoreWorld({ running: ['d-1', 'd-2'] });
    await expect(world.restore()).rejects.toMatchObject({ name: 'ProdInUse' });
    expect(world.fleet.continued).toEqual(['d-1', 'd-2']);
  });

  it.each<[string, Partial<Scene>, RegExp]>([
    ['the deployment group is missing', { live: undefined }, /names the Auto Scaling group \(none\)/],
    [
      'the group that it names is missing',
      { live: 'gone' },
      /names the Auto Scaling group gone, which does not exist/,
    ],
    ['nothing takes requests', { healthy: [] }, /No instance of the Auto Scaling group blue/],
    ['only another group takes requests', { healthy: ['green-0'] }, /load balancer; of green there are/],
    [
      'another group is needed to serve',
      { healthy: ['blue-0', 'green-0'] },
      /Only 1 of 2 instances of the Auto Scaling group blue take requests; the others go to green/,
    ],
  ])('changes nothing when %s, and fails with ProdNotCertain', async (_, change, message) => {
    const world = await createRestoreWorld(change);
    await expect(world.restore()).rejects.toMatchObject({
      name: 'ProdNotCertain',
      message: expect.stringMatching(message),
    });
    expect([world.written, world.fleet.log, world.mails]).toEqual([[], [], []]);
  });

  it('ends the same at every point that it is killed at, with the same mail', async () => {
    const whole = await createRestoreWorld();
    await whole.restore();
    const moments = 2 * whole.calls;
    expect(moments).toBeGreaterThan(20);
    for (let killAt = 1; killAt <= moments; killAt++) {
      const world = await createRestoreWorld();
      await expect(world.restore(killAt)).rejects.toThrow(Killed);
      await world.restore();
      expect([killAt, world.parameter, world.kept(), await world.promotion()]).toEqual([
        killAt,
        'ami-old',
        ['blue'],
        await whole.promotion(),
      ]);
      expect(world.fleet.log).toEqual(['remove green']);
      expect(new Set(world.mails.map(({ message }) => message))).toEqual(new Set([whole.mails[0]?.message]));
    }
  });

  it('changes nothing more once the promotion is redriven, but for the call that was on its way', async () => {
    const whole = await createRestoreWorld();
    await whole.restore();
    for (let call = 1; call <= whole.calls; call++) {
      const world = await createRestoreWorld();
      const changes = () => world.written.length + world.fleet.log.length + world.mails.length;
      let before = 0;
      world.before.set(call, () => {
        world.execution = { ...world.execution, status: 'RUNNING', redriveCount: 1 };
        before = changes();
      });
      await world.restore().catch(() => {});
      expect([call, changes() - before <= 1]).toEqual([call, true]);
    }
  });
});

describe('in every state of Prod', () => {
  const image = fc.constantFrom('ami-old', 'ami-new', 'ami-other');
  const scenes = fc
    .record({
      blue: fc.array(image, { maxLength: 4 }),
      green: fc.array(image, { maxLength: 4 }),
      old: fc.array(image, { maxLength: 2 }),
      live: fc.constantFrom('blue', 'green', 'gone', undefined),
      parameter: fc.constantFrom('ami-old', 'ami-new', 'ami-third', undefined),
      running: fc.constantFrom([], [], ['d-9']),
      status: fc.constantFrom('FAILED', 'TIMED_OUT', 'ABORTED', 'RUNNING', 'SUCCEEDED' as const),
      run: fc.constantFrom('InProgress', 'Succeeded', 'Failed', 'Failed', undefined),
      sick: fc.func(fc.boolean()),
    })
    .map(({ blue, green, old, sick, ...rest }) => {
      const groups = { blue, green, old };
      const all = Object.entries(groups).flatMap(([name, images]) => images.map((_, n) => `${name}-${n}`));
      return { ...rest, groups, healthy: all.filter((id) => !sick(id)) } as Partial<Scene> &
        Pick<Scene, 'groups' | 'healthy'>;
    });
  const imagesOf = ({ groups, healthy }: Pick<Scene, 'groups' | 'healthy'>) =>
    Object.entries(groups).flatMap(([name, images]) =>
      images.filter((_, n) => healthy.includes(`${name}-${n}`)),
    );

  it('points at nothing but what serves, deletes nothing that is needed to serve, and repeats nothing', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const world = await createRestoreWorld(scene);
        const first = await world.restore().then(
          () => 'done',
          ({ name }: Error) => name,
        );
        expect(['done', 'ProdInUse', 'ProdNotCertain']).toContain(first);
        for (const written of world.written) expect(imagesOf(scene)).toContain(written);
        expect(world.written.length).toBeLessThanOrEqual(1);
        if (first !== 'done') expect(world.fleet.log).toEqual([]);
        const removed = world.fleet.log.map((line) => line.replace('remove ', ''));
        expect(removed).not.toContain(scene.live);
        if (removed.length > 0) {
          const { [scene.live ?? '']: live = [] } = scene.groups;
          const taking = scene.healthy.filter((id) => id.startsWith(`${scene.live}-`)).length;
          const others = scene.healthy.length - taking;
          expect(others === 0 || taking === live.length).toBe(true);
        }
        const sofar = [[...world.written], [...world.fleet.log], world.mails.length];
        await world.restore().catch(() => {});
        expect([world.written, world.fleet.log, world.mails.length]).toEqual(sofar);
      }),
      { numRuns: 300 },
    );
  });
});

import * as fc from 'fast-check';
import {
  driftLines,
  driftNews,
  driftOf,
  expectationOf,
  type LedgerSight,
  type SeenInstance,
  stateOf,
} from '../../../tasks/drift/drift-rules.ts';
import type { Delivery, ExpectedRelease, InstanceStatus } from '../../../tasks/drift/environment-status.ts';
import { aPromotion, aRelease, COMMIT } from '../doubles/samples.ts';

const release: ExpectedRelease = {
  promotionId: 'release-a',
  commitId: COMMIT,
  imageId: 'ami-a',
  deploymentId: 'd-a',
};
const delivery: Delivery = { deploymentId: 'd-a', at: '2026-11-20T12:00:00.000Z', isExpected: true };
const other: Delivery = { deploymentId: 'd-x', at: '2026-11-21T12:00:00.000Z', isExpected: false };
const serves: SeenInstance = {
  instanceId: 'i-1',
  lifecycle: 'InService',
  group: 'blue',
  takesRequests: true,
  imageId: 'ami-a',
};

describe('what an environment should run', () => {
  const next = (change: object = {}) =>
    aPromotion({ promotionId: 'next', commitId: '1'.repeat(40), images: { prod: 'ami-b' }, ...change });
  it.each<[string, 'qat' | 'prod', LedgerSight, object]>([
    [
      'nothing before the first promotion',
      'prod',
      {},
      { notCompared: 'no promotion has been deployed there yet' },
    ],
    [
      'the release that is live',
      'prod',
      { deployed: aRelease() },
      { release: { deploymentId: 'd-a', imageId: 'ami-a' } },
    ],
    [
      'the same while the next promotion builds its image',
      'prod',
      { deployed: aRelease(), holder: next({ images: {} }) },
      { release: { deploymentId: 'd-a' } },
    ],
    [
      'nothing from the moment on at which the next one has its image',
      'prod',
      { deployed: aRelease(), holder: next() },
      { notCompared: '11111111 changes it' },
    ],
    [
      'nothing while Prod is restored after it failed',
      'prod',
      { deployed: aRelease(), holder: next({ status: 'FAILED' }) },
      { notCompared: '11111111 changes it' },
    ],
    [
      'its own release while it verifies Prod',
      'prod',
      { deployed: aRelease({ status: 'RUNNING' }), holder: aRelease({ status: 'RUNNING' }) },
      { release: { deploymentId: 'd-a' } },
    ],
    [
      'nothing of QAT while it is deployed',
      'qat',
      { deployed: next() },
      { notCompared: '11111111 is being deployed' },
    ],
    [
      'nothing of QAT after that failed',
      'qat',
      { deployed: next({ status: 'FAILED' }) },
      { notCompared: '11111111 ended before its deployment had succeeded' },
    ],
    [
      'the candidate while QC decides about it',
      'qat',
      { deployed: aRelease({ status: 'RUNNING' }), holder: aRelease({ status: 'RUNNING' }) },
      { release: { deploymentId: 'd-a-qat', imageId: 'ami-a-qat' } },
    ],
    [
      'nothing if the ledger has no image of it',
      'prod',
      { deployed: aRelease({ images: {} }) },
      { notCompared: 'the ledger has no image of 8f0c9c1f' },
    ],
  ])('is %s', (_, environment, sight, expected) => {
    expect(expectationOf(environment, sight)).toMatchObject(expected);
  });
});

describe('an instance', () => {
  it.each<[string | undefined, boolean | undefined, string]>([
    ['InService', true, 'serves'],
    ['InService', undefined, 'serves'],
    ['InService', false, 'idle'],
    ['Pending', false, 'starting'],
    ['Pending:Wait', undefined, 'starting'],
    ['Pending:Proceed', false, 'starting'],
    ['Warmed:Stopped', false, 'starting'],
    ['Terminating:Wait', undefined, 'leaving'],
    ['Standby', false, 'leaving'],
    ['Detaching', false, 'leaving'],
    // It is in none of the groups.
    [undefined, true, 'serves'],
    // The load balancer sends it requests until it is deregistered.
    ['Terminating', true, 'serves'],
  ])('that is %s, with requests: %s, %s', (lifecycle, takesRequests, state) => {
    expect(
      stateOf({
        instanceId: 'i-1',
        ...(lifecycle !== undefined && { lifecycle }),
        ...(takesRequests !== undefined && { takesRequests }),
      }),
    ).toBe(state);
  });

  it.each<[string, Partial<SeenInstance>, Delivery | 'unread' | undefined, readonly RegExp[]]>([
    ['with image and revision of the release', {}, delivery, []],
    ['that Auto Scaling added, with the same revision', {}, { ...delivery, deploymentId: 'd-auto' }, []],
    ['with another image', { imageId: 'ami-x' }, delivery, [/^runs image ami-x, not ami-a$/]],
    [
      'with another revision',
      {},
      other,
      [/^runs a revision that no recent promotion deployed, by deployment d-x, not commit 8f0c9c1f$/],
    ],
    [
      'with an earlier release',
      {},
      { ...other, commitId: '2'.repeat(40) },
      [/^runs commit 22222222, by deployment d-x/],
    ],
    ['without a revision', {}, undefined, [/^has no revision: neither deployment d-a nor/]],
    ['of another group', { group: 'green' }, delivery, [/is not in the Auto Scaling group blue/]],
    ['with both', { imageId: 'ami-x' }, other, [/image ami-x/, /d-x/]],
    ['whose image EC2 does not tell', { imageId: undefined as never }, delivery, []],
    ['while deployments cannot be read', {}, 'unread', []],
  ])('%s is told as it is', (_, change, got, expected) => {
    const found = driftOf({ ...serves, ...change }, release, got, 'blue');
    expect(found).toHaveLength(expected.length);
    expected.forEach((pattern, index) => {
      expect(found[index]).toMatch(pattern);
    });
  });

  it('is never drift unless it takes requests: it starts, ends, or is the other group of a blue/green', () => {
    void fc.assert(
      fc.property(
        fc.constantFrom('Pending', 'Pending:Wait', 'InService', 'Terminating', 'Terminating:Wait', 'Standby'),
        fc.constantFrom('ami-a', 'ami-x', undefined),
        fc.constantFrom(delivery, other, undefined, 'unread' as const),
        fc.constantFrom('blue', 'green'),
        (lifecycle, imageId, got, group) => {
          const one = {
            instanceId: 'i-1',
            lifecycle,
            group,
            takesRequests: false,
            ...(imageId && { imageId }),
          };
          expect(driftOf(one, release, got, 'blue')).toEqual([]);
        },
      ),
    );
  });
});

describe('mail about drift', () => {
  const instance = (instanceId: string, ...drift: string[]): InstanceStatus => ({
    instanceId,
    state: 'serves',
    drift,
  });
  const look = (instances: readonly InstanceStatus[], change: object = {}) => ({
    instances,
    unread: [],
    ...change,
  });

  it.each<[string, Parameters<typeof driftNews>, object]>([
    ['none while all is as it should be', [look([instance('i-1')]), []], { told: [] }],
    ['one when drift appears', [look([instance('i-1', 'x')]), []], { mail: 'appeared', told: ['i-1 x'] }],
    ['none while it stays', [look([instance('i-1', 'x')]), ['i-1 x']], { told: ['i-1 x'] }],
    [
      'one when more appears',
      [look([instance('i-1', 'x'), instance('i-2', 'x')]), ['i-1 x']],
      { mail: 'appeared', told: ['i-1 x', 'i-2 x'] },
    ],
    ['none when some is gone', [look([instance('i-1', 'x')]), ['i-1 x', 'i-2 x']], { told: ['i-1 x'] }],
    ['one when all is gone', [look([instance('i-1')]), ['i-1 x']], { mail: 'gone', told: [] }],
    [
      'none when a promotion changes the environment',
      [look([instance('i-1')], { notCompared: 'x' }), ['i-1 x']],
      { told: ['i-1 x'] },
    ],
    ['none when it cannot be read', [look([], { unread: ['x'] }), ['i-1 x']], { told: ['i-1 x'] }],
    [
      'one when new drift is all that can be read',
      [look([instance('i-2', 'x')], { unread: ['x'] }), ['i-1 x']],
      { mail: 'appeared', told: ['i-2 x', 'i-1 x'] },
    ],
  ])('is %s', (_, given, expected) => {
    expect(driftNews(...given)).toEqual(expected);
  });

  it('comes once for each appearance, in any order of looks, and says that drift is gone only if it is', () => {
    const looks = fc.array(
      fc.record({
        differing: fc.subarray(['i-1', 'i-2', 'i-3']),
        isWhole: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    void fc.assert(
      fc.property(looks, (all) => {
        let told: readonly string[] = [];
        let isTold = false;
        for (const { differing, isWhole } of all) {
          const status = look(
            (isWhole ? ['i-1', 'i-2', 'i-3'] : differing).map((id) =>
              differing.includes(id) ? instance(id, 'x') : instance(id),
            ),
            isWhole ? {} : { unread: ['x'] },
          );
          const news = driftNews(status, told);
          if (news.mail === 'appeared') isTold = true;
          if (news.mail === 'gone') {
            expect([isTold, isWhole, differing]).toEqual([true, true, []]);
            isTold = false;
          }
          // Everything that is seen is known by then, and a look like this one tells nothing new.
          expect(driftLines(status).every((line) => news.told.includes(line))).toBe(true);
          expect(driftNews(status, news.told).mail).toBeUndefined();
          if (differing.length > 0) expect(isTold).toBe(true);
          told = news.told;
        }
      }),
    );
  });
});

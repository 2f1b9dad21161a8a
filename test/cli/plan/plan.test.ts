import fc from 'fast-check';
import type { PlanFacts, PlannedLock } from '../../../cli/plan/facts.ts';
import { planOf } from '../../../cli/plan/plan.ts';
import { planText } from '../../../cli/plan/plan-text.ts';
import type { RecipeContents } from '../../../tasks/approvals/image-contents.ts';
import { freeLock } from '../../../tasks/environment-locks/environment-lock.ts';
import type { Person } from '../../../tasks/ledger/items.ts';
import type { ApproverRole, Environment } from '../../../tasks/payloads.ts';
import { totalOf } from '../../../tasks/prices/cost-line.ts';
import { usEast1 } from '../../../tasks/prices/price-list.ts';
import { promotionCost } from '../../../tasks/prices/promotion-cost.ts';
import {
  aJob,
  aMaker,
  anApproval,
  aPromotion,
  approvedBy,
  aRelease,
  COMMIT,
} from '../../tasks/doubles/samples.ts';

const now = new Date('2026-11-22T12:00:00.000Z');
const sizes = { instanceType: 't3.small', instances: 2, testMinutes: 0 };
const way = [
  ...['Lock QAT', 'Build QAT image', 'Point QAT at image', 'Refresh QAT instance', 'Deploy to QAT'],
  ...['QC approval', 'PMO approval', 'Lock Prod', 'Confirm approvers', 'Build Prod image'],
  ...['Point Prod at image', 'Deploy to Prod', 'Verify Prod', 'Promoted'],
];
const member = (name: string, role: ApproverRole): Person => ({
  subject: `sub-of-${name}`,
  name,
  verifiedEmail: `${name}@example.com`,
  groups: [role],
});
const free = (environment: Environment): PlannedLock => ({
  lock: freeLock('shop', environment),
  held: new Map(),
  view: { application: 'shop', environment, waiting: [] },
  gone: new Set(),
  bad: new Map(),
});
const frozen = (environment: Environment, until?: string): PlannedLock => ({
  ...free(environment),
  held: new Map([
    [
      'planned',
      {
        environment,
        holds: [],
        reasons: ['year-end close'],
        timeZone: 'UTC',
        ...(until !== undefined && { until }),
      },
    ],
  ]),
});
const recipe = (change: Partial<RecipeContents> = {}): RecipeContents => ({
  recipe: 'shop 1.0.1',
  parentImage: 'amazon-linux-2023-x86 x.x.x',
  components: ['nodejs 1.0.0', 'agent 1.0.0'],
  ...change,
});
const alarm = (name: string) => ({ name, since: now.toISOString(), meaning: 'Too many errors.' });

/** A commit that nothing is in the way of. */
const clear: PlanFacts = {
  application: 'shop',
  commitId: COMMIT,
  now,
  settings: {
    repositoryName: 'shop',
    branch: 'main',
    counts: { qc: 1, pmo: 1 },
    makersMayDecide: false,
    whenNewer: 'supersede',
    watchedAlarms: ['shop-errors'],
  },
  way,
  place: 'ahead',
  live: aRelease({ commitId: 'a'.repeat(40) }),
  change: { commitCount: 1, bad: [], fileCount: { added: 1, changed: 0, removed: 0 } },
  request: { candidate: { pushedBy: '' }, review: { makers: [aMaker('dana@example.com')] } },
  members: { qc: [member('quinn', 'qc')], pmo: [member('parker', 'pmo')] },
  absences: [],
  locks: [free('qat'), free('prod')],
  calendar: { calendar: { freezes: [], windows: [] }, declared: [] },
  alarms: { at: now.toISOString(), on: [] },
  faults: [],
  images: { next: { qat: recipe(), prod: recipe() }, live: recipe() },
  configuration: { now: 'c1', live: 'c1' },
  past: [],
  unknown: [],
};
const plan = (change: Partial<PlanFacts> = {}) => planOf({ ...clear, ...change }, sizes, usEast1);
const fault = (event: string) => ({ severity: 'error' as const, file: 'appspec.yml', event, text: 'None.' });

it('says where people would be asked about a Prod image', () => {
  const prodBuild = (change: Partial<PlanFacts>) =>
    plan(change).builds.find(({ state }) => state === 'Build Prod image')?.text;
  const asks =
    'if it differs from the approved QAT image in more than image.drift allows, QC and PMO are asked about it';
  expect(prodBuild({})).not.toContain(asks);
  const asking = way.flatMap((state) =>
    state === 'Point Prod at image' ? ['Is Prod image as approved?', state] : [state],
  );
  expect(prodBuild({ way: asking })).toContain(asks);
  expect(plan({ way: asking }).builds[0]?.text).not.toContain(asks);
});

describe('a plan ends', () => {
  it.each<readonly [why: string, change: Partial<PlanFacts>, name: string, state: string | undefined]>([
    ['as promoted, with nothing in the way', {}, 'Promoted', 'Promoted'],
    ['without a start, for a commit that is not there', { place: 'missing' }, 'NotStarted', undefined],
    ['without a start, for a bad commit', { bad: 'olga marked it bad' }, 'Recalled', undefined],
    [
      'where it is, for one that runs, bad or not',
      { running: { promotion: aPromotion(), whereabouts: 'at QC approval' }, bad: 'olga marked it bad' },
      'InProgress',
      undefined,
    ],
    ['unknown, if the commit cannot be read', { place: undefined as never }, 'Unknown', undefined],
    [
      'at Deploy to QAT, for an AppSpec file that the agent cannot use',
      { faults: [fault('AfterAllowTraffic'), fault('DownloadBundle')] },
      'DeploymentFailed',
      'Deploy to QAT',
    ],
    [
      'at Deploy to Prod, for a hook that QAT does not run',
      { faults: [fault('BeforeAllowTraffic')] },
      'DeploymentFailed',
      'Deploy to Prod',
    ],
    [
      'as promoted, for a hook of the next promotion',
      { faults: [fault('BeforeBlockTraffic')] },
      'Promoted',
      'Promoted',
    ],
    [
      'before QC is asked, if Prod runs a newer commit',
      {
        place: 'passed',
        newerInProd: {
          promotionId: 'newer',
          commitId: 'b'.repeat(40),
          pushedAt: now.toISOString(),
          startedAt: now.toISOString(),
        },
      },
      'Superseded',
      'QC approval',
    ],
    [
      'in vain, if nobody may decide',
      { members: { qc: [member('dana', 'qc')], pmo: [member('parker', 'pmo')] } },
      'States.Timeout',
      'QC approval',
    ],
    [
      'in vain, if one person is all there is in both roles',
      { members: { qc: [member('sam', 'qc')], pmo: [member('sam', 'pmo')] } },
      'States.Timeout',
      'PMO approval',
    ],
    [
      'in vain, in a freeze without an end',
      { locks: [free('qat'), frozen('prod')] },
      'States.Timeout',
      'Lock Prod',
    ],
    [
      'as promoted, after a freeze',
      { locks: [free('qat'), frozen('prod', '2026-11-23T07:00:00.000Z')] },
      'Promoted',
      'Promoted',
    ],
    [
      'at Deploy to Prod, while an alarm is on that watches it',
      { alarms: { at: now.toISOString(), on: [alarm('shop-errors')] } },
      'AlarmOn',
      'Deploy to Prod',
    ],
    [
      'as promoted, while another alarm is on',
      { alarms: { at: now.toISOString(), on: [alarm('shop-slow')] } },
      'Promoted',
      'Promoted',
    ],
  ])('%s', (_why, change, name, state) => {
    const made = plan(change);
    expect([made.end.name, made.end.state]).toEqual([name, state]);
    expect(made.states).toEqual(state === undefined ? [] : way.slice(0, way.indexOf(state) + 1));
    expect(made.begins === undefined).toBe(state === undefined);
  });
});

describe('a plan says', () => {
  it('what the image gets, and that the configuration differs', () => {
    const prod = recipe({ parentImage: 'own 2.0.0', components: ['agent 1.0.0', 'jdk 21.0.0'] });
    const made = plan({
      images: { next: { qat: prod, prod }, live: recipe() },
      configuration: { now: 'c2', live: 'c1' },
    });
    expect(made.imageChanges).toEqual([
      'Starts from own 2.0.0 instead of amazon-linux-2023-x86 x.x.x.',
      'Adds jdk 21.0.0.',
      'Leaves out nodejs 1.0.0.',
    ]);
    expect(made.configurationChange).toContain('c2 is deployed now');
  });

  it('who may decide for somebody who is absent, and that a maker’s substitute may not', () => {
    const [quinn, dana, sam] = ['quinn', 'dana', 'sam'].map((name) => member(name, 'qc')) as [
      Person,
      Person,
      Person,
    ];
    const absence = (absent: Person, substitute: Person) => ({
      absence: {
        absenceId: absent.name,
        role: 'qc' as const,
        absent,
        substitute,
        from: '2026-11-20T00:00:00Z',
        until: '2026-11-30T00:00:00Z',
        reason: 'vacation',
        setAt: '2026-11-19T00:00:00Z',
      },
      absentIsMember: true,
    });
    const [qc] = plan({
      members: { qc: [quinn, dana], pmo: [member('parker', 'pmo')] },
      absences: [absence(quinn, sam), absence(dana, member('erin', 'qc'))],
    }).gates;
    expect(qc?.mayDecide).toEqual(['sam']);
    expect(qc?.mayNot).toEqual([
      { name: 'quinn', why: 'handed QC to sam until 30 Nov 2026, 00:00 UTC' },
      { name: 'dana', why: 'handed QC to erin until 30 Nov 2026, 00:00 UTC' },
      { name: 'erin', why: expect.stringContaining('dana wrote or committed this change') },
    ]);
  });

  it('times and costs of earlier promotions with their range, by the rule of cost', () => {
    const pasts = [10, 30, 20].map((minutes) => ({
      promotion: aRelease(),
      jobs: [
        aJob({
          status: 'SUCCEEDED',
          startedAt: '2026-11-22T10:00:00.000Z',
          endedAt: new Date(Date.parse('2026-11-22T10:00:00.000Z') + minutes * 60_000).toISOString(),
        }),
        aJob({
          status: 'FAILED',
          startedAt: '2026-11-22T09:00:00.000Z',
          endedAt: '2026-11-22T09:05:00.000Z',
        }),
      ],
      approvals: [],
    }));
    const made = plan({ past: pasts });
    expect(made.time).toMatchObject({
      promotions: 3,
      jobs: { least: 10, median: 20, most: 30 },
      states: [{ state: 'Build QAT image', least: 10, median: 20, most: 30 }],
      approvals: { most: 0 },
    });
    const costs = pasts.map(({ jobs }) => totalOf(promotionCost(jobs, undefined, sizes, usEast1, now).lines));
    expect(made.cost).toMatchObject({ least: Math.min(...costs), most: Math.max(...costs), promotions: 3 });
    expect(plan().time).toBeUndefined();
  });

  it('that Prod runs the commit already', () => {
    expect(plan({ place: 'head', live: aRelease({ commitId: COMMIT }) }).warnings).toContain(
      'Prod runs this commit already.',
    );
    expect(plan().warnings).toEqual(['Who pushes it is a maker as well, and may not decide.']);
  });

  it('how long approvers took', () => {
    const approval = {
      ...anApproval({ requestedAt: '2026-11-22T10:00:00.000Z' }),
      ...approvedBy(member('quinn', 'qc')),
    };
    const [decision] = approval.decisions ?? [];
    const minutes = (Date.parse(decision?.at ?? '') - Date.parse('2026-11-22T10:00:00.000Z')) / 60_000;
    const made = plan({ past: [{ promotion: aRelease(), jobs: [], approvals: [approval] }] });
    expect(made.time?.approvals.median).toBe(Math.max(0, minutes));
  });
});

it('is made of any facts: what is not known is not told, and every state is of the way', () => {
  const optional = [
    ...(['settings', 'way', 'place', 'live', 'change', 'request', 'members', 'locks', 'calendar'] as const),
    ...(['alarms', 'faults', 'images', 'configuration', 'past'] as const),
  ];
  fc.assert(
    fc.property(fc.subarray(optional), (left) => {
      const facts = Object.fromEntries(
        Object.entries(clear).filter(([name]) => !(left as readonly string[]).includes(name)),
      ) as unknown as PlanFacts;
      const made = planOf({ ...facts, unknown: left.map((one) => `${one}: not allowed`) }, sizes, usEast1);
      const is = (name: string) => (left as readonly string[]).includes(name);
      expect(way.slice(0, made.states.length)).toEqual(made.states);
      if (is('place')) expect(made.end.name).toBe('Unknown');
      if (is('settings')) expect(made.gates).toEqual([]);
      if (is('members') || is('request'))
        for (const gate of made.gates)
          expect([gate.mayDecide, gate.shortage]).toEqual([undefined, undefined]);
      if (is('locks')) expect(made.locks).toEqual([]);
      if (is('images')) expect(made.imageChanges).toBeUndefined();
      const text = planText(made);
      for (const one of left) expect(text).toContain(`${one}: not allowed`);
    }),
    { seed: 140, numRuns: 300 },
  );
});

it('is told on one line each, and what commits say cannot rewrite the terminal', () => {
  const text = planText(plan({ title: 'Show \u001b[2Jthe cart' }));
  expect(text).not.toContain('\u001b');
  expect(text).toMatch(/^8f0c9c1f of shop: Show/);
  expect(text).toContain('QC                1 must approve; quinn may');
});

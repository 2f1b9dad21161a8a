import fc from 'fast-check';
import type { Acceptance } from '../../../tasks/vulnerabilities/acceptance.ts';
import { compareFindings } from '../../../tasks/vulnerabilities/compare-findings.ts';
import {
  type Finding,
  findingText,
  imageFindings,
  rankOf,
  severities,
} from '../../../tasks/vulnerabilities/finding.ts';
import { defaultGate, type GateRule, judgeFindings } from '../../../tasks/vulnerabilities/gate.ts';
import { aFinding, anAcceptance } from './sample-findings.ts';

const now = new Date('2026-11-22T10:00:00.000Z');
const isStopped = (rules: readonly GateRule[], finding: Finding, before: readonly Finding[] = []): boolean =>
  judgeFindings(compareFindings(before, [finding]), rules, [], now).failing.length > 0;

describe('by default the gate', () => {
  const known = aFinding();
  it.each<readonly [string, boolean, Finding, readonly Finding[]]>([
    ['stops a new critical with a fix', true, aFinding(), []],
    ['lets one pass that Prod has already', false, known, [known]],
    ['lets one pass without a fix', false, aFinding('CVE-2026-1', { isFixable: false }), []],
    ['lets a new high one pass', false, aFinding('CVE-2026-1', { severity: 'high' }), []],
    [
      'stops what is known to be exploited, of any severity and without a fix',
      true,
      aFinding('CVE-2026-1', { severity: 'low', isFixable: false, isKnownExploited: true }),
      [],
    ],
    [
      'stops what is known to be exploited even if Prod has it',
      true,
      aFinding('CVE-2026-1', { isKnownExploited: true }),
      [known],
    ],
  ])('%s', (_, stopped, finding, before) => {
    expect(isStopped(defaultGate, finding, before)).toBe(stopped);
  });
});

describe('a rule', () => {
  it.each<readonly [GateRule, Finding, boolean]>([
    [{}, aFinding('CVE-2026-1', { severity: 'untriaged', isFixable: false }), true],
    [{ severity: 'high' }, aFinding('CVE-2026-1', { severity: 'critical' }), true],
    [{ severity: 'high' }, aFinding('CVE-2026-1', { severity: 'medium' }), false],
    [{ fixable: false }, aFinding(), false],
    [{ fixable: false }, aFinding('CVE-2026-1', { isFixable: false }), true],
    [{ knownExploited: false }, aFinding('CVE-2026-1', { isKnownExploited: true }), false],
  ])('%j', (rule, finding, stopped) => {
    expect(isStopped([rule], finding)).toBe(stopped);
  });
});

describe('an acceptance', () => {
  const judge = (until: string, vulnerabilityId = 'CVE-2026-1') =>
    judgeFindings(
      compareFindings([], [aFinding()]),
      defaultGate,
      [anAcceptance({ until, vulnerabilityId })],
      now,
    );
  it('lets its vulnerability pass through its last day, and says so', () => {
    expect(judge('2026-11-22')).toEqual({ failing: [], accepted: [anAcceptance({ until: '2026-11-22' })] });
  });
  it('has expired on the day after', () => {
    expect(judge('2026-11-21')).toMatchObject({ failing: [aFinding()], accepted: [] });
  });
  it('is of no other vulnerability', () => {
    expect(judge('2026-11-30', 'CVE-2026-2')).toMatchObject({ failing: [aFinding()], accepted: [] });
  });
});

describe('findings of two images', () => {
  const [one, two] = [aFinding('CVE-1'), aFinding('CVE-2')];
  it('are new, still there or fixed', () => {
    expect(compareFindings([one], [two])).toEqual({ new: [two], still: [], fixed: [one] });
    expect(compareFindings([one], [one, two])).toEqual({ new: [two], still: [one], fixed: [] });
  });
  it('are all new if nothing is known of what Prod runs', () => {
    expect(compareFindings(undefined, [one])).toEqual({ new: [one], still: [], fixed: [] });
  });
  it('are new where another package has the vulnerability', () => {
    const wider = aFinding('CVE-1', { packages: [...one.packages, { name: 'libssl', version: '3' }] });
    expect(compareFindings([one], [wider]).new).toEqual([wider]);
  });
});

describe('findings', () => {
  it('of one vulnerability count once, by what is worse', () => {
    const { findings } = imageFindings('ami-1', 'build', [
      aFinding('CVE-2'),
      aFinding('CVE-1', { severity: 'low', isFixable: false }),
      aFinding('CVE-1', { severity: 'high', packages: [{ name: 'curl', version: '8' }] }),
    ]);
    expect(findings.map(({ vulnerabilityId }) => vulnerabilityId)).toEqual(['CVE-1', 'CVE-2']);
    expect(findings[0]).toMatchObject({ severity: 'high', isFixable: true });
    expect(findings[0]?.packages.map(({ name }) => name)).toEqual(['curl', 'openssl']);
  });
  it('are told in one sentence', () => {
    const packages = ['a', 'b', 'c', 'd'].map((name) => ({ name, version: '1' }));
    expect(findingText(aFinding('CVE-1', { isKnownExploited: true }))).toBe(
      'CVE-1 (critical, known exploited) in openssl 1:3.0.8-1, fixed in 1:3.0.9-1',
    );
    expect(findingText(aFinding('CVE-1', { packages }))).toBe('CVE-1 (critical) in a 1; b 1; c 1 and 1 more');
  });
});

const findingArbitrary = fc.record({
  vulnerabilityId: fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3', 'CVE-4', 'CVE-5'),
  severity: fc.constantFrom(...severities),
  title: fc.constant('title'),
  isFixable: fc.boolean(),
  isKnownExploited: fc.boolean(),
  packages: fc.constant([{ name: 'openssl', version: '1' }]),
});
const findingsArbitrary = fc.uniqueArray(findingArbitrary, {
  selector: ({ vulnerabilityId }) => vulnerabilityId,
});
const ruleArbitrary = fc.record(
  {
    severity: fc.constantFrom(...severities),
    fixable: fc.boolean(),
    knownExploited: fc.boolean(),
    new: fc.boolean(),
  },
  { requiredKeys: [] },
);
const acceptanceArbitrary = fc
  .record({
    vulnerabilityId: fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3', 'CVE-4', 'CVE-5'),
    until: fc.constantFrom('2026-11-20', '2026-11-21', '2026-11-22', '2026-12-31'),
  })
  .map((change) => anAcceptance(change));
const acceptancesArbitrary = fc.uniqueArray(acceptanceArbitrary, {
  selector: ({ vulnerabilityId }) => vulnerabilityId,
});
const inputs = [findingsArbitrary, findingsArbitrary, fc.array(ruleArbitrary), acceptancesArbitrary] as const;
const SEED = 148;
const idsOf = (findings: readonly Finding[]) =>
  new Set(findings.map(({ vulnerabilityId }) => vulnerabilityId));

describe('for all images, rules and acceptances', () => {
  const judged = (
    before: readonly Finding[],
    after: readonly Finding[],
    rules: readonly GateRule[],
    acceptances: readonly Acceptance[],
  ) => {
    const compared = compareFindings(before, after);
    return { compared, ...judgeFindings(compared, rules, acceptances, now) };
  };

  it('each finding of the image is new or still there, and none is both', () => {
    fc.assert(
      fc.property(...inputs, (...input) => {
        const { compared } = judged(...input);
        const [fresh, still] = [idsOf(compared.new), idsOf(compared.still)];
        expect([...fresh].filter((id) => still.has(id))).toEqual([]);
        expect(new Set([...fresh, ...still])).toEqual(idsOf(input[1]));
      }),
      { seed: SEED },
    );
  });

  it('one more rule never lets more pass, and one more acceptance never stops more', () => {
    fc.assert(
      fc.property(
        ...inputs,
        ruleArbitrary,
        acceptanceArbitrary,
        (before, after, rules, known, rule, more) => {
          const base = idsOf(judged(before, after, rules, known).failing);
          const stricter = idsOf(judged(before, after, [...rules, rule], known).failing);
          const looser = idsOf(judged(before, after, rules, [...known, more]).failing);
          expect([...base].every((id) => stricter.has(id))).toBe(true);
          if (!known.some(({ vulnerabilityId }) => vulnerabilityId === more.vulnerabilityId))
            expect([...looser].every((id) => base.has(id))).toBe(true);
        },
      ),
      { seed: SEED },
    );
  });

  it('nothing passes for an acceptance that has expired, and all that would be stopped is stopped or accepted', () => {
    fc.assert(
      fc.property(...inputs, (before, after, rules, known) => {
        const { failing, accepted } = judged(before, after, rules, known);
        expect(accepted.every(({ until }) => until >= '2026-11-22')).toBe(true);
        const stopped = idsOf(judged(before, after, rules, []).failing);
        expect(new Set([...idsOf(failing), ...accepted.map((one) => one.vulnerabilityId)])).toEqual(stopped);
      }),
      { seed: SEED },
    );
  });

  it('without rules nothing is stopped; with the empty rule everything is', () => {
    fc.assert(
      fc.property(findingsArbitrary, findingsArbitrary, (before, after) => {
        expect(judged(before, after, [], []).failing).toEqual([]);
        expect(idsOf(judged(before, after, [{}], []).failing)).toEqual(idsOf(after));
      }),
      { seed: SEED },
    );
  });

  it('the most urgent come first', () => {
    fc.assert(
      fc.property(findingsArbitrary, (after) => {
        const { failing } = judged([], after, [{}], []);
        const scores = failing.map((one) => (one.isKnownExploited ? 10 : 0) + rankOf(one.severity));
        expect(scores).toEqual([...scores].sort((one, other) => other - one));
      }),
      { seed: SEED },
    );
  });
});

import { endText, frozenPeriods } from '../../tasks/calendar/hold-rules.ts';
import { zonedTime } from '../../tasks/calendar/local-time.ts';
import { DAY_MS } from '../../tasks/durations.ts';
import type { LockWaiter } from '../../tasks/environment-locks/environment-lock.ts';
import { lockingPromotionOf } from '../../tasks/environment-locks/newer-in-prod.ts';
import { markText } from '../../tasks/marks/mark-rules.ts';
import type { Environment } from '../../tasks/payloads.ts';
import type { PriceList } from '../../tasks/prices/price-list.ts';
import type { Sizes } from '../../tasks/prices/promotion-cost.ts';
import { environmentTitles } from '../../tasks/words.ts';
import { type BuildOutlook, buildOutlook, imageChanges } from './builds.ts';
import { endOf, type PlannedEnd } from './end.ts';
import { type ExpectedTime, expectedCost, expectedTime, type Range } from './expected.ts';
import { type PlanFacts, type PlannedChange, plannedPromotion } from './facts.ts';
import { type Gate, gatesOf } from './gates.ts';
import { type LockOutlook, lockOutlook } from './lock-outlook.ts';

/** What a promotion of a commit would do. */
export interface Plan {
  readonly application: string;
  readonly commitId: string;
  readonly title?: string;
  /** When the facts were read, ISO 8601. */
  readonly at: string;
  /** What begins it, in a sentence. Absent if nothing does. */
  readonly begins?: string;
  readonly end: PlannedEnd;
  /** The states that it goes through, up to where it ends. */
  readonly states: readonly string[];
  /** Roles that are asked before it ends. */
  readonly gates: readonly Gate[];
  readonly locks: readonly LockOutlook[];
  /** Freezes of the next days that have not begun, in sentences. */
  readonly freezes: readonly string[];
  readonly builds: readonly BuildOutlook[];
  readonly change?: PlannedChange;
  /** In sentences. */
  readonly warnings: readonly string[];
  readonly imageChanges?: readonly string[];
  readonly configurationChange?: string;
  readonly time?: ExpectedTime;
  readonly cost?: Range & { readonly currency: string; readonly promotions: number };
  readonly unknown: readonly string[];
}

/** How far ahead freezes are told, in ms. */
const AHEAD = 7 * DAY_MS;

const outlooks = (facts: PlanFacts): readonly LockOutlook[] => {
  const { settings, locks, newerInProd, application, commitId, now } = facts;
  if (settings === undefined || locks === undefined) return [];
  const at = now.toISOString();
  const waiter: LockWaiter = {
    ...lockingPromotionOf(
      plannedPromotion(application, commitId, settings.branch, now, facts.pushedAt ?? at),
    ),
    since: at,
    taskToken: '',
  };
  return locks.map((seen) =>
    lockOutlook(seen, waiter, { whenNewer: settings.whenNewer, live: newerInProd, now }),
  );
};

const comingFreezes = ({ calendar, now }: PlanFacts): readonly string[] =>
  calendar === undefined
    ? []
    : (['qat', 'prod'] as const).flatMap((environment) =>
        frozenPeriods(calendar, environment, { from: now, until: new Date(now.getTime() + AHEAD) })
          .filter(({ from }) => Date.parse(from) > now.getTime())
          .map(
            (period) =>
              `${environmentTitles[environment]} is frozen from ${zonedTime(Date.parse(period.from), period.timeZone)} until ${endText(period)}: ${period.reasons.join('; ')}.`,
          ),
      );

/** States up to the last one that it enters. */
const upTo = (way: readonly string[], { name, state }: PlannedEnd): readonly string[] => {
  if (name === 'Promoted') return way;
  const last = state === undefined ? -1 : way.indexOf(state);
  return way.slice(0, last + 1);
};

const beginningOf = ({ place, settings }: PlanFacts): string | undefined => {
  const branch = settings?.branch ?? 'the promoted branch';
  switch (place) {
    case 'ahead':
      return `A push of it to ${branch} begins it.`;
    case 'apart':
      return `A push of it to ${branch} begins it, and takes commits away from the branch: merge or rebase first.`;
    case 'head':
      return `${branch} holds it already: another push of it begins it.`;
    case 'passed':
      return `${branch} has gone on from it: only a push event that comes late begins it, and its own push counts.`;
    default:
      return undefined;
  }
};

const warningsOf = (facts: PlanFacts, states: readonly string[]): readonly string[] => [
  ...(facts.live?.commitId === facts.commitId ? ['Prod runs this commit already.'] : []),
  ...(facts.change?.bad ?? []).map(
    (bad) => `The change contains a bad commit: ${markText(bad, bad)}. Approvers are told.`,
  ),
  ...(facts.faults ?? [])
    .filter(({ event = '' }) => /BlockTraffic$/.test(event))
    .map(({ file, text }) => `The promotion after this one fails at Deploy to Prod: ${file}: ${text}`),
  ...(facts.request?.candidate.pushedBy === '' &&
  facts.settings?.makersMayDecide === false &&
  states.includes('QC approval')
    ? ['Who pushes it is a maker as well, and may not decide.']
    : []),
];

const builders: readonly (readonly [Environment, string])[] = [
  ['qat', 'Build QAT image'],
  ['prod', 'Build Prod image'],
];

/** What a promotion would do, by the rules that the functions themselves run. What the facts do not tell is left out. */
export function planOf(facts: PlanFacts, sizes: Sizes, list: PriceList): Plan {
  const { application, commitId, title, now, change, configuration, images, past } = facts;
  const gates = gatesOf(facts);
  const locks = outlooks(facts);
  const end = endOf(facts, gates, locks);
  const states = upTo(facts.way ?? [], end);
  const begins = ['NotStarted', 'Recalled', 'InProgress', 'Unknown'].includes(end.name)
    ? undefined
    : beginningOf(facts);
  const reached = (state: string) => facts.way === undefined || states.includes(state);
  const builds = builders
    .filter(([, state]) => begins !== undefined && reached(state))
    .map(([environment, state]) => buildOutlook(facts, environment, state));
  const reused = new Set(builds.filter(({ reuses }) => reuses !== undefined).map(({ state }) => state));
  const time = past && expectedTime(past, reused);
  const cost = past && expectedCost(past, sizes, list, now, reused);
  return {
    application,
    commitId,
    ...(title !== undefined && { title }),
    at: now.toISOString(),
    ...(begins !== undefined && { begins }),
    end,
    states,
    gates:
      begins === undefined
        ? []
        : gates.filter(({ role }) => reached(`${role === 'qc' ? 'QC' : 'PMO'} approval`)),
    locks:
      begins === undefined
        ? []
        : locks.filter(({ environment }) => reached(`Lock ${environmentTitles[environment]}`)),
    freezes: begins === undefined ? [] : comingFreezes(facts),
    builds,
    ...(change && { change }),
    warnings: begins === undefined ? [] : warningsOf(facts, states),
    ...(images && begins !== undefined && { imageChanges: imageChanges(images) }),
    ...(configuration?.live !== undefined &&
      configuration.live !== configuration.now && {
        configurationChange: `Approvers decided about what Prod runs with configuration ${configuration.live}; ${configuration.now} is deployed now.`,
      }),
    ...(time && end.name === 'Promoted' && { time }),
    ...(cost &&
      end.name === 'Promoted' && { cost: { ...cost, currency: list.currency, promotions: past.length } }),
    unknown: facts.unknown,
  };
}

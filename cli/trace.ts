import type { LivePlace, Place } from '../tasks/lineage/lineage.ts';
import { hasText, summaryOf } from '../tasks/lineage/lineage-text.ts';
import { questionOf } from '../tasks/lineage/question.ts';
import { trace } from '../tasks/lineage/trace.ts';
import { LONGEST_SEARCH, SHORTEST_SEARCH, searchPromotions } from '../tasks/promotions/search.ts';
import { environmentTitles, utcTime } from '../tasks/words.ts';
import { UsageError } from './arguments.ts';
import type { Outcome } from './command-result.ts';
import { readObject } from './evidence.ts';
import { printable, promotionsText, table, time } from './format.ts';
import { approvers, nameOf } from './live.ts';
import type { System } from './system.ts';

/** So many promotions are listed; the approvals site searches all. */
const MOST_LISTED = 5;

const instancesText = ({ instances, lookedAt }: LivePlace): string =>
  `${instances
    .map(({ instanceId, drift }) => (drift.length === 0 ? instanceId : `${instanceId} (drifted)`))
    .join(', ')}, looked at on ${time(lookedAt)}`;

const factsText = (place: Place, more: readonly (readonly [string, string])[] = []): string => {
  const { release } = place;
  const approvedBy = approvers(release);
  return table([
    ['Commit', nameOf(release)],
    ['Since', time(release.deployedAt)],
    ['Promotion', release.promotionId],
    ['Approved by', approvedBy === '' ? 'nobody yet' : approvedBy],
    ['Image', release.images[release.environment] ?? 'not known'],
    ['Deployment', release.deploymentId],
    ...more,
  ]).replace(/^/gm, '  ');
};

const liveText = (place: LivePlace): string => {
  const { release, instances, known, onlyInstances } = place;
  const has = hasText(place);
  const name = `${environmentTitles[release.environment]} of ${printable(release.application)}`;
  return [
    onlyInstances
      ? `${name}: only these instances have it, which run something else than the release below:`
      : `${name}${has === undefined ? '' : `: ${printable(has)}`}`,
    factsText(place, instances.length === 0 ? [] : [['Instances', instancesText(place)]]),
    `  ${printable(known)}`,
  ].join('\n');
};

const earlierText = (place: Place): string => {
  const { release } = place;
  const has = hasText(place);
  return `  ${printable(release.application)}: ${nameOf(release)} (${release.promotionId}), promoted on ${utcTime(release.deployedAt)}${release.bad ? ', bad' : ''}${has === undefined ? '' : `: ${printable(has)}`}`;
};

/** Says where something is live, since when, by which promotion and who approved it. @throws UsageError for a text of a wrong length */
export async function traceWhat(system: System, what: string): Promise<Outcome> {
  const given = what.trim();
  if (given.length < SHORTEST_SEARCH || given.length > LONGEST_SEARCH)
    throw new UsageError(
      `trace takes ${SHORTEST_SEARCH} to ${LONGEST_SEARCH} characters, got ${given.length}.`,
    );
  const question = questionOf(given);
  const { ledger, applications } = system;
  const read = (objectKey: string) => readObject(system, objectKey);
  const lineage = await trace({ ledger, applications, read, now: system.now() }, question);
  const found = 'id' in question ? await searchPromotions(ledger, question.id) : undefined;
  const { live, earlier, gaps } = lineage;
  const unsure = [...gaps.live, ...gaps.earlier];
  const promotions = (found?.found ?? []).slice(0, MOST_LISTED).map(({ promotion }) => promotion);
  return {
    text: [
      summaryOf(lineage).map(printable).join('\n'),
      ...live.map(liveText),
      ...(earlier.length === 0 ? [] : [['Prod can go back to:', ...earlier.map(earlierText)].join('\n')]),
      ...(promotions.length === 0
        ? []
        : [`The latest promotions that have it:\n${promotionsText(promotions, new Map())}`]),
      ...(unsure.length === 0
        ? []
        : [['Not looked at, or not certain:', ...unsure.map((one) => `  ${printable(one)}`)].join('\n')]),
    ].join('\n\n'),
    json: { ...lineage, ...(found && { promotions: found.found, searched: found.searched }) },
    ...(gaps.live.length > 0 && { end: 'failed' as const }),
  };
}

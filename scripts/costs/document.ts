import {
  type CostLine,
  costOf,
  moneyText,
  priceText,
  quantityText,
  totalOf,
} from '../../tasks/prices/cost-line.ts';
import { type PriceList, usEast1 } from '../../tasks/prices/price-list.ts';
import type { Resources } from '../templates.ts';
import { endpointCosts, furtherCosts } from './further-costs.ts';
import { idleCosts } from './idle-costs.ts';
import { assumed, promotionCosts } from './promotion-costs.ts';

/** The stack that all applications share. */
const PLATFORM = 'Lockstep-Platform';

export const BEGIN = '<!-- costs: made by npm run costs -->';
export const END = '<!-- /costs -->';

const sum = (lines: readonly CostLine[], { currency }: PriceList): string =>
  moneyText(totalOf(lines), currency);

const rows = (lines: readonly CostLine[], list: PriceList): string[] => [
  '| item | quantity | price of one | cost |',
  '| --- | ---: | ---: | ---: |',
  ...lines.map(
    (line) =>
      `| ${line.item} | ${quantityText(line.quantity)} ${line.unit} | ${priceText(line.price, list.currency)} | ${moneyText(costOf(line), list.currency)} |`,
  ),
];

const table = (lines: readonly CostLine[], total: string, list: PriceList): string[] => [
  ...rows(lines, list),
  `| **${total}** | | | **${sum(lines, list)}** |`,
];

type Templates = Readonly<Record<string, Resources>>;

function stacksOf({ [PLATFORM]: platform, ...applications }: Templates) {
  const [first] = Object.entries(applications);
  if (!platform || !first) throw new Error(`The assembly lacks ${PLATFORM} or an application's stack.`);
  const [name, application] = first;
  return { platform, name, application };
}

/** The totals, for README. @throws RangeError for what has no price */
export function costSummary(templates: Templates, list: PriceList = usEast1): string {
  const { platform, application } = stacksOf(templates);
  return [
    `| what | cost (${list.currency}, ${list.region} list prices) |`,
    '| --- | ---: |',
    `| what all applications share, a month | ${sum(idleCosts(platform, list), list)} |`,
    `| one application (QAT with one instance, Prod with two), a month | ${sum(idleCosts(application, list), list)} |`,
    `| one promotion, its images kept for a month | ${sum(promotionCosts(application, list), list)} |`,
  ].join('\n');
}

/**
 * The part of docs/deploy-to-aws.md between the markers.
 * @param templates by stack, of one configuration
 * @param withoutInternet those of one whose network has endpoints instead of a NAT gateway
 * @throws RangeError for what has no price
 */
export function costSection(
  templates: Templates,
  withoutInternet: Templates,
  list: PriceList = usEast1,
): string {
  const { platform, name, application } = stacksOf(templates);
  return [
    `Approximate, for the templates of \`cdk.json\`: list prices of ${list.date} (${list.currency}, ${list.region}, on demand, without free tiers).`,
    'Traffic, logs, mails, storage of revisions and taxes come on top. Current prices are on the pages that the price list names.',
    '',
    '**A month without promotions**: what all applications share,',
    '',
    ...table(idleCosts(platform, list), 'Platform, a month', list),
    '',
    `and what each application adds (here \`${name.replace(/^Lockstep-/, '')}\`):`,
    '',
    ...table(idleCosts(application, list), 'Application, a month', list),
    '',
    '**One promotion**, assuming that an image build takes ' +
      `${assumed.imageBuildHours * 60} minutes and a deployment ${assumed.deployMinutes}:`,
    '',
    ...table(promotionCosts(application, list), 'Promotion', list),
    '',
    '**What comes on top in a month**, with time, with traffic, or if you turn it on:',
    '',
    ...rows(furtherCosts([platform, application], list), list),
    '',
    'A **network without the internet** (`network.internetAccess: endpoints`) has these instead of the NAT gateway and its address:',
    '',
    ...table(endpointCosts(stacksOf(withoutInternet).platform, list), 'Endpoints, a month', list),
  ].join('\n');
}

/** Replaces the section between the markers. @throws Error if the document has no markers */
export function withCosts(document: string, section: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The document lacks the lines ${BEGIN} and ${END}.`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${document.slice(end)}`;
}

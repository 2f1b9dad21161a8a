import type { Resources } from '../templates.ts';
import { idleCosts } from './idle-costs.ts';
import { type CostLine, costOf, priceList } from './prices.ts';
import { assumed, promotionCosts } from './promotion-costs.ts';

/** The stack that all applications share. */
const PLATFORM = 'Lockstep-Platform';

export const BEGIN = '<!-- costs: made by npm run costs -->';
export const END = '<!-- /costs -->';

const dollars = (value: number): string =>
  value >= 0.01 ? `$${value.toFixed(2)}` : `$${value.toPrecision(2)}`;
const number = (value: number): string => String(Number(value.toFixed(2)));

const sum = (lines: readonly CostLine[]): string =>
  dollars(lines.reduce((total, line) => total + costOf(line), 0));

const table = (lines: readonly CostLine[], total: string): string[] => [
  '| item | quantity | price of one | cost |',
  '| --- | ---: | ---: | ---: |',
  ...lines.map(
    (line) =>
      `| ${line.item} | ${number(line.quantity)} ${line.unit} | $${line.price} | ${dollars(costOf(line))} |`,
  ),
  `| **${total}** | | | **${sum(lines)}** |`,
];

type Templates = Readonly<Record<string, Resources>>;

function stacksOf({ [PLATFORM]: platform, ...applications }: Templates) {
  const [first] = Object.entries(applications);
  if (!platform || !first) throw new Error(`The assembly lacks ${PLATFORM} or an application's stack.`);
  const [name, application] = first;
  return { platform, name, application };
}

/** The totals, for README. @throws RangeError for what has no price */
export function costSummary(templates: Templates): string {
  const { platform, application } = stacksOf(templates);
  return [
    '| what | cost (USD, us-east-1 list prices) |',
    '| --- | ---: |',
    `| what all applications share, a month | ${sum(idleCosts(platform))} |`,
    `| one application (QAT with one instance, Prod with two), a month | ${sum(idleCosts(application))} |`,
    `| one promotion, its images kept for a month | ${sum(promotionCosts(application))} |`,
  ].join('\n');
}

/**
 * The part of docs/deploy-to-aws.md between the markers.
 * @param templates by stack, of one configuration
 * @throws RangeError for what has no price
 */
export function costSection(templates: Templates): string {
  const { platform, name, application } = stacksOf(templates);
  return [
    `Approximate, for the templates of \`cdk.json\`: list prices of ${priceList.date} (${priceList.currency}, ${priceList.region}, on demand, without free tiers).`,
    'Traffic, logs, storage of revisions and taxes come on top. For current prices see the AWS pages:',
    `${priceList.sources.join(', ')}.`,
    '',
    '**A month without promotions**: what all applications share,',
    '',
    ...table(idleCosts(platform), 'Platform, a month'),
    '',
    `and what each application adds (here \`${name.replace(/^Lockstep-/, '')}\`):`,
    '',
    ...table(idleCosts(application), 'Application, a month'),
    '',
    '**One promotion**, assuming that an image build takes ' +
      `${assumed.imageBuildHours * 60} minutes and a deployment ${assumed.deployMinutes}:`,
    '',
    ...table(promotionCosts(application), 'Promotion'),
  ].join('\n');
}

/** Replaces the section between the markers. @throws Error if the document has no markers */
export function withCosts(document: string, section: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The document lacks the lines ${BEGIN} and ${END}.`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${document.slice(end)}`;
}

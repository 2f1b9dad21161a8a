import type { Promotion } from '../tasks/ledger/items.ts';
import { costOf, moneyText, priceText, quantityText, totalOf } from '../tasks/prices/cost-line.ts';
import { type PriceList, PriceListError, readPriceList, usEast1 } from '../tasks/prices/price-list.ts';
import { promotionCost, type Sizes } from '../tasks/prices/promotion-cost.ts';
import type { Outcome } from './command-result.ts';
import type { Files } from './evidence.ts';
import { printable, table } from './format.ts';
import { CommandError, type System } from './system.ts';

const priceList = (file: string | undefined, files: Files): PriceList => {
  if (file === undefined) return usEast1;
  try {
    return readPriceList(Buffer.from(files.read(file)).toString('utf8'), file);
  } catch (error) {
    throw error instanceof PriceListError ? new CommandError(error.message) : error;
  }
};

/**
 * Reads a price list that has an instance type.
 * @param file @default the prices of us-east-1
 * @throws CommandError if the file is none, or lacks the type
 */
export const pricesFor = (
  { prices: file, instanceType }: { readonly prices?: string; readonly instanceType: string },
  files: Files,
): PriceList => {
  const list = priceList(file, files);
  const { region, prices } = list;
  if (prices.instanceHour[instanceType] !== undefined) return list;
  throw new CommandError(
    `The prices of ${region} have no instance type ${JSON.stringify(instanceType)}: give one of ` +
      `${Object.keys(prices.instanceHour).join(', ')}, or add it to a price list and give that with --prices.`,
  );
};

/**
 * What one promotion cost, by its own durations.
 * @param prices a file @default the prices of us-east-1
 * @throws CommandError if the file is no price list, or lacks the instance type
 */
export async function cost(
  { ledger, executions, now }: Pick<System, 'ledger' | 'executions' | 'now'>,
  { promotionId, executionArn }: Promotion,
  sizes: Sizes & { readonly prices?: string },
  files: Files,
): Promise<Outcome> {
  const list = pricesFor(sizes, files);
  const { region, currency, date } = list;
  const [jobs, execution] = await Promise.all([ledger.jobs(promotionId), executions.read(executionArn)]);
  const { lines, assumptions } = promotionCost(jobs, execution, sizes, list, now());
  const total = totalOf(lines);
  return {
    text: [
      `${promotionId} cost about ${moneyText(total, currency)}, by list prices of ${date} in ${region}:`,
      '',
      table([
        ['ITEM', 'QUANTITY', 'PRICE OF ONE', 'COST'],
        ...lines.map((line) => [
          printable(line.item),
          `${quantityText(line.quantity)} ${line.unit}`,
          priceText(line.price, currency),
          moneyText(costOf(line), currency),
        ]),
      ]),
      '',
      ...assumptions.map((assumption) => `- ${assumption}`),
    ].join('\n'),
    json: {
      promotionId,
      region,
      currency,
      date,
      sources: list.sources,
      total,
      lines: lines.map((line) => ({ ...line, cost: costOf(line) })),
      assumptions,
    },
  };
}

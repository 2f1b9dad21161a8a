/** One line of a table of costs. */
export interface CostLine {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  /** Price of one unit, in the price list's currency. */
  readonly price: number;
}

/** As AWS's own calculator has it. */
export const HOURS_PER_MONTH = 730;

/** Size of Amazon Linux 2023's root volume, in GiB: the launch templates name none. */
export const ROOT_VOLUME_GIB = 8;

/** What a line costs. */
export const costOf = ({ quantity, price }: CostLine): number => quantity * price;

/** What several lines cost together. */
export const totalOf = (lines: readonly CostLine[]): number =>
  lines.reduce((total, line) => total + costOf(line), 0);

/** `$0.09`; less than a cent with two digits that count: `$0.00040`. */
export const moneyText = (value: number, currency: string): string => {
  const text = value === 0 || value >= 0.01 ? value.toFixed(2) : value.toPrecision(2);
  return currency === 'USD' ? `$${text}` : `${text} ${currency}`;
};

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

/** A price as it is listed: all of its digits, never with an exponent. */
export const priceText = (price: number, currency: string): string => {
  const text = String(Number(price.toPrecision(6)));
  const digits = text.includes('e') ? price.toFixed(12).replace(/0+$/, '') : text;
  return currency === 'USD' ? `$${digits}` : `${digits} ${currency}`;
};

/** A quantity with two decimals at most. */
export const quantityText = (quantity: number): string => String(Number(quantity.toFixed(2)));

import { snapshotPrice } from '../../tasks/keeping/snapshot-price.ts';
import { ofType, type Resource, type Resources } from '../templates.ts';
import list from './prices.json' with { type: 'json' };

/** The price list: on-demand list prices, approximate, of the date that it says. */
export const priceList = list;
export const prices = { ...list.prices, snapshotGbMonth: snapshotPrice.gibMonth };

/** One line of a table. */
export interface CostLine {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  /** Price of one unit, in USD. */
  readonly price: number;
}

export const HOURS_PER_MONTH = 730;

/** What a line costs, in USD. */
export const costOf = ({ quantity, price }: CostLine): number => quantity * price;

/** A number among properties, which custom resources may hold as text. */
export function numberOf(resource: Resource, name: string): number {
  const value = Number(resource.Properties?.[name]);
  if (Number.isFinite(value)) return value;
  throw new TypeError(
    `${resource.Type}: ${name} is ${JSON.stringify(resource.Properties?.[name])}; a number is needed.`,
  );
}

/** @throws RangeError for an instance type that the price list does not have */
export function instancePrice(type: string): number {
  const price = (prices.instanceHour as Readonly<Record<string, number>>)[type];
  if (price !== undefined) return price;
  throw new RangeError(
    `The price list has no instance type ${type}: add its price per hour to scripts/costs/prices.json.`,
  );
}

/** The instance type that an application's launch templates name. */
export function instanceTypeOf(resources: Resources): string {
  const [template] = ofType(resources, 'AWS::EC2::LaunchTemplate');
  const { InstanceType } = (template?.Properties?.LaunchTemplateData ?? {}) as { InstanceType?: string };
  if (InstanceType === undefined) throw new TypeError('No launch template names an instance type.');
  return InstanceType;
}

import fs from 'node:fs';
import path from 'node:path';
import list from './prices.json' with { type: 'json' };

/** A resource of a synthesized template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** The price list: on-demand list prices, approximate, of the date that it says. */
export const priceList = list;
export const { prices } = list;

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

/** The templates of an assembly's directory, by stack. */
export const readTemplates = (directory: string): Readonly<Record<string, Resources>> =>
  Object.fromEntries(
    fs
      .readdirSync(directory)
      .filter((name) => name.endsWith('.template.json'))
      .sort()
      .map((name) => [
        name.slice(0, -'.template.json'.length),
        (JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')) as { Resources: Resources })
          .Resources,
      ]),
  );

/** Resources of one type. */
export const ofType = (resources: Resources, type: string): (Resource & { readonly id: string })[] =>
  Object.entries(resources).flatMap(([id, resource]) =>
    resource.Type === type ? [{ ...resource, id }] : [],
  );

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

import { z } from 'zod';
import { parsedJson } from '../json.ts';
import usEast1Json from './us-east-1.json' with { type: 'json' };

const price = z.number().nonnegative();

/** What a file of prices holds. Prices are on demand, without free tiers and taxes. */
const priceListSchema = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region is needed, such as eu-central-1'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'a currency of three letters is needed, such as USD'),
  /** When the prices were read. */
  date: z.iso.date('a date is needed, such as 2025-06-30'),
  /** Where they were read. */
  sources: z.array(z.url('an address is needed')).min(1, 'at least one address is needed'),
  prices: z.strictObject({
    /** By instance type. */
    instanceHour: z.record(z.string(), price),
    /** gp3. */
    volumeGbMonth: price,
    snapshotGbMonth: price,
    natGatewayHour: price,
    natGatewayGb: price,
    publicAddressHour: price,
    /** For each zone. */
    interfaceEndpointHour: price,
    interfaceEndpointGb: price,
    /** Application Load Balancer. */
    loadBalancerHour: price,
    capacityUnitHour: price,
    /** Also of each version that a rotation made, up to the second. */
    keyMonth: price,
    secretMonth: price,
    alarmMonth: price,
    dashboardMonth: price,
    /** Standard workflows. */
    stateTransition: price,
    /** Pipelines of type V2. */
    pipelineActionMinute: price,
    /** CodeBuild, Linux, general1.small. */
    buildMinute: price,
    /** Lambda on Arm. */
    functionGbSecond: price,
    functionRequest: price,
    /** X-Ray. */
    traceRecorded: price,
    /** Inspector, with the SSM agent. */
    scannedInstanceMonth: price,
  }),
});

/** Prices of one region, with their date and source. */
export type PriceList = z.output<typeof priceListSchema>;

/** A file of prices is not one. */
export class PriceListError extends Error {
  override readonly name = 'PriceListNotValid';
}

/** Reads a file of prices. @param file its name, for the message @throws PriceListError */
export function readPriceList(text: string, file: string): PriceList {
  const { data, error } = priceListSchema.safeParse(parsedJson(text));
  if (data) return data;
  const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  throw new PriceListError(
    `${file} is no price list: ${problems.join('; ')}. Copy tasks/prices/us-east-1.json and replace the values.`,
  );
}

/** The list that is used unless another is given. */
export const usEast1: PriceList = usEast1Json;

/** @throws RangeError for an instance type that the list does not have */
export function instancePrice({ region, prices }: PriceList, type: string): number {
  const price = prices.instanceHour[type];
  if (price !== undefined) return price;
  throw new RangeError(
    `The price list of ${region} has no instance type ${type}: add its price per hour to instanceHour.`,
  );
}

import { DAY_MS } from '../tasks/durations.ts';
import type { ImageReport, ReportedImage } from '../tasks/keeping/image-report.ts';
import type { KeepReason } from '../tasks/keeping/keeping-rules.ts';
import { usEast1 } from '../tasks/prices/price-list.ts';
import type { Outcome } from './command-result.ts';
import { table, time } from './format.ts';

const reasons: Readonly<Record<KeepReason, string>> = {
  Running: 'an instance runs it',
  ForNewInstances: 'new instances start from it',
  Building: 'Image Builder works on it',
  InPromotion: 'its promotion runs or waits',
  Redrivable: 'its failed promotion can be redriven',
  Release: 'one of the last releases',
  ForReuse: 'the next promotion may use it again',
  New: 'younger than a day',
  MayBeNeeded: 'it may be the one of a release',
};

/** Whole days since then. */
const ageInDays = ({ createdAt }: ReportedImage, now: Date): number =>
  Math.floor((now.getTime() - Date.parse(createdAt)) / DAY_MS);

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

const sizeOf = ({ amis }: ReportedImage): number => amis.reduce((sum, { size }) => sum + size, 0);

const snapshotPrice = {
  gibMonth: usEast1.prices.snapshotGbMonth,
  region: usEast1.region,
  date: usEast1.date,
} as const;

/** What snapshots of so many GiB cost a month, at most: they store only blocks that are used, and share what they have in common. */
const monthlyCost = (gib: number): number => Number((gib * snapshotPrice.gibMonth).toFixed(4));

const dollars = (gib: number): string => `$${monthlyCost(gib).toFixed(2)}`;

function reportText({ application, at, images, revisions }: ImageReport, now: Date): string {
  const size = images.reduce((sum, image) => sum + sizeOf(image), 0);
  const head = `${application}, looked at ${time(at)}: images: ${images.length}, revisions: ${revisions}, snapshots: ${size} GiB, at most ${dollars(size)} a month`;
  if (images.length === 0) return head;
  return [
    head,
    table([
      ['AGE', 'SIZE', 'A MONTH', 'KEPT BECAUSE', 'AMIS'],
      ...images.map((image) => [
        days(ageInDays(image, now)),
        `${sizeOf(image)} GiB`,
        dollars(sizeOf(image)),
        reasons[image.keep],
        image.amis.map(({ imageId, region }) => `${imageId} (${region})`).join(', ') || '(none)',
      ]),
    ]),
  ].join('\n');
}

/** Tells why images are kept, and what they cost. @param reports undefined for applications of which nothing is noted */
export function imagesOutcome(
  reports: readonly (readonly [application: string, report: ImageReport | undefined])[],
  now: Date,
): Outcome {
  const known = reports.flatMap(([, report]) => report ?? []);
  const price = `Snapshots at $${snapshotPrice.gibMonth} for a GiB and month (list price of ${snapshotPrice.region}, ${snapshotPrice.date}). They store only blocks that are used, so the bill is lower.`;
  return {
    text:
      reports.length === 0
        ? 'There are no promotions.'
        : [
            ...reports.map(([application, report]) =>
              report === undefined
                ? `${application}: nothing is noted yet. The function delete-unused-images looks once a day, and after each promotion.`
                : reportText(report, now),
            ),
            ...(known.length > 0 ? [price] : []),
          ].join('\n\n'),
    json: {
      price: snapshotPrice,
      applications: known.map((report) => ({
        ...report,
        images: report.images.map((image) => ({
          ...image,
          ageInDays: ageInDays(image, now),
          size: sizeOf(image),
          monthlyCost: monthlyCost(sizeOf(image)),
        })),
      })),
    },
  };
}

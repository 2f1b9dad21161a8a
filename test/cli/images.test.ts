import { parseOptions } from '../../cli/options.ts';
import type { ImageReport } from '../../tasks/keeping/image-report.ts';
import { aPromotion } from '../tasks/doubles/samples.ts';
import { createCommandLine } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;
beforeEach(() => {
  cli = createCommandLine();
});

const report: ImageReport = {
  application: 'shop',
  at: '2026-11-22T10:00:00.000Z',
  images: [
    {
      build: 'arn:aws:imagebuilder:us-east-1:000000000000:image/lockstep-shop/1.0.1/7',
      amis: [
        { imageId: 'ami-here', region: 'us-east-1', size: 8 },
        { imageId: 'ami-there', region: 'eu-west-1', size: 8 },
      ],
      createdAt: '2026-11-21T09:00:00.000Z',
      keep: 'Running',
    },
    {
      amis: [{ imageId: 'ami-old', region: 'us-east-1', size: 8 }],
      createdAt: '2026-10-22T09:00:00.000Z',
      keep: 'Release',
    },
  ],
  revisions: 5,
  deleted: { images: 1, revisions: 2 },
};

describe('images', () => {
  it('are told with reason, age, size and cost', async () => {
    await cli.ledger.noteImageReport(report);
    const { text, json } = await cli.run({ name: 'images', application: 'shop' });
    expect(text).toBe(
      [
        'shop, looked at 22 Nov 2026, 10:00 UTC: images: 2, revisions: 5, snapshots: 24 GiB, at most $1.20 a month',
        'AGE      SIZE    A MONTH  KEPT BECAUSE              AMIS',
        '1 day    16 GiB  $0.80    an instance runs it       ami-here (us-east-1), ami-there (eu-west-1)',
        '31 days  8 GiB   $0.40    one of the last releases  ami-old (us-east-1)',
        '',
        'Snapshots at $0.05 for a GiB and month (list price of us-east-1, 2025-06-30). They store only blocks that are used, so the bill is lower.',
      ].join('\n'),
    );
    expect(json).toMatchObject({
      price: { gibMonth: 0.05 },
      applications: [
        {
          application: 'shop',
          images: [
            { keep: 'Running', ageInDays: 1, size: 16, monthlyCost: 0.8 },
            { keep: 'Release', ageInDays: 31, size: 8, monthlyCost: 0.4 },
          ],
        },
      ],
    });
  });

  it('are told of every application that has promotions; of one without a report it is said', async () => {
    await cli.ledger.noteImageReport(report);
    for (const application of ['till', 'shop'])
      await cli.ledger.addPromotion(aPromotion({ promotionId: application, application }));
    const { text, json } = await cli.run({ name: 'images' });
    expect(text).toMatch(/^shop, looked at .*\n.*\n\ntill: nothing is noted yet\./s);
    expect(json).toMatchObject({ applications: [{ application: 'shop' }] });
  });

  it('of no promotions are said to be none', async () => {
    expect(await cli.run({ name: 'images' })).toMatchObject({ text: 'There are no promotions.' });
  });

  it('are asked for with or without an application', () => {
    expect(parseOptions(['images']).command).toEqual({ name: 'images' });
    expect(parseOptions(['images', 'shop']).command).toEqual({ name: 'images', application: 'shop' });
    expect(() => parseOptions(['images', 'shop', 'till'])).toThrow('does not take "till"');
  });
});

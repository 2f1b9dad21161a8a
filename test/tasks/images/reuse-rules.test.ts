import fc from 'fast-check';
import { imageReuse, type NewestImage, type ReuseFacts } from '../../../tasks/images/reuse-rules.ts';
import type { BadMark, BadSubject, MarkChange } from '../../../tasks/marks/bad-mark.ts';
import { aMarking } from '../doubles/samples.ts';

const SEED = 20_261_130;
const NOW = new Date('2026-11-22T12:00:00.000Z');
const DAYS = 7;
const HOUR = 60 * 60_000;
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR);
const arn = (part: string) => `arn:aws:imagebuilder:us-east-1:000000000000:${part}`;

const anImage = (change: Partial<NewestImage> = {}): NewestImage => ({
  build: arn('image/lockstep-shop/1.0.5/3'),
  startedAt: hoursAgo(24),
  recipeArn: arn('image-recipe/lockstep-shop/1.0.5'),
  imageId: 'ami-newest',
  isUsable: true,
  sourceImageId: 'ami-parent',
  ...change,
});
const equal: ReuseFacts = {
  recipeArn: arn('image-recipe/lockstep-shop/1.0.5'),
  newest: anImage(),
  parent: { imageId: 'ami-parent' },
  releasedAt: hoursAgo(100),
  rebake: undefined,
  marks: [],
};
const marked = (subject: BadSubject, hours: number, unmarked?: MarkChange): BadMark => ({
  application: 'shop',
  ...subject,
  markings: [{ ...aMarking(), at: hoursAgo(hours).toISOString(), ...(unmarked && { unmarked }) }],
});
const OPENSSL = { packageVersion: 'openssl@3.2.2' };
const asked = (hours: number) => ({
  application: 'shop',
  askedBy: { type: 'person', subject: 's', name: 'olga', verifiedEmail: '' } as const,
  at: hoursAgo(hours).toISOString(),
});
/** Each makes an image another one, by a reason. */
const faults: readonly (readonly [string, Partial<ReuseFacts>, string, string])[] = [
  ['there is none', { newest: undefined }, 'NoImage', 'there is no earlier image'],
  ['somebody asked for new ones since', { rebake: asked(1) }, 'Rebake', 'olga asked for new images'],
  [
    'it is marked bad',
    { marks: [marked({ imageId: 'ami-newest' }, 1)] },
    'MarkedBad',
    'image ami-newest bad',
  ],
  [
    'a package in it is marked, however long ago',
    { marks: [marked(OPENSSL, 99)], inside: marked(OPENSSL, 99) },
    'MarkedBad',
    'package openssl 3.2.2 bad',
  ],
  [
    'a package is marked and its contents are unknown',
    { marks: [marked(OPENSSL, 1)], inside: 'unknown' },
    'NotKnown',
    'could not be read',
  ],
  ['somebody asked at the same moment', { rebake: asked(24) }, 'Rebake', 'olga'],
  [
    'the pipeline builds another recipe',
    { recipeArn: arn('image-recipe/lockstep-shop/1.0.6') },
    'RecipeChanged',
    'the recipe has changed',
  ],
  ['the pipeline says no recipe', { recipeArn: undefined }, 'NotKnown', 'does not say what'],
  [
    'the image says no recipe',
    { newest: anImage({ recipeArn: undefined }), recipeArn: undefined },
    'NotKnown',
    'does not say what',
  ],
  ['its AMI is gone', { newest: anImage({ isUsable: false }) }, 'ImageGone', 'does not have the AMI'],
  [
    'the parent is another AMI by now',
    { parent: { imageId: 'ami-newer' } },
    'ParentChanged',
    'made from ami-parent, and the parent AMI is ami-newer',
  ],
  ['the parent cannot be read', { parent: { imageId: undefined } }, 'NotKnown', 'newest parent AMI'],
  [
    'neither parent is known',
    { newest: anImage({ sourceImageId: undefined }), parent: { imageId: undefined } },
    'NotKnown',
    'newest parent AMI',
  ],
  ['a release came since', { releasedAt: hoursAgo(2) }, 'NewerPackages', 'was released since'],
  ['a release came shortly before', { releasedAt: hoursAgo(30) }, 'NewerPackages', 'shortly before'],
  ['no release is known', { releasedAt: undefined }, 'NotKnown', 'not known when'],
  ['a release has no time', { releasedAt: new Date(Number.NaN) }, 'NewerPackages', ''],
  [
    'it is too old',
    { newest: anImage({ startedAt: hoursAgo(DAYS * 24) }), releasedAt: hoursAgo(1000) },
    'TooOld',
    'older than 7 days',
  ],
];

describe('an earlier image', () => {
  it('is used again if recipe, parent and release are the same, and says so', () => {
    const ruling = imageReuse(equal, DAYS, NOW);
    expect(ruling).toMatchObject({ do: 'reuse', image: anImage() });
    expect(ruling.choice).toEqual({
      choice: 'reuse',
      builtAt: '2026-11-21T12:00:00.000Z',
      sentence:
        'Reused because equal: the image of 21 Nov 2026, 12:00 UTC. Same recipe, same parent AMI, no release of Amazon Linux 2023 since.',
    });
  });

  it.each([
    [
      'the recipe names a parent that never changes',
      { parent: 'fixed', newest: anImage({ sourceImageId: undefined }) },
    ],
    ['somebody asked for new ones before it', { rebake: asked(25) }],
    ['the release came long before', { releasedAt: hoursAgo(24 + 6.01) }],
    [
      'it is almost too old',
      { newest: anImage({ startedAt: hoursAgo(DAYS * 24 - 0.01) }), releasedAt: hoursAgo(1000) },
    ],
  ] as const)('is used again if %s', (_, change) => {
    expect(imageReuse({ ...equal, ...change }, DAYS, NOW).do).toBe('reuse');
  });

  it.each(faults)('is not used again if %s', (_, change, because, sentence) => {
    expect(imageReuse({ ...equal, ...change }, DAYS, NOW)).toEqual({
      do: 'build',
      choice: { choice: 'build', because, sentence: expect.stringContaining(sentence) },
    });
  });

  it(`is never used again with one reason against it, although all else holds (seed ${SEED})`, () => {
    const others = fc.record({
      days: fc.integer({ min: 1, max: 30 }),
      more: fc.subarray([...faults]),
      fault: fc.constantFrom(...faults.filter(([, , because]) => because !== 'TooOld')),
    });
    fc.assert(
      fc.property(others, ({ days, more, fault: [, fault] }) => {
        const facts = { ...Object.assign({}, equal, ...more.map(([, change]) => change)), ...fault };
        expect(imageReuse(facts, days, NOW).do).toBe('build');
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it(`is used again only if younger than the days, and younger than the newest release by hours (seed ${SEED})`, () => {
    const hours = fc.double({ min: 0, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(hours, hours, hours, fc.integer({ min: 1, max: 30 }), (built, released, rebaked, days) => {
        const facts = {
          ...equal,
          newest: anImage({ startedAt: hoursAgo(built) }),
          releasedAt: hoursAgo(released),
          rebake: asked(rebaked),
        };
        const [startedAt, askedAt] = [hoursAgo(built).getTime(), Date.parse(facts.rebake.at)];
        const isYoung = NOW.getTime() - startedAt < days * 24 * HOUR;
        const isLater = facts.releasedAt.getTime() + 6 * HOUR < startedAt && askedAt < startedAt;
        expect(imageReuse(facts, days, NOW).do).toBe(isYoung && isLater ? 'reuse' : 'build');
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});

it.each([
  ['another image is marked', marked({ imageId: 'ami-other' }, 1)],
  ['a package that it does not have is marked', marked(OPENSSL, 1)],
  ['somebody else unmarked it', marked({ imageId: 'ami-newest' }, 1, aMarking())],
  ['a commit is marked', marked({ commitId: 'a'.repeat(40) }, 1)],
])('is used again although %s', (_, mark) => {
  expect(imageReuse({ ...equal, marks: [mark] }, DAYS, NOW).do).toBe('reuse');
});

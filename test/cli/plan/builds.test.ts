import { buildOutlook } from '../../../cli/plan/builds.ts';
import { build, type ReuseRuling } from '../../../tasks/images/reuse-rules.ts';

const image = 'arn:aws:imagebuilder:us-east-1:000000000000:image/lockstep-orders/1.0.1/4';
const reused: ReuseRuling = {
  do: 'reuse',
  image: {
    build: image,
    startedAt: new Date('2026-11-29T10:00:00.000Z'),
    recipeArn: 'recipe',
    imageId: 'ami-newest',
    isUsable: true,
    sourceImageId: 'ami-parent',
  },
  choice: { choice: 'reuse', builtAt: '2026-11-29T10:00:00.000Z', sentence: 'Reused because equal.' },
};

describe('what a plan says of an image build', () => {
  it.each([
    ['where images are always built', {}, 'builds a new image', undefined],
    ['that an equal one is used again', { qat: reused }, `uses ${image} again: it is equal`, image],
    [
      'why it builds',
      { qat: build('ParentChanged', 'Built: the parent AMI is ami-new by now.') },
      'builds a new image. Built: the parent AMI is ami-new by now.',
      undefined,
    ],
    ['that it is not known', undefined, 'builds a new image, unless an equal one is used again', undefined],
  ] as const)('%s', (_, reuse, text, reuses) => {
    const outlook = buildOutlook({ ...(reuse && { reuse }) }, 'qat', 'Build QAT image');
    expect([outlook.text, outlook.reuses]).toEqual([text, reuses]);
  });
});

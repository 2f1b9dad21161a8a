import fc from 'fast-check';
import { SAMPLE_SITE, sampleEntries, samplePromotion } from '../../../scripts/events/samples.ts';
import { eventTypeOf, eventTypes, toldByDefault } from '../../../tasks/events/event-types.ts';
import { promotionEvent } from '../../../tasks/events/promotion-event.ts';
import type { EvidenceEntry } from '../../../tasks/evidence/chain.ts';

const entry: EvidenceEntry = {
  sequence: 7,
  key: 'decision#qc#1#1',
  kind: 'decision',
  at: '2026-11-29T10:10:00.000Z',
  actor: { type: 'person', subject: 'secret-subject', name: 'quinn', verifiedEmail: 'quinn@example.com' },
  what: {
    role: 'qc',
    attempt: 1,
    state: 'QC approval',
    candidate: { qatImageId: 'ami-1' },
    digest: 'd1',
    decision: 'approve',
    comment: 'Fine, ask ann@example.com',
    signedInAt: '2026-11-29T10:00:00.000Z',
  },
  previous: 'p',
  hash: 'h',
};
const eventOf = (change: Partial<EvidenceEntry> = {}, promotion = samplePromotion) =>
  promotionEvent(promotion.promotionId, { ...entry, ...change }, promotion, SAMPLE_SITE);

describe('the event of an entry', () => {
  it('says what happened, to what, by whom, in which place, and leads to the page', () => {
    expect(eventOf()).toEqual({
      source: 'lockstep',
      detailType: 'Decision Made',
      time: entry.at,
      resources: [samplePromotion.executionArn],
      detail: {
        version: '1',
        id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
        application: 'shop',
        promotionId: samplePromotion.promotionId,
        sequence: 7,
        kind: 'decision',
        at: entry.at,
        actor: { type: 'person', name: 'quinn' },
        commit: { id: samplePromotion.commitId, branch: 'main', title: 'Show the cart' },
        url: `${SAMPLE_SITE}/promotions/${samplePromotion.promotionId}`,
        data: {
          role: 'qc',
          attempt: 1,
          state: 'QC approval',
          digest: 'd1',
          decision: 'approve',
          comment: 'Fine, ask [address]',
          signedInAt: '2026-11-29T10:00:00.000Z',
        },
      },
    });
  });

  it('has an id of promotion and key alone', () => {
    const { id } = eventOf().detail;
    expect(eventOf({ sequence: 9, at: '2026-11-30T00:00:00.000Z' }).detail.id).toBe(id);
    expect(eventOf({ key: 'decision#qc#1#2' }).detail.id).not.toBe(id);
    expect(eventOf({}, { ...samplePromotion, promotionId: 'other' }).detail.id).not.toBe(id);
  });

  it.each([
    ['job-started', 'image-build', 'Image Build Started'],
    ['job-ended', 'image-build', 'Image Build Ended'],
    ['job-ended', 'instance-refresh', 'Instance Refresh Ended'],
    ['job-started', 'pipeline-run', 'Deployment Started'],
    ['job-ended', 'pipeline-run', 'Deployment Ended'],
    ['job-ended', 'of-tomorrow', 'Promotion Changed'],
  ] as const)('of %s of %s is %s', (kind, job, detailType) => {
    expect(eventTypeOf({ kind, what: { job } }).detailType).toBe(detailType);
  });

  it('of a kind that this version does not know says that something changed, and nothing of it', () => {
    for (const kind of ['marked-tomorrow', 'constructor', '__proto__']) {
      const event = eventOf({ kind: kind as EvidenceEntry['kind'], what: { secret: 'x' } });
      expect(event).toMatchObject({ detailType: 'Promotion Changed', detail: { kind, data: {} } });
    }
  });

  it('leaves out what has another type than the field', () => {
    const what = { ...entry.what, role: 1, attempt: 'one', comment: { text: 'x' }, signedInAt: 'yesterday' };
    expect(eventOf({ what }).detail.data).toEqual({
      state: 'QC approval',
      digest: 'd1',
      decision: 'approve',
    });
  });

  it('never holds an e-mail address, a subject, a task token or an id of a request, by every kind', () => {
    for (const { entry: one } of sampleEntries) {
      const what = { ...one.what, taskToken: 'token-1', approvalId: 'approval-1' };
      const text = JSON.stringify(
        promotionEvent(
          'p',
          { ...one, what },
          { ...samplePromotion, commitMessage: 'By ann@example.com' },
          SAMPLE_SITE,
        ),
      );
      expect(text).not.toMatch(/@example\.com|subject|token-1|approval-1|2f1d0c3b/);
    }
  });

  it('is never larger than 24 KB, however much people wrote', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6000 }),
      fc.constantFrom('\u0001', '€', '\ud800', 'a@b.c ', '"', '😀').map((one) => one.repeat(5000)),
    );
    const value = fc.oneof(text, fc.integer(), fc.dictionary(text, text, { maxKeys: 30 }));
    fc.assert(
      fc.property(fc.constantFrom(...sampleEntries), value, text, ({ entry: one }, given, message) => {
        const { fields } = eventTypeOf(one);
        const what = { ...Object.fromEntries(Object.keys(fields).map((name) => [name, given])) };
        const event = promotionEvent(
          samplePromotion.promotionId,
          { ...one, what: { ...what, job: one.what.job } as EvidenceEntry['what'] },
          { ...samplePromotion, commitMessage: message },
          SAMPLE_SITE,
        );
        expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(24 * 1024);
        // Well-formed: EventBridge rejects half a character.
        expect(JSON.stringify(event)).not.toMatch(/\\ud[89ab]/i);
      }),
      { numRuns: 300 },
    );
  });
});

it('tells by default who is asked, decides and ends, and what changes an environment, but no other job', () => {
  expect(toldByDefault).toEqual(
    expect.arrayContaining(['Approval Requested', 'Decision Made', 'Promotion Ended', 'Deployment Ended']),
  );
  expect(toldByDefault).not.toContain('Image Build Ended');
  expect(Object.values(eventTypes).every(({ meaning }) => /^[A-Z].*\.$/.test(meaning))).toBe(true);
});

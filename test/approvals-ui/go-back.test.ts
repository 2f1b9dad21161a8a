import { askerOf } from '../../tasks/approvals/go-back-review.ts';
import { aGoBack, aRelease, aReview } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const RELEASE = '/promotions/release-a';

const sceneWithReleases = async () => {
  const scene = createScene();
  await scene.addPromotion(aRelease(), (history) => history.succeeded());
  await scene.addPromotion(
    aRelease({
      promotionId: 'release-b',
      commitId: 'b'.repeat(40),
      commitMessage: 'Empty the cart',
      startedAt: '2026-11-21T10:00:00.000Z',
    }),
    (history) => history.succeeded(),
  );
  await scene.ledger.noteLive({
    application: 'shop',
    promotionId: 'release-b',
    since: '2026-11-21T12:00:00.000Z',
  });
  return scene;
};

it.each([
  ['olga', true],
  ['quinn', false],
])('offers %s to go back to a release: %s', async (name, isOffered) => {
  const scene = await sceneWithReleases();
  const cookie = await scene.signIn(name);
  expect((await (await scene.get(RELEASE, cookie)).text()).includes(`href="${RELEASE}/go-back"`)).toBe(
    isOffered,
  );
  const page = await scene.get(`${RELEASE}/go-back`, cookie);
  expect(page.status).toBe(isOffered ? 200 : 403);
  expect((await page.text()).includes('Empty the cart')).toBe(isOffered);
});

it('starts it with the name and reason of the operator, and leads to its page', async () => {
  const scene = await sceneWithReleases();
  const answer = await scene.post(`${RELEASE}/go-back`, await scene.signIn('olga'), {
    reason: ' Cart\r\nempty ',
  });
  expect(answer.status).toBe(303);
  expect(scene.started).toHaveLength(1);
  const [{ name, input }] = scene.started as [(typeof scene.started)[number]];
  expect(answer.headers.get('location')).toBe(`/promotions/${name}`);
  expect(input.goBack).toMatchObject({ to: 'release-a', reason: 'Cart empty', askedBy: { name: 'olga' } });
});

it.each([
  ['without a reason', RELEASE, ' ', 400, 'Give a reason of 1 to'],
  ['to what Prod runs', '/promotions/release-b', 'Why', 409, 'Prod runs commit'],
])('fails %s, and says so', async (_, path, reason, status, text) => {
  const scene = await sceneWithReleases();
  const answer = await scene.post(`${path}/go-back`, await scene.signIn('olga'), { reason });
  expect(answer.status).toBe(status);
  expect(await answer.text()).toContain(text);
  expect(scene.started).toEqual([]);
});

it('offers no form for what Prod runs', async () => {
  const scene = await sceneWithReleases();
  const html = await (await scene.get('/promotions/release-b/go-back', await scene.signIn('olga'))).text();
  expect(html).toContain('Prod runs commit');
  expect(html).not.toContain('name="reason"');
});

const OLGA = { type: 'person', subject: 'olga-1', name: 'olga', verifiedEmail: 'olga@example.com' } as const;

it('shows approvers the reason, what is undone and who may not decide', async () => {
  const scene = createScene();
  const approval = await scene.addQcRequest(
    {
      review: aReview({
        goBack: {
          to: { promotionId: 'release-a', commitId: 'a'.repeat(40), commitMessage: 'Show the cart' },
          undone: [{ promotionId: 'release-b', commitId: 'b'.repeat(40), commitMessage: 'Empty the cart' }],
          reason: 'The cart is empty',
          askedBy: 'olga',
          prodImageId: 'ami-a',
        },
        makers: [askerOf(OLGA, 'a'.repeat(40))],
      }),
    },
    { goBack: aGoBack() },
  );
  const html = await (
    await scene.get(`/approvals/${approval.approvalId}`, await scene.signIn('quinn'))
  ).text();
  for (const text of [
    'The cart is empty',
    'Empty the cart',
    'ami-a',
    'Who may not decide',
    'that Prod loses',
    // A later push is no way back any more, and QAT runs something newer than what is gone back to.
    'an operator goes',
    'Results on QAT when it was promoted',
  ])
    expect(html).toContain(text);
  for (const text of ['reverts this one', 'Try it', 'Claimed as']) expect(html).not.toContain(text);
});

it('warns approvers of a change that contains a commit that somebody went back from', async () => {
  const scene = createScene();
  const approval = await scene.addQcRequest({
    review: aReview({
      bad: [
        {
          commitId: 'b'.repeat(40),
          by: { type: 'person', subject: 'sub-of-olga', name: 'olga', verifiedEmail: 'olga@example.com' },
          at: '2026-11-22T09:00:00.000Z',
          reason: 'The cart is empty',
          goBack: 'goes-back',
        },
      ],
    }),
  });
  const html = await (
    await scene.get(`/approvals/${approval.approvalId}`, await scene.signIn('quinn'))
  ).text();
  for (const text of [
    'This change contains bad commits',
    'bbbbbbbb',
    'The cart is empty',
    'href="/promotions/goes-back"',
  ])
    expect(html).toContain(text);
});

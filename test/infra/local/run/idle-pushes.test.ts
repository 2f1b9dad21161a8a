import { idlePushText, watchIdlePushes } from '../../../../infra/local/run/idle-pushes.ts';
import { markBad } from '../../../../tasks/marks/mark-bad.ts';
import { createMemoryLedger } from '../../../tasks/doubles/memory-ledger.ts';
import { aMarking, COMMIT } from '../../../tasks/doubles/samples.ts';

const applications = [{ name: 'orders', branch: 'main' }];
const push = (referenceType: string, referenceName: string, event = 'referenceUpdated') => ({
  source: 'aws.codecommit',
  detail: { event, repositoryName: 'orders', referenceType, referenceName },
});

it.each([
  [push('branch', 'main'), undefined],
  [{ ...push('branch', 'side'), source: 'aws.s3' }, undefined],
  [
    push('branch', 'side'),
    'The branch side of orders was pushed. This starts nothing: only pushes to main are promoted.',
  ],
  [
    push('tag', 'main'),
    'The tag main of orders was pushed. This starts nothing: only pushes to main are promoted.',
  ],
  [
    push('branch', 'main', 'referenceDeleted'),
    'The branch main of orders was deleted. This starts nothing: only pushes to main are promoted.',
  ],
])('says of %j: %s', async (event, text) => {
  expect(await idlePushText(event, applications, createMemoryLedger())).toBe(text);
});

it('tells each once, and none that came before', async () => {
  const event = (id: string) => ({ ...push('tag', id), id }) as never;
  const events = [event('v1')];
  const next = watchIdlePushes(() => events, applications as never, createMemoryLedger());
  events.push(event('v2'));
  expect(await next()).toEqual([expect.stringContaining('The tag v2')]);
  expect(await next()).toEqual([]);
});

it('says of a push of a bad commit who marked it, and that nothing starts', async () => {
  const ledger = createMemoryLedger();
  const { source, detail } = push('branch', 'main');
  const event = { source, detail: { ...detail, commitId: COMMIT } };
  expect(await idlePushText(event, applications, ledger)).toBeUndefined();
  await markBad(ledger, { application: 'orders', commitId: COMMIT }, aMarking());
  expect(await idlePushText(event, applications, ledger)).toMatch(
    /marked commit 8f0c9c1f bad .*\. Its push starts nothing: push another commit/,
  );
});

import { idlePushText, watchIdlePushes } from '../../../../infra/local/run/idle-pushes.ts';

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
])('says of %j: %s', (event, text) => {
  expect(idlePushText(event, applications)).toBe(text);
});

it('tells each once, and none that came before', () => {
  const event = (id: string) => ({ ...push('tag', id), id }) as never;
  const events = [event('v1')];
  const next = watchIdlePushes(() => events, applications as never);
  events.push(event('v2'));
  expect(next()).toEqual([expect.stringContaining('The tag v2')]);
  expect(next()).toEqual([]);
});

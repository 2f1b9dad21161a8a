import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { branchMovingCalls } from '../../../tasks/source/branch-moves.ts';
import { createCloudTrailPushes } from '../../../tasks/source/cloudtrail-pushes.ts';
import { COMMIT } from '../doubles/samples.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const event = (commit: string) => ({
  CloudTrailEvent: JSON.stringify({
    eventID: commit,
    eventName: 'GitPush',
    eventTime: '2026-11-22T09:00:00Z',
    eventSource: 'codecommit.amazonaws.com',
    userIdentity: { arn: 'arn:aws:iam::000000000000:user/dana' },
    requestParameters: { references: [{ commit, ref: 'refs/heads/main' }] },
    additionalEventData: { repositoryName: 'shop' },
  }),
});
const pushes = (answer: (name: string | undefined, token: string | undefined) => object) => {
  const cloudTrail = double(
    new CloudTrailClient(offline),
    on(LookupEventsCommand, ({ LookupAttributes, NextToken }) =>
      answer(LookupAttributes?.[0]?.AttributeValue, NextToken),
    ),
  );
  const branch = { repositoryName: 'shop', branchName: 'main' };
  return { ...cloudTrail, ask: createCloudTrailPushes(branch, cloudTrail.client, () => NOW) };
};

it('asks for each call that moves a branch, all pages', async () => {
  const since = new Date('2026-11-20T00:00:00Z');
  const { ask, sent } = pushes((name, token) => {
    if (name !== 'GitPush') return { Events: [] };
    return token === undefined
      ? { Events: [event(COMMIT)], NextToken: 'more' }
      : { Events: [event('a'.repeat(40))] };
  });
  expect((await ask(since)).map(({ commitId }) => commitId)).toEqual([COMMIT, 'a'.repeat(40)]);
  const inputs = sent.map(({ input }) => input as { LookupAttributes: { AttributeValue: string }[] });
  const names = inputs.map(({ LookupAttributes }) => LookupAttributes[0]?.AttributeValue ?? '');
  expect([...new Set(names)]).toEqual([...branchMovingCalls]);
  expect(inputs[0]).toMatchObject({ StartTime: since });
});

it('asks no further back than the history reaches', async () => {
  const { ask, sent } = pushes(() => ({ Events: [] }));
  await ask(new Date(0));
  expect(sent[0]?.input).toMatchObject({ StartTime: new Date('2026-08-24T10:00:00Z') });
});

it('fails for a record that cannot be read', async () => {
  const { ask } = pushes(() => ({ Events: [{ CloudTrailEvent: '{' }] }));
  await expect(ask(new Date(0))).rejects.toMatchObject({ name: 'PushRecordUnclear' });
});

import { CloudTrailClient, LookupEventsCommand, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import { createEndpoint } from '../../../endpoint/endpoint.ts';
import { createCloudTrailService } from '../../../services/cloudtrail/cloudtrail.ts';
import { recordCall } from '../../../services/shared/trail.ts';
import {
  administratorAt,
  freePort,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let endpoint: Awaited<ReturnType<typeof createEndpoint>>;
let client: CloudTrailClient;

beforeEach(async () => {
  running = await startHost(newFolder(), [createCloudTrailService], await freePort());
  endpoint = await createEndpoint(running.host);
  client = new CloudTrailClient(administratorAt(endpoint, running));
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await running.stop();
});

const record = (id: string, name = 'GitPush') =>
  recordCall(running.host, {
    id,
    service: 'codecommit',
    name,
    callerArn: 'arn:aws:iam::000000000000:user/dana',
    resource: {
      arn: 'arn:aws:codecommit:us-east-1:000000000000:orders',
      name: 'orders',
      type: 'AWS::CodeCommit::Repository',
    },
    requestParameters: { references: [{ commit: id, ref: 'refs/heads/main' }] },
  });
const byName = (AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey: 'EventName' as const, AttributeValue }],
});
const idsOf = async (input: object) =>
  ((await client.send(new LookupEventsCommand(input))).Events ?? []).map(({ EventId }) => EventId);

it('finds events by name and time, newest first, with the whole record', async () => {
  record('first');
  running.clock.advance(60_000);
  const between = new Date(running.clock.now());
  running.clock.advance(60_000);
  record('second');
  record('second');
  record('other', 'DeleteRepository');
  expect(await idsOf(byName('GitPush'))).toEqual(['second', 'first']);
  expect(await idsOf({ ...byName('GitPush'), StartTime: between })).toEqual(['second']);
  expect(await idsOf({ ...byName('GitPush'), EndTime: between })).toEqual(['first']);
  const [event] = (await client.send(new LookupEventsCommand(byName('GitPush')))).Events ?? [];
  expect(event).toMatchObject({
    EventName: 'GitPush',
    Username: 'dana',
    EventSource: 'codecommit.amazonaws.com',
  });
  expect(JSON.parse(event?.CloudTrailEvent ?? '')).toMatchObject({
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::000000000000:user/dana' },
    eventTime: `${event?.EventTime?.toISOString().slice(0, 19)}Z`,
    requestParameters: { references: [{ commit: 'second', ref: 'refs/heads/main' }] },
  });
});

it('gives pages of at most 50', async () => {
  for (let index = 0; index < 120; index++) record(`push-${index}`);
  const sizes = [];
  for await (const { Events = [] } of paginateLookupEvents({ client }, byName('GitPush')))
    sizes.push(Events.length);
  expect(sizes).toEqual([50, 50, 20]);
});

it('keeps 90 days', async () => {
  record('old');
  running.clock.advance(91 * 24 * 60 * 60 * 1000);
  record('new');
  expect(await idsOf(byName('GitPush'))).toEqual(['new']);
});

it.each([
  [
    'two attributes',
    { LookupAttributes: [...byName('a').LookupAttributes, ...byName('b').LookupAttributes] },
  ],
  ['another attribute', { LookupAttributes: [{ AttributeKey: 'Username', AttributeValue: 'dana' }] }],
  ['a page that is too large', { MaxResults: 51 }],
  ['a start after the end', { StartTime: new Date(2000), EndTime: new Date(1000) }],
  ['a token that it did not give', { NextToken: 'x' }],
])('fails for %s', async (_, input) => {
  await expect(client.send(new LookupEventsCommand(input as object))).rejects.toMatchObject({
    name: expect.stringMatching(/^Invalid/),
  });
});

it('denies a role that may not look events up', async () => {
  const roleArn = putRole(running.host, 'stranger', 'lambda.amazonaws.com');
  const stranger = { kind: 'role', roleArn, sessionName: 'test' } as const;
  await expect(running.host.call(stranger, 'cloudtrail', 'LookupEvents', {})).rejects.toThrow(
    /not authorized to perform: cloudtrail:LookupEvents/,
  );
});

import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { createEndpoint } from '../../../endpoint/endpoint.ts';
import { createLogsService } from '../../../services/logs/logs.ts';
import { administratorAt, freePort, startHost, temporaryFolders } from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();

it('takes and gives log events over the wire', async () => {
  const running = await startHost(newFolder(), [createLogsService], await freePort());
  const endpoint = await createEndpoint(running.host);
  const client = new CloudWatchLogsClient(administratorAt(endpoint, running));
  const logGroupName = '/lockstep/test';
  const stream = { logGroupName, logStreamName: 'a' };
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  await client.send(new CreateLogStreamCommand(stream));
  await client.send(new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: 5, message: 'hello' }] }));
  const event = expect.objectContaining({ timestamp: 5, message: 'hello' });
  expect((await client.send(new FilterLogEventsCommand({ logGroupName }))).events).toEqual([event]);
  expect((await client.send(new GetLogEventsCommand(stream))).events).toEqual([event]);
  expect((await client.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([
    expect.objectContaining({ logGroupName }),
  ]);
  client.destroy();
  await endpoint.close();
  await running.stop();
});

import path from 'node:path';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { createClock } from '../../infra/local/clock.ts';
import { createHost } from '../../infra/local/create-host.ts';
import { createEndpoint } from '../../infra/local/endpoint/endpoint.ts';
import { createStatesService } from '../../infra/local/services/states/states.ts';
import { openStore } from '../../infra/local/store.ts';
import { freePorts } from '../support/ports.ts';

const EXECUTIONS = 2000;
const AT_ONCE = 32;

const states = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [
    `Step ${index}`,
    {
      Type: 'Pass',
      Assign: { count: `{% $states.input.count + ${index} %}` },
      Output: { count: '{% $states.input.count + 1 %}' },
      ...(index === 9 ? { End: true } : { Next: `Step ${index + 1}` }),
    },
  ]),
);

/**
 * Executions of a ten-state machine per second, over HTTP and with the journal on disk.
 * @param directory for the journal
 */
export const measureEngine = async (directory: string) => {
  const store = openStore(path.join(directory, 'engine'));
  const clock = createClock();
  const host = createHost({
    stateDir: path.join(directory, 'engine'),
    store,
    clock,
    ports: await freePorts(),
  });
  host.register(createStatesService(host));
  const endpoint = await createEndpoint(host);
  await host.startServices();
  const client = new SFNClient({
    endpoint: endpoint.url,
    region: host.region,
    credentials: { accessKeyId: 'administrator', secretAccessKey: 'administrator' },
  });
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name: 'ten-states',
      roleArn: `arn:aws:iam::${host.accountId}:role/bench`,
      definition: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Step 0', States: states }),
    }),
  );
  const start = performance.now();
  let left = EXECUTIONS;
  let last = '';
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) {
        const { executionArn } = await client.send(
          new StartExecutionCommand({ stateMachineArn, input: '{"count":0}' }),
        );
        last = executionArn ?? last;
      }
    }),
  );
  for (;;) {
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn: last }));
    if (status !== 'RUNNING') break;
  }
  const seconds = (performance.now() - start) / 1000;
  client.destroy();
  await endpoint.close();
  await host.stopServices();
  clock.stop();
  store.close();
  return { executions: EXECUTIONS, states: 10, executionsPerSecond: Math.round(EXECUTIONS / seconds) };
};

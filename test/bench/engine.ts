import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { connectLean } from './lean-client.ts';

/** Before these the engine's code is not compiled by the machine yet. */
const WARM_UP = 1000;
const EXECUTIONS = 10_000;
const CONNECTIONS = 32;

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
 * Executions of a ten-state machine per second, over HTTP and with the journal on disk: from the first start to the
 * end of the last execution. The engine has a process of its own, as has the client.
 * @param directory for the journal
 * @throws Error when an execution has not ended as it must
 */
export const measureEngine = async (directory: string) => {
  const server = fork(path.join(import.meta.dirname, 'engine-server.ts'), [path.join(directory, 'engine')]);
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const connections = Array.from({ length: CONNECTIONS }, () => connectLean(port));
  const [first] = connections;
  if (!first) throw new Error('There is no connection.');
  const machine = await first.call(
    'CreateStateMachine',
    JSON.stringify({
      name: 'ten-states',
      roleArn: 'arn:aws:iam::000000000000:role/bench',
      definition: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Step 0', States: states }),
    }),
  );
  const { stateMachineArn } = JSON.parse(machine) as { stateMachineArn: string };
  const input = JSON.stringify({ stateMachineArn, input: '{"count":0}' });
  const execute = async (count: number) => {
    let left = count;
    const answers: string[] = [];
    await Promise.all(
      connections.map(async (connection) => {
        while (left-- > 0) answers.push(await connection.call('StartExecution', input));
      }),
    );
    return answers;
  };
  const cpuSeconds = async () => {
    server.send('cpu');
    const [{ cpuMicroseconds }] = (await once(server, 'message')) as [{ cpuMicroseconds: NodeJS.CpuUsage }];
    return (cpuMicroseconds.user + cpuMicroseconds.system) / 1e6;
  };

  await execute(WARM_UP);
  const cpuBefore = await cpuSeconds();
  const start = performance.now();
  const answers = await execute(EXECUTIONS);
  const running = await first.call(
    'ListExecutions',
    JSON.stringify({ stateMachineArn, statusFilter: 'RUNNING' }),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpu = (await cpuSeconds()) - cpuBefore;

  const last = JSON.parse(answers.at(-1) ?? '{}') as { executionArn: string };
  const described = await first.call(
    'DescribeExecution',
    JSON.stringify({ executionArn: last.executionArn }),
  );
  const { status, output } = JSON.parse(described) as { status: string; output: string };
  if (status !== 'SUCCEEDED' || output !== '{"count":10}' || !running.includes('"executions":[]')) {
    throw new Error(`Executions did not end as they must: ${described} ${running}`);
  }
  for (const connection of connections) connection.close();
  server.disconnect();
  return {
    executions: EXECUTIONS,
    states: 10,
    executionsPerSecond: Math.round(EXECUTIONS / seconds),
    /** What the engine's process alone would reach on a core that nothing else uses. */
    executionsPerCpuSecond: Math.round(EXECUTIONS / cpu),
  };
};

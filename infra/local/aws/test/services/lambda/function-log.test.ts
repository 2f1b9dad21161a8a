import fs from 'node:fs';
import path from 'node:path';
import { eventually, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';
import { invoke, lambdaServices, putFunction } from './functions.ts';

const newFolder = temporaryFolders();
let running: TestHost;

beforeEach(async () => {
  running = await startHost(newFolder(), lambdaServices);
});
afterEach(() => running.stop());

describe('logs', () => {
  const events = async () => {
    try {
      const { events } = await running.host.call<{ events: { message: string }[] }>(
        { kind: 'administrator' },
        'logs',
        'FilterLogEvents',
        { logGroupName: '/aws/lambda/fn' },
      );
      return events.map(({ message }) => message);
    } catch {
      return [];
    }
  };

  it('go into the log group with the request id, and their tail into the answer', async () => {
    await putFunction(
      running,
      'fn',
      `exports.handler = async () => { console.warn('two\\nlines', { a: 1 }); process.stdout.write('raw\\n'); };`,
    );
    const { LogResult = '' } = await invoke(running, 'fn', {}, { LogType: 'Tail' });
    const lines = Buffer.from(LogResult, 'base64').toString().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^START RequestId: \S+ Version: \$LATEST$/),
      expect.stringMatching(/^\S+Z\t[0-9a-f-]{36}\tWARN\ttwo\rlines { a: 1 }$/),
      'raw',
      expect.stringMatching(/^END RequestId: /),
      expect.stringMatching(/^REPORT RequestId: .*Memory Size: 128 MB$/),
    ]);
    expect(await events()).toEqual(lines);
    const file = fs.readFileSync(path.join(running.host.stateDir, 'logs', 'fn.log'), 'utf8');
    expect(file).toContain('two\nlines { a: 1 }');
  });

  it('are JSON from the chosen level upwards where the template says so', async () => {
    await putFunction(
      running,
      'fn',
      `exports.handler = async () => { console.info('no'); console.error('yes', new Error('why')); };`,
      {
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'WARN' },
      },
    );
    const { LogResult = '' } = await invoke(running, 'fn', {}, { LogType: 'Tail' });
    const records = Buffer.from(LogResult, 'base64')
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(records.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        errorType: 'Error',
        errorMessage: 'why',
        requestId: expect.any(String),
      }),
    ]);
  });

  it('are lost when the role may not write them, and the operator is told', async () => {
    await putFunction(running, 'fn', 'exports.handler = async () => 1;');
    const roles = running.store.table<{ inlinePolicies: object }>('iam.roles');
    roles.put('fn-role', { ...roles.get('fn-role'), inlinePolicies: {} });
    expect((await invoke(running, 'fn')).payload).toBe(1);
    const line = await eventually(() =>
      running.log.find(({ message }) => message.startsWith('The logs of fn are lost')),
    );
    expect(line.message).toContain('logs:CreateLogStream');
    expect(await events()).toEqual([]);
  });
});

import fs from 'node:fs';
import path from 'node:path';
import { eventually, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';
import { inTest, invoke, lambdaServices, providerOf, putFunction } from './functions.ts';

const newFolder = temporaryFolders();
let running: TestHost;
/** A file that functions append to: what they did survives any worker. */
let trace: string;

beforeEach(async () => {
  const folder = newFolder();
  trace = path.join(folder, 'trace');
  running = await startHost(folder, lambdaServices);
});
afterEach(() => running.stop());

const lines = () => (fs.existsSync(trace) ? fs.readFileSync(trace, 'utf8').trim().split('\n') : []);
const queued = () => running.store.table('lambda.asyncEvents').keys();

const writer = (body: string) =>
  `const fs = require('node:fs');
   const note = (text) => fs.appendFileSync(${JSON.stringify(trace)}, text + '\\n');
   exports.handler = async (event, context) => { ${body} };`;

const send = (event: unknown) => invoke(running, 'fn', event, { InvocationType: 'Event' });

/** Lets the waits between attempts pass as soon as they begin. */
const pass = async (done: () => boolean) => {
  await eventually(() => {
    const due = running.store.table<{ failures: number }>('lambda.asyncEvents').values();
    if (due.some(({ failures }) => failures > 0)) running.clock.advance(1000);
    return done();
  });
};

describe('asynchronous invocations', () => {
  it('answer at once and run afterwards', async () => {
    await putFunction(running, 'fn', writer('note(event.text)'));
    expect(await send({ text: 'hello' })).toEqual({ StatusCode: 202, payload: undefined });
    await eventually(() => queued().length === 0);
    expect(lines()).toEqual(['hello']);
  });

  it('are attempted three times with the same request id, then given up and reported to the operator', async () => {
    await putFunction(running, 'fn', writer(`note(context.awsRequestId); throw new Error('always');`), {
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead' },
    });
    await send({});
    await pass(() => queued().length === 0);
    expect(lines()).toHaveLength(3);
    expect(new Set(lines()).size).toBe(1);
    expect(running.log).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining('given up'),
        details: expect.objectContaining({
          failures: 3,
          destination: 'arn:aws:sqs:us-east-1:000000000000:dead',
        }),
      }),
    );
  });

  it('are attempted as often as the template says', async () => {
    await putFunction(running, 'fn', writer(`note('attempt'); throw new Error('always');`));
    const provider = providerOf(running.host.service('lambda'), 'AWS::Lambda::EventInvokeConfig');
    await provider.create(
      { FunctionName: 'fn', Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      inTest('Config'),
    );
    await send({});
    await eventually(() => queued().length === 0);
    expect(lines()).toEqual(['attempt']);
  });

  it('succeed at a later attempt', async () => {
    await putFunction(
      running,
      'fn',
      writer(
        `note('attempt'); if (fs.readFileSync(${JSON.stringify(trace)}, 'utf8').length < 10) throw new Error('first');`,
      ),
    );
    await send({});
    await pass(() => queued().length === 0);
    expect(lines()).toEqual(['attempt', 'attempt']);
  });

  it('are delivered again after a kill while they ran', async () => {
    await putFunction(
      running,
      'fn',
      writer(
        `note('began'); if (fs.readFileSync(${JSON.stringify(trace)}, 'utf8').length < 10) await new Promise((r) => setTimeout(r, 1e6)); note('ended');`,
      ),
      { Timeout: 900 },
    );
    await send({});
    await eventually(() => lines().length === 1);
    running = await running.killAndRestart();
    await eventually(() => queued().length === 0);
    expect(lines()).toEqual(['began', 'began', 'ended']);
  });
});

import fs from 'node:fs';
import path from 'node:path';
import { recordAsset } from '../../../assembly/assets.ts';
import { startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';
import { invoke, lambdaServices, putFunction } from './functions.ts';

const newFolder = temporaryFolders();
let running: TestHost;

beforeEach(async () => {
  running = await startHost(newFolder(), lambdaServices);
});
afterEach(() => running.stop());

/** Deploys and invokes in one. */
const run = async (source: string, event: unknown = {}, properties = {}) => {
  await putFunction(running, 'fn', source, properties);
  return invoke(running, 'fn', event);
};

describe('handlers', () => {
  it.each<[string, string, unknown]>([
    ['async', 'exports.handler = async (event) => ({ got: event.a });', { got: 1 }],
    [
      'callback',
      'exports.handler = (event, context, callback) => { setImmediate(callback, null, event.a); };',
      1,
    ],
    ['plain', 'exports.handler = (event) => event.a + 1;', 2],
    ['without a result', 'exports.handler = async () => {};', null],
  ])('%s', async (_name, source, expected) => {
    expect(await run(source, { a: 1 })).toEqual({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      payload: expected,
    });
  });

  it('get the context that Lambda gives', async () => {
    const { payload } = await run(
      `exports.handler = async (event, c) => ({ ...c, left: c.getRemainingTimeInMillis() });`,
      {},
      { Timeout: 10, MemorySize: 256 },
    );
    expect(payload).toMatchObject({
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: 'fn',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn',
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/fn',
    });
    const { left } = payload as { left: number };
    expect(left).toBeGreaterThan(9000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it('see their own environment and credentials, and nothing of the machine', async () => {
    process.env.OF_THE_MACHINE = 'secret';
    process.env.NODE_OPTIONS = '--no-warnings';
    const { payload } = await run(
      'exports.handler = async () => process.env;',
      {},
      {
        Environment: { Variables: { TABLE: 'ledger' } },
      },
    );
    delete process.env.OF_THE_MACHINE;
    delete process.env.NODE_OPTIONS;
    const environment = payload as Record<string, string>;
    expect(environment).toMatchObject({
      TABLE: 'ledger',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_LAMBDA_FUNCTION_NAME: 'fn',
      _HANDLER: 'index.handler',
    });
    expect(environment.OF_THE_MACHINE).toBeUndefined();
    expect(environment.NODE_OPTIONS).toBeUndefined();
    expect(
      running.host.principalOf(environment.AWS_ACCESS_KEY_ID as string, environment.AWS_SESSION_TOKEN),
    ).toEqual({
      kind: 'role',
      roleArn: 'arn:aws:iam::000000000000:role/fn-role',
      sessionName: 'fn',
    });
  });

  it('keep a worker warm between invocations, and use four at the same time', async () => {
    await putFunction(
      running,
      'fn',
      `const worker = Math.random();
       exports.handler = async ({ wait = 0 }) => new Promise((resolve) => setTimeout(resolve, wait, worker));`,
    );
    const first = await invoke(running, 'fn');
    expect(await invoke(running, 'fn')).toEqual(first);
    const six = await Promise.all(Array.from({ length: 6 }, () => invoke(running, 'fn', { wait: 50 })));
    const workers = new Set(six.map(({ payload }) => payload));
    expect(workers.size).toBe(4);
    expect(workers.has(first.payload)).toBe(true);
  });

  it('run one at a time when their concurrency is reserved so', async () => {
    await putFunction(
      running,
      'fn',
      `let count = 0;
       exports.handler = async () => new Promise((resolve) => setTimeout(resolve, 10, ++count));`,
      { ReservedConcurrentExecutions: 1 },
    );
    const answers = await Promise.all([1, 2, 3].map(() => invoke(running, 'fn')));
    expect(answers.map(({ payload }) => payload)).toEqual([1, 2, 3]);
  });

  it('run new code after an update', async () => {
    expect((await run('exports.handler = async () => 1;')).payload).toBe(1);
    expect((await run('exports.handler = async () => 2;')).payload).toBe(2);
  });

  it('see a clock that is set forward at once', async () => {
    await putFunction(
      running,
      'fn',
      `exports.handler = async () => [Date.now(), new Date().getTime(), new Date(0).getTime(), new Date() instanceof Date];`,
    );
    const [before] = (await invoke(running, 'fn')).payload as number[];
    running.clock.advance(7 * 24 * 3600 * 1000);
    const [now, date, epoch, isDate] = (await invoke(running, 'fn')).payload as unknown[];
    expect((now as number) - (before as number)).toBeGreaterThanOrEqual(7 * 24 * 3600 * 1000);
    expect(Math.abs((date as number) - running.clock.now())).toBeLessThan(5000);
    expect([epoch, isDate]).toEqual([0, true]);
  });
});

describe('code of an asset', () => {
  const asset = async (files: Record<string, string>, handler: string) => {
    const folder = newFolder();
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    recordAsset(running.store, 'assets', 'code.zip', { path: path.join(folder, 'code'), packaging: 'zip' });
    await putFunction(running, 'fn', '', {
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
      Handler: handler,
    });
    return invoke(running, 'fn');
  };

  it('is CommonJS in .js files, under any package.json above', async () => {
    const files = {
      'package.json': '{"type":"module"}',
      'code/index.js': `exports.handler = async () => require('./other.js').value;`,
      'code/other.js': 'exports.value = __filename.endsWith("other.js");',
    };
    expect((await asset(files, 'index.handler')).payload).toBe(true);
  });

  it('is an ES module in .mjs files', async () => {
    const files = {
      'code/src/main.mjs': 'export const api = { handler: async () => import.meta.url.slice(0, 5) };',
    };
    expect((await asset(files, 'src/main.api.handler')).payload).toBe('file:');
  });

  it('is an ES module where its own package.json says so', async () => {
    const files = {
      'code/package.json': '{"type":"module"}',
      'code/index.js': 'export const handler = async () => 1;',
    };
    expect((await asset(files, 'index.handler')).payload).toBe(1);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    ['Runtime.ImportModuleError', { 'code/other.js': '' }, 'index.handler', /Cannot find module 'index'/],
    ['Runtime.ImportModuleError', { 'code/index.js': 'require("not-there")' }, 'index.handler', /not-there/],
    [
      'Runtime.HandlerNotFound',
      { 'code/index.js': '' },
      'index.handler',
      /index.handler is undefined or not exported/,
    ],
    ['Runtime.UserCodeSyntaxError', { 'code/index.js': 'const = 1' }, 'index.handler', /SyntaxError/],
  ])('fails with %s', async (errorType, files, handler, message) => {
    expect(await asset(files, handler)).toMatchObject({
      FunctionError: 'Unhandled',
      payload: { errorType, errorMessage: expect.stringMatching(message) },
    });
  });
});

describe('functions of an assembly', () => {
  const source = `
    const { threadId } = require('node:worker_threads');
    const state = require('./state.js');
    const told = process.env.TOLD;
    exports.handler = async () => {
      const late = require('./late.js');
      return { threadId, count: ++state.count, late: ++late.count, told, now: process.env.TOLD, name: process.env.AWS_LAMBDA_FUNCTION_NAME };
    };`;
  const put = async (name: string, told: string) =>
    putFunction(running, name, '', {
      Code: { S3Bucket: 'assets', S3Key: 'shared.zip' },
      Environment: { Variables: { TOLD: told } },
    });
  beforeEach(async () => {
    const folder = newFolder();
    fs.writeFileSync(path.join(folder, 'index.js'), source);
    for (const file of ['state.js', 'late.js'])
      fs.writeFileSync(path.join(folder, file), 'exports.count = 0;');
    recordAsset(running.store, 'assets', 'shared.zip', { path: folder, packaging: 'zip' });
  });
  const payloadOf = async (name: string) => (await invoke(running, name)).payload as Record<string, unknown>;

  it('share a thread, and nothing of their variables and modules', async () => {
    await put('one', 'first');
    await put('other', 'second');
    const answers = [];
    for (const name of ['one', 'other', 'one', 'other', 'other']) answers.push(await payloadOf(name));
    const [{ threadId } = {}] = answers;
    const [one, other] = [
      { threadId, told: 'first', now: 'first', name: 'one' },
      { threadId, told: 'second', now: 'second', name: 'other' },
    ];
    expect(answers).toEqual([
      { ...one, count: 1, late: 1 },
      { ...other, count: 1, late: 1 },
      { ...one, count: 2, late: 2 },
      { ...other, count: 2, late: 2 },
      { ...other, count: 3, late: 3 },
    ]);
  });

  it('start again when one of them is changed, while the others keep what they hold', async () => {
    await put('one', 'first');
    await put('other', 'second');
    for (const name of ['one', 'other']) await payloadOf(name);
    await put('one', 'changed');
    expect(await payloadOf('one')).toMatchObject({ told: 'changed', count: 1 });
    expect(await payloadOf('other')).toMatchObject({ told: 'second', count: 2 });
  });

  it('of which many are in use stay within few threads', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `fn-${index}`);
    for (const name of names) await put(name, name);
    const answers = await Promise.all([...names, ...names].map(payloadOf));
    expect(answers.map(({ told }) => told)).toEqual([...names, ...names]);
    expect(new Set(answers.map(({ threadId }) => threadId)).size).toBeLessThanOrEqual(4);
  });
});

describe('failures', () => {
  it('report name, message and stack of what was thrown', async () => {
    const { FunctionError, payload } = await run(
      `exports.handler = async () => { throw Object.assign(new Error('no image'), { name: 'ImageNotReadyError' }); };`,
    );
    expect(FunctionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'ImageNotReadyError',
      errorMessage: 'no image',
      trace: expect.arrayContaining([expect.stringContaining('no image')]),
    });
  });

  it.each<[string, string, object]>([
    [
      'a thrown text',
      `exports.handler = async () => { throw 'oh'; };`,
      { errorType: 'string', errorMessage: 'oh' },
    ],
    [
      'a callback error',
      `exports.handler = (e, c, done) => done(new TypeError('bad'));`,
      { errorType: 'TypeError', errorMessage: 'bad' },
    ],
    [
      'process.exit',
      'exports.handler = async () => process.exit(3);',
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: .* Error: Runtime exited with error: exit status 3$/,
        ),
      },
    ],
    [
      'an exception outside of the promise',
      `exports.handler = () => new Promise(() => setImmediate(() => { throw new RangeError('late'); }));`,
      { errorType: 'RangeError', errorMessage: 'late' },
    ],
    [
      'an unhandled rejection',
      `exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); });`,
      { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    ],
    [
      'a result that is not JSON',
      'exports.handler = async () => 1n;',
      { errorType: 'Runtime.MarshalError', errorMessage: expect.stringContaining('Unable to stringify') },
    ],
    [
      'a result above 6 MB',
      `exports.handler = async () => 'x'.repeat(6291556);`,
      { errorType: 'Function.ResponseSizeTooLarge', errorMessage: expect.stringContaining('6291556 bytes') },
    ],
  ])('%s', async (_name, source, expected) => {
    expect(await run(source)).toMatchObject({ FunctionError: 'Unhandled', payload: expected });
  });

  it('do not spoil the next invocation', async () => {
    await putFunction(running, 'fn', 'exports.handler = async ({ die }) => die ? process.exit(1) : "alive";');
    expect((await invoke(running, 'fn', { die: true })).FunctionError).toBe('Unhandled');
    expect((await invoke(running, 'fn')).payload).toBe('alive');
  });

  it('end a function that runs past its timeout, even one that never yields', async () => {
    await putFunction(running, 'fn', 'exports.handler = async ({ spin }) => { while (spin); return 1; };', {
      Timeout: 1,
    });
    const { FunctionError, payload } = await invoke(running, 'fn', { spin: true });
    expect(FunctionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$/,
      ),
    });
    expect((await invoke(running, 'fn')).payload).toBe(1);
  });

  it.each<[string, object, string]>([
    ['an unknown function', { FunctionName: 'nobody' }, 'ResourceNotFoundException'],
    ['a version, of which there are none', { FunctionName: 'fn:7' }, 'InvalidParameterValueException'],
    ['what is not JSON', { FunctionName: 'fn', Payload: Buffer.from('{') }, 'InvalidRequestContentException'],
    [
      'a request above 6 MB',
      { FunctionName: 'fn', Payload: Buffer.alloc(6291457) },
      'RequestTooLargeException',
    ],
  ])('answer %s with its error', async (_name, input, name) => {
    await putFunction(running, 'fn', 'exports.handler = async () => 1;');
    await expect(
      running.host.call({ kind: 'administrator' }, 'lambda', 'Invoke', input),
    ).rejects.toMatchObject({ name });
  });
});

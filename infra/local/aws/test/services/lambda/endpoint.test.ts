import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { recordAsset } from '../../../assembly/assets.ts';
import { createEndpoint, type Endpoint } from '../../../endpoint/endpoint.ts';
import type { PolicyStatement } from '../../../host.ts';
import { createSecretsManagerService } from '../../../services/secretsmanager/secretsmanager.ts';
import {
  administratorAt,
  eventually,
  freePort,
  putRole,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';
import { basicExecution, inTest, invoke, lambdaServices, providerOf, putFunction } from './functions.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let endpoint: Endpoint;
let client: LambdaClient;

beforeEach(async () => {
  running = await startHost(newFolder(), [...lambdaServices, createSecretsManagerService], await freePort());
  endpoint = await createEndpoint(running.host);
  client = new LambdaClient(administratorAt(endpoint, running));
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await running.stop();
});

describe('over the wire', () => {
  it('the account tells how much concurrency functions have not reserved', async () => {
    await putFunction(running, 'fn', 'exports.handler = async () => 1;', { ReservedConcurrentExecutions: 3 });
    expect(await client.send(new GetAccountSettingsCommand({}))).toMatchObject({
      AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 997 },
      AccountUsage: { FunctionCount: 1 },
    });
  });

  it('functions are invoked, waiting or not', async () => {
    await putFunction(running, 'fn', 'exports.handler = async (event) => ({ echo: event });');
    const Payload = JSON.stringify({ a: 'ü' });
    const answer = await client.send(new InvokeCommand({ FunctionName: 'fn', Payload, LogType: 'Tail' }));
    expect(answer).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      LogResult: expect.any(String),
    });
    expect(answer.FunctionError).toBeUndefined();
    expect(answer.Payload?.transformToString()).toBe('{"echo":{"a":"ü"}}');
    const event = await client.send(
      new InvokeCommand({ FunctionName: 'fn', Payload, InvocationType: 'Event' }),
    );
    expect(event.StatusCode).toBe(202);
    await eventually(() => running.store.table('lambda.asyncEvents').keys().length === 0);
  });

  it('errors of functions and of the service are told apart', async () => {
    await putFunction(running, 'fn', `exports.handler = async () => { throw new TypeError('no'); };`);
    const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: 'fn' }));
    expect(FunctionError).toBe('Unhandled');
    expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({ errorType: 'TypeError' });
    await expect(client.send(new InvokeCommand({ FunctionName: 'nobody' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody',
    });
  });

  it('functions are described', async () => {
    const arn = await putFunction(running, 'fn', 'exports.handler = async () => 1;', { Timeout: 30 });
    const { Functions } = await client.send(new ListFunctionsCommand());
    expect(Functions).toHaveLength(1);
    expect(Functions?.[0]).toMatchObject({ FunctionArn: arn, Timeout: 30, State: 'Active' });
    const one = await client.send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
    expect(one).toMatchObject(Functions?.[0] ?? {});
    await expect(
      client.send(new GetFunctionConfigurationCommand({ FunctionName: 'none' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('a function that uses an SDK client', () => {
  const read = async (...statements: PolicyStatement[]) => {
    await providerOf(running.host.service('secretsmanager'), 'AWS::SecretsManager::Secret').create(
      { Name: 'key', SecretString: 'open sesame' },
      inTest('Secret'),
    );
    const source = `
      const { GetSecretValueCommand, SecretsManagerClient } = require(${JSON.stringify(createRequire(import.meta.url).resolve('@aws-sdk/client-secrets-manager'))});
      const client = new SecretsManagerClient();
      exports.handler = async () => (await client.send(new GetSecretValueCommand({ SecretId: 'key' }))).SecretString;`;
    const Role = putRole(running.host, 'reader', 'lambda.amazonaws.com', [basicExecution, ...statements]);
    await putFunction(running, 'fn', source, { Role, Timeout: 20 });
    return invoke(running, 'fn');
  };

  it('reaches the emulated services with what its role may', async () => {
    const allowed = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' } as const;
    expect((await read(allowed)).payload).toBe('open sesame');
  });

  it('fails for what its role may not do', async () => {
    expect(await read()).toMatchObject({
      FunctionError: 'Unhandled',
      payload: {
        errorType: 'AccessDeniedException',
        errorMessage: expect.stringMatching(
          /assumed-role\/reader\/fn is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:000000000000:secret:key-/,
        ),
      },
    });
  });
});

it('functions that wait for a function get its answer, however many wait at a time', async () => {
  const folder = newFolder();
  fs.writeFileSync(
    path.join(folder, 'index.js'),
    `
      const { InvokeCommand, LambdaClient } = require(${JSON.stringify(createRequire(import.meta.url).resolve('@aws-sdk/client-lambda'))});
      const client = new LambdaClient();
      exports.caller = async () => {
        const { Payload } = await client.send(new InvokeCommand({ FunctionName: 'called' }));
        return JSON.parse(Payload.transformToString());
      };
      exports.called = async () => 'answer';`,
  );
  recordAsset(running.store, 'assets', 'both.zip', { path: folder, packaging: 'zip' });
  const mayInvoke = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' } as const;
  const Role = putRole(running.host, 'caller', 'lambda.amazonaws.com', [basicExecution, mayInvoke]);
  const Code = { S3Bucket: 'assets', S3Key: 'both.zip' };
  for (const name of ['caller', 'called'])
    await putFunction(running, name, '', { Code, Role, Handler: `index.${name}`, Timeout: 30 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => invoke(running, 'caller')));
  expect(answers.map(({ payload }) => payload)).toEqual(Array(8).fill('answer'));
});

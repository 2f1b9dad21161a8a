import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../clock.ts';
import { createHost, type EmulatorHost } from '../../create-host.ts';
import { createEndpoint, type Endpoint } from '../../endpoint/endpoint.ts';
import { protocols } from '../../endpoint/protocols.ts';
import { type OperationModel, readModel, type Structure } from '../../endpoint/shapes.ts';
import { sqsInputs } from '../../endpoint/sqs-inputs.ts';
import { createServices } from '../../services/create-services.ts';
import { createMemoryStore } from '../../store.ts';
import { create, putRole } from '../services/shared/test-host.ts';
import { createMalformer, createRandom, ESCAPED, type WireCall, writeCall } from './malformed-calls.ts';

const SEED = 20_261_129;
const CALLS_PER_OPERATION = 14;

let folder: string;
let host: EmulatorHost;
let endpoint: Endpoint;
const agent = new http.Agent({ keepAlive: true });
const lines: string[] = [];

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-malformed-'));
  const clock = createClock();
  host = createHost({
    stateDir: path.join(folder, 'a', 'b', 'state'),
    store: createMemoryStore(),
    clock,
    ports: { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 },
    log: ({ service, message }) => lines.push(`${service}: ${message}`),
  });
  createServices(host, {
    people: [],
    signInLook: { styleSheet: '', assets: () => undefined } as never,
  });
  endpoint = await createEndpoint(host);
});

afterAll(async () => {
  agent.destroy();
  await endpoint.close();
  await host.stopServices();
  fs.rmSync(folder, { recursive: true, force: true });
});

const send = (service: string, accessKey: { id: string; token?: string }, call: WireCall) =>
  new Promise<{ status: number; text: string; headers: http.IncomingHttpHeaders }>((resolve, reject) => {
    const request = http.request(
      {
        port: endpoint.port,
        host: '127.0.0.1',
        agent,
        method: call.method,
        path: call.path,
        headers: {
          ...call.headers,
          'content-length': Buffer.byteLength(call.body),
          authorization: `AWS4-HMAC-SHA256 Credential=${accessKey.id}/20261129/us-east-1/${service}/aws4_request`,
          ...(accessKey.token !== undefined && { 'x-amz-security-token': accessKey.token }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
      },
    );
    request.once('error', reject);
    request.end(call.body);
  });

/** The error code in an answer of any protocol. */
const codeIn = ({ text, headers }: { text: string; headers: http.IncomingHttpHeaders }) =>
  headers['x-amzn-errortype']?.toString() ??
  /"__type":"(?:[^"#]*#)?(\w+)"/.exec(text)?.[1] ??
  /<Code>([\w.]+)<\/Code>/.exec(text)?.[1];

/** Everything below a folder, except for what is below `except`. */
const filesIn = (directory: string, except: string): string[] =>
  fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (file === except) return [];
    return entry.isDirectory() ? [file, ...filesIn(file, except)] : [file];
  });

const operationsOf = async (name: string): Promise<readonly OperationModel[]> => {
  const served = Object.keys(host.service(name)?.operations ?? {});
  const client = protocols[name]?.client;
  const inputs: Readonly<Record<string, Structure>> = sqsInputs;
  if (!client)
    return served.map((operation) => ({
      name: operation,
      http: undefined,
      input: inputs[operation] as Structure,
      output: inputs[operation] as Structure,
    }));
  const model = readModel(await client());
  return served.flatMap((operation) => model.operations.get(operation) ?? []);
};

/** One resource of each kind, so that calls come further than to its absence. @returns their names */
const createResources = async (): Promise<string[]> => {
  const of = (service: string) => {
    const found = host.service(service);
    if (!found) throw new Error(`There is no service ${service}.`);
    return found;
  };
  const made = await Promise.all([
    create(of('s3'), 'AWS::S3::Bucket', 'Bucket', { BucketName: 'known' }),
    create(of('sqs'), 'AWS::SQS::Queue', 'Queue', { QueueName: 'known' }),
    create(of('sns'), 'AWS::SNS::Topic', 'Topic', { TopicName: 'known' }),
    create(of('kms'), 'AWS::KMS::Key', 'Key', {}),
    create(of('secretsmanager'), 'AWS::SecretsManager::Secret', 'Secret', {
      Name: 'known',
      SecretString: 'x',
    }),
    create(of('ssm'), 'AWS::SSM::Parameter', 'Parameter', { Name: 'known', Type: 'String', Value: 'x' }),
    create(of('codecommit'), 'AWS::CodeCommit::Repository', 'Repository', { RepositoryName: 'known' }),
    create(of('codedeploy'), 'AWS::CodeDeploy::Application', 'Application', { ApplicationName: 'known' }),
    create(of('logs'), 'AWS::Logs::LogGroup', 'Group', { LogGroupName: 'known' }),
    create(of('iam'), 'AWS::IAM::Role', 'Role', {
      RoleName: 'known',
      AssumeRolePolicyDocument: { Statement: [] },
    }),
  ]);
  await host.call({ kind: 'administrator' }, 'logs', 'CreateLogStream', {
    logGroupName: 'known',
    logStreamName: 'known',
  });
  return [
    'known',
    ...made.flatMap(({ physicalId, attributes }) => [physicalId, ...Object.values(attributes).map(String)]),
  ];
};

it('answers wrong types, missing members and impossible names with an error of AWS, and writes nothing elsewhere', async () => {
  const names = await createResources();
  const principal = putRole({ store: host.store } as never, 'caller', 'lambda.amazonaws.com');
  const credentials = host.credentialsFor(principal);
  const callers = [
    { id: host.administratorKey().accessKeyId },
    { id: credentials.accessKeyId, token: credentials.sessionToken },
  ] as const;
  const before = filesIn(folder, host.stateDir);
  const random = createRandom(SEED);
  const malform = createMalformer(random, names);
  const faults: string[] = [];
  let calls = 0;
  let failed = 0;

  const judge = async (service: string, operation: string, call: WireCall) => {
    const answer = await send(service, callers[calls % 2] ?? callers[0], call);
    calls++;
    if (answer.status >= 400) failed++;
    const isTold = answer.status < 400 || call.method === 'HEAD' || codeIn(answer) !== undefined;
    // 501: a path that leads to another operation, which is not served.
    if ((answer.status >= 500 && answer.status !== 501) || !isTold)
      faults.push(
        `${service} ${operation} ${answer.status} ${answer.text.slice(0, 300)} ⟵ ${call.method} ${call.path.slice(0, 120)} ${call.body.slice(0, 400)}`,
      );
  };

  for (const { name } of host.services()) {
    const form = protocols[name]?.form;
    if (!form) continue;
    for (const operation of await operationsOf(name)) {
      for (let count = 0; count < CALLS_PER_OPERATION; count++)
        await judge(name, operation.name, writeCall(form, operation, malform(operation)));
      const whole = writeCall(form, operation, {});
      for (const body of ['null', '[]', '"text"', '{', '\0', '<a><b></a>', 'a=%ff&&=&b.1.2=c'])
        if (whole.method !== 'GET' && whole.method !== 'HEAD')
          await judge(name, operation.name, { ...whole, body });
    }
  }

  expect(faults).toEqual([]);
  expect(calls).toBeGreaterThan(2_000);
  expect(failed).toBeGreaterThan(calls / 2);
  expect(filesIn(folder, host.stateDir)).toEqual(before);
  expect(fs.existsSync(`/tmp/${ESCAPED}`)).toBe(false);
  expect(lines.filter((line) => line.startsWith('endpoint: '))).toEqual([]);
}, 300_000);

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock, createHost, createServices } from '@lockstep/aws-emulator';
import { createMemoryStore } from '../../../infra/local/aws/store.ts';

const root = path.resolve(import.meta.dirname, '../../..');

const filesBelow = (place: string, ends: RegExp): string[] =>
  fs
    .readdirSync(path.join(root, place), { recursive: true, encoding: 'utf8' })
    .filter((file) => ends.test(file) && !/(^|\/)(node_modules|cdk\.out)\//.test(file))
    .map((file) => path.join(root, place, file));

const textOf = (files: readonly string[]): string =>
  files.map((file) => fs.readFileSync(file, 'utf8')).join('\n');

const product = textOf(
  ['tasks', 'approvals-ui', 'cli', 'workflows', 'infra/aws', 'infra/local/run', 'scripts', 'test'].flatMap(
    (place) => filesBelow(place, /\.(tsx?|mjs)$/).filter((file) => file !== import.meta.filename),
  ),
);
const emulator = textOf(
  filesBelow('infra/local/aws', /\.ts$/).filter((file) => !file.includes('/aws/test/')),
);
const pages = textOf([
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'RUNBOOK.md'].map((file) => path.join(root, file)),
  ...filesBelow('docs', /\.md$/),
]);

/** `StartExecution` as the AWS CLI has it: `start-execution`. */
const cliName = (operation: string): string =>
  operation
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();

/** Operations that nothing of ours calls, by the reason for which a person at the AWS CLI needs them. */
const forPeople: Readonly<Record<string, readonly string[]>> = {
  'to read what functions logged (aws logs tail)': ['FilterLogEvents', 'GetLogEvents'],
  'to look at tables and correct them; one engine answers them all alike': [
    'BatchGetItem',
    'BatchWriteItem',
    'DeleteItem',
    'TransactGetItems',
    'TransactWriteItems',
  ],
  'to list what there is (aws s3 ls, aws ssm get-parameters-by-path)': [
    'ListObjectsV2',
    'GetParametersByPath',
  ],
  'to read and delete dead letters': ['GetQueueUrl'],
  'to see all subscriptions': ['ListSubscriptions'],
  'to check a signature, and to decrypt what a key has encrypted': [
    'Encrypt',
    'Decrypt',
    'GenerateDataKey',
    'Verify',
  ],
  'to stop, repeat or continue work under way, which promotions must bear': [
    'RetryStageExecution',
    'SendTaskHeartbeat',
  ],
  'to see where work under way is': ['GetPipelineState'],
};

const isCalled = (operation: string): boolean => {
  const member = operation.charAt(0).toLowerCase() + operation.slice(1);
  return [
    [product, `\\b(paginate${operation}|${operation}Command)\\b|'${operation}'`],
    [product, `aws-sdk:\\w+:${member}\\b`],
    // A wrapper of `host.call` may name the service.
    [emulator, `\\bcall\\w*(<[^()]*>)?\\([^()]*'${operation}'`],
    [pages + product, `\\b(aws |awsCommand\\()[^\\n]*\\b${cliName(operation)}\\b`],
  ].some(([text = '', pattern = '']) => new RegExp(pattern).test(text));
};

describe('the operations that the emulator serves', () => {
  const clock = createClock();
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'operations-'));
  afterAll(() => {
    clock.stop();
    fs.rmSync(stateDir, { recursive: true });
  });
  const ports = { endpoint: 1, approvals: 2, signIn: 3, overview: 4, qat: 5, prod: 6, forge: 7 };
  const host = createHost({ stateDir, store: createMemoryStore(), clock, ports, log: () => undefined });
  createServices(host, { people: [] });
  const served = host.services().flatMap((service) => Object.keys(service.operations));

  it('are called by the product, by the emulator or by an example, or serve people at the AWS CLI', () => {
    const kept = Object.values(forPeople).flat();
    expect(served.filter((operation) => !kept.includes(operation) && !isCalled(operation))).toEqual([]);
  });

  it('have a reason only where nothing calls them', () => {
    const needless = Object.values(forPeople)
      .flat()
      .filter((operation) => !served.includes(operation) || isCalled(operation));
    expect(needless).toEqual([]);
  });
});

import type { Principal } from '../../../host.ts';
import { putRole, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';
import { inTest, lambdaServices, providerOf, putFunction } from './functions.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let arn: string;

beforeEach(async () => {
  running = await startHost(newFolder(), lambdaServices);
  arn = await putFunction(running, 'fn', 'exports.handler = async () => 1;');
});
afterEach(() => running.stop());

const topic = 'arn:aws:sns:us-east-1:000000000000:images';
const sns = (sourceArn: string): Principal => ({ kind: 'service', service: 'sns.amazonaws.com', sourceArn });
const invokeAs = (principal: Principal) =>
  running.host.call(principal, 'lambda', 'Invoke', { FunctionName: arn, InvocationType: 'DryRun' });

const permit = (properties = {}) =>
  providerOf(running.host.service('lambda'), 'AWS::Lambda::Permission').create(
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: arn,
      Principal: 'sns.amazonaws.com',
      SourceArn: topic,
      ...properties,
    },
    inTest('Permission'),
  );

describe('who may invoke', () => {
  it('is a service only through a permission for its source', async () => {
    await expect(invokeAs(sns(topic))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const state = await permit();
    await expect(invokeAs(sns(topic))).resolves.toEqual({ StatusCode: 204 });
    await expect(invokeAs(sns(`${topic}-other`))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await providerOf(running.host.service('lambda'), 'AWS::Lambda::Permission').delete(
      state,
      inTest('Permission'),
      {},
    );
    await expect(invokeAs(sns(topic))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('is a role whose policy allows it on that function', async () => {
    const allow = (Resource: string) =>
      [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource }] as const;
    const may = putRole(running.host, 'may', 'states.amazonaws.com', allow(arn));
    const other = putRole(running.host, 'other', 'states.amazonaws.com', allow(`${arn}x`));
    const as = (roleArn: string): Principal => ({ kind: 'role', roleArn, sessionName: 'test' });
    await expect(invokeAs(as(may))).resolves.toEqual({ StatusCode: 204 });
    await expect(invokeAs(as(other))).rejects.toThrow(`lambda:InvokeFunction on resource: ${arn}`);
  });

  it('becomes a statement of the resource policy', async () => {
    const policy = () => running.host.service('lambda')?.resourcePolicy?.(arn);
    expect(policy()).toBeUndefined();
    await permit({ SourceAccount: '000000000000' });
    expect(policy()?.Statement).toEqual([
      expect.objectContaining({
        Principal: { Service: 'sns.amazonaws.com' },
        Condition: {
          ArnLike: { 'AWS:SourceArn': topic },
          StringEquals: { 'AWS:SourceAccount': '000000000000' },
        },
      }),
    ]);
  });
});

describe('a function in the template', () => {
  const create = (properties: object) => putFunction(running, 'other', '', { ...properties });

  it.each<[string, object, string]>([
    [
      'another language',
      { Runtime: 'python3.13' },
      'AWS::Lambda::Function Test/other: property Runtime must be a Node.js runtime',
    ],
    ['layers', { Layers: ['x'] }, 'property Layers is not known to the emulator'],
    [
      'code that is not an asset',
      { Code: { S3Bucket: 'b', S3Key: 'k' } },
      'property Code.S3Key must name an asset',
    ],
    [
      'a timeout that is no number',
      { Timeout: 'soon' },
      'property Timeout must be a number; received "soon"',
    ],
  ])('fails with %s', (_name, properties, message) => expect(create(properties)).rejects.toThrow(message));

  it('fails when its role does not let Lambda in', async () => {
    const Role = putRole(running.host, 'foreign', 'ec2.amazonaws.com');
    await expect(create({ Role })).rejects.toThrow(
      'The role defined for the function cannot be assumed by Lambda.',
    );
  });

  it('is described and listed', async () => {
    const { Functions } = await running.host.call<{ Functions: object[] }>(
      { kind: 'administrator' },
      'lambda',
      'ListFunctions',
      {},
    );
    expect(Functions).toEqual([
      expect.objectContaining({ FunctionName: 'fn', FunctionArn: arn, Runtime: 'nodejs22.x', Timeout: 3 }),
    ]);
  });
});

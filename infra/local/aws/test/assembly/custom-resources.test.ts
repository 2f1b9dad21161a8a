import fs from 'node:fs';
import path from 'node:path';
import { deployAssembly } from '../../assembly/deploy-assembly.ts';
import type { Assembly } from '../../assembly/load-assembly.ts';
import { removeStack } from '../../assembly/remove-stack.ts';
import { deployed } from '../../assembly/stack-records.ts';
import { lambdaServices } from '../services/lambda/functions.ts';
import { eventually, putRole, startHost, type TestHost, temporaryFolders } from './assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let trace: string;

beforeEach(async () => {
  const folder = newFolder();
  trace = path.join(folder, 'trace');
  running = await startHost(folder, lambdaServices);
  putRole(running.host, 'user', 'lambda.amazonaws.com');
  putRole(running.host, 'framework', 'lambda.amazonaws.com', [
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: 'arn:aws:lambda:*:*:function:App-*' },
  ]);
});
afterEach(() => running.stop());

const lambda = (role: string, source: string, variables: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Role: `arn:aws:iam::000000000000:role/${role}`,
    Handler: 'index.handler',
    Runtime: 'nodejs22.x',
    Code: { ZipFile: source },
    Environment: { Variables: variables },
  },
});

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** Each event is noted; `body` may use `event`, `asked` (questions since the worker started) and must return. */
const source = (body: string) =>
  `let asked = 0;
   const note = (text) => require('node:fs').appendFileSync(${JSON.stringify(trace)}, text + '\\n');
   exports.handler = async (event) => { asked++; note(JSON.stringify(event)); ${body} };`;

const defaultOnEvent = `return { PhysicalResourceId: 'fleet/' + event.ResourceProperties.Name, Data: { Size: 2 } };`;

/** A stack as CDK's Provider framework makes it. */
const withFleet = (
  properties: object | undefined,
  { onEvent = defaultOnEvent, isComplete }: { onEvent?: string; isComplete?: string } = {},
): Assembly => ({
  directory: '/',
  assets: [],
  stacks: [
    {
      stackName: 'App',
      parameters: {},
      template: {
        Resources: {
          OnEvent: lambda('user', source(onEvent)),
          ...(isComplete && {
            IsComplete: lambda('user', source(isComplete)),
            Waiter: { Type: 'AWS::StepFunctions::StateMachine', Properties: { DefinitionString: '{}' } },
          }),
          Framework: lambda(
            'framework',
            'exports.handler = async () => { throw new Error("never runs"); };',
            {
              USER_ON_EVENT_FUNCTION_ARN: arnOf('OnEvent'),
              ...(isComplete && {
                USER_IS_COMPLETE_FUNCTION_ARN: arnOf('IsComplete'),
                WAITER_STATE_MACHINE_ARN: { Ref: 'Waiter' },
              }),
            },
          ),
          ...(properties && {
            Fleet: { Type: 'Custom::Fleet', Properties: { ServiceToken: arnOf('Framework'), ...properties } },
          }),
        },
      },
    },
  ],
});

const events = (): Record<string, unknown>[] =>
  fs.existsSync(trace)
    ? fs
        .readFileSync(trace, 'utf8')
        .split('\n')
        // What stands behind the last line break is still being written.
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];
const requests = () =>
  events().map(({ RequestType, PhysicalResourceId }) =>
    [RequestType, PhysicalResourceId].filter(Boolean).join(' '),
  );
const forget = () => fs.rmSync(trace, { force: true });
const fleet = () => deployed(running.store).resource('App', 'Fleet');

describe('custom resources of the Provider framework', () => {
  it('are created by the real handler, with every scalar as text', async () => {
    await deployAssembly(running.host, withFleet({ Name: 'a', Min: 2, Safe: true, Subnets: ['x', 1] }));
    expect(events()).toEqual([
      {
        RequestType: 'Create',
        RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        StackId: expect.stringMatching(/^arn:aws:cloudformation:us-east-1:000000000000:stack\/App\//),
        LogicalResourceId: 'Fleet',
        ResourceType: 'Custom::Fleet',
        ResponseURL: '...',
        ServiceToken: expect.stringContaining('function:App-Framework'),
        ResourceProperties: {
          ServiceToken: expect.stringContaining('function:App-Framework'),
          Name: 'a',
          Min: '2',
          Safe: 'true',
          Subnets: ['x', '1'],
        },
      },
    ]);
    expect(fleet()?.state).toEqual({ physicalId: 'fleet/a', attributes: { Size: '2' } });
  });

  it('are asked whether they are complete until they say so, and give the data of both answers', async () => {
    const isComplete = `return asked < 3 ? { IsComplete: false } : { IsComplete: true, Data: { Url: event.PhysicalResourceId } };`;
    await deployAssembly(running.host, withFleet({ Name: 'a' }, { isComplete }));
    expect(requests()).toEqual(['Create', 'Create fleet/a', 'Create fleet/a', 'Create fleet/a']);
    expect(fleet()?.state.attributes).toEqual({ Size: '2', Url: 'fleet/a' });
    expect(deployed(running.store).resource('App', 'Waiter')?.isWaiter).toBe(true);
  });

  it('are updated with their old properties, and deleted where the physical id has changed', async () => {
    await deployAssembly(running.host, withFleet({ Name: 'a', Min: 1 }));
    forget();
    await deployAssembly(running.host, withFleet({ Name: 'a', Min: 2 }));
    expect(events()).toEqual([
      expect.objectContaining({
        RequestType: 'Update',
        PhysicalResourceId: 'fleet/a',
        OldResourceProperties: expect.objectContaining({ Min: '1' }),
      }),
    ]);
    forget();
    await deployAssembly(running.host, withFleet({ Name: 'b', Min: 2 }));
    expect(requests()).toEqual(['Update fleet/a', 'Delete fleet/a']);
  });

  it('are deleted when they leave the template, and with their stack', async () => {
    const onEvent = `return { PhysicalResourceId: event.PhysicalResourceId ?? 'fleet' };`;
    await deployAssembly(running.host, withFleet({ Name: 'a' }, { onEvent }));
    forget();
    await deployAssembly(running.host, withFleet(undefined, { onEvent }));
    expect(requests()).toEqual(['Delete fleet']);
    await deployAssembly(
      running.host,
      withFleet({ Name: 'a' }, { onEvent, isComplete: 'return { IsComplete: true };' }),
    );
    forget();
    await removeStack(running.host, 'App');
    expect(requests()).toEqual(['Delete fleet', 'Delete fleet']);
    expect(running.store.table('lambda.functions').keys()).toEqual([]);
  });

  it('fail the deployment with the message of the handler', async () => {
    const failing = withFleet({ Name: 'a' }, { onEvent: `throw new Error('no subnet has room');` });
    await expect(deployAssembly(running.host, failing)).rejects.toThrow(
      /^Creating Custom::Fleet App\/Fleet failed: no subnet has room \(log group \/aws\/lambda\/App-OnEvent-/,
    );
    const incomplete = withFleet(
      { Name: 'a' },
      { isComplete: `throw new Error('instances are unhealthy');` },
    );
    await expect(deployAssembly(running.host, incomplete)).rejects.toThrow('instances are unhealthy');
  });

  it('fail when the framework may not invoke the handler', async () => {
    putRole(running.host, 'framework', 'lambda.amazonaws.com');
    await expect(deployAssembly(running.host, withFleet({ Name: 'a' }))).rejects.toThrow(
      /assumed-role\/framework\/App-Framework-.* is not authorized to perform: lambda:InvokeFunction/,
    );
  });

  it('go on with asking after a kill, without creating twice', async () => {
    const isComplete = `return { IsComplete: require('node:fs').existsSync(${JSON.stringify(`${trace}.done`)}) };`;
    const assembly = withFleet({ Name: 'a' }, { isComplete });
    // The deployment of the killed process never ends, or fails with its workers.
    deployAssembly(running.host, assembly).catch(() => undefined);
    await eventually(() => requests().length >= 2);
    running = await running.killAndRestart();
    forget();
    fs.writeFileSync(`${trace}.done`, '');
    await deployAssembly(running.host, assembly);
    expect(requests()).toEqual(['Create fleet/a']);
    expect(fleet()?.state.physicalId).toBe('fleet/a');
  });
});

describe('other custom resources', () => {
  const withToken = (ServiceToken: unknown): Assembly => {
    const [stack] = withFleet({ Name: 'a' }).stacks;
    const { Resources } = (stack as Assembly['stacks'][number]).template;
    const Fleet = { Type: 'Custom::Fleet', Properties: { ServiceToken } };
    return {
      ...withFleet(undefined),
      stacks: [{ stackName: 'App', parameters: {}, template: { Resources: { ...Resources, Fleet } } }],
    };
  };

  it.each<[string, unknown, string]>([
    [
      'answer to a ResponseURL',
      arnOf('OnEvent'),
      'its function App/OnEvent answers to a ResponseURL by itself',
    ],
    ['name no function', 'arn:aws:sns:us-east-1:000000000000:t', 'is not a function of the deployed stacks'],
  ])('fail when they %s', (_name, token, message) =>
    expect(deployAssembly(running.host, withToken(token))).rejects.toThrow(message),
  );
});

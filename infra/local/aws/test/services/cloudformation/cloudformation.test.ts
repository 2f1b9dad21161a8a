import type {
  DescribeStackEventsOutput,
  DescribeStacksOutput,
  ListStackResourcesOutput,
  ListStacksOutput,
} from '@aws-sdk/client-cloudformation';
import { deployAssembly } from '../../../assembly/deploy-assembly.ts';
import type { Assembly, TemplateResource } from '../../../assembly/load-assembly.ts';
import type { DeployHost } from '../../../assembly/remove-stack.ts';
import type { Host, ResourceProvider, Service } from '../../../host.ts';
import { createCloudFormationService } from '../../../services/cloudformation/cloudformation.ts';
import { administrator } from '../../../services/shared/arns.ts';
import { createStatesService } from '../../../services/states/states.ts';
import { putRole, startHost, type TestHost, temporaryFolders } from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
/** Physical ids of what was deleted, in order. */
let deletedIds: string[];
/** Why a thing cannot be deleted, by its physical id. */
let obstacles: Map<string, string>;
/** What is in use, by physical id. */
let used: Map<string, string>;

const thing: ResourceProvider = {
  create: (_properties, { logicalId }) => ({ physicalId: logicalId.toLowerCase(), attributes: {} }),
  update: (_properties, _context, { state }) => state,
  delete: ({ physicalId }) => {
    const reason = obstacles.get(physicalId);
    if (reason !== undefined) throw new Error(reason);
    deletedIds.push(physicalId);
  },
};
const things = (_host: Host): Service => ({
  name: 'things',
  operations: {},
  resources: { 'Test::Thing': thing },
  inUse: (_type, id) => used.get(id),
});

const stack = (
  stackName: string,
  resources: Record<string, Partial<TemplateResource>>,
  outputs: Assembly['stacks'][number]['template']['Outputs'] = {},
): Assembly['stacks'][number] => ({
  stackName,
  parameters: {},
  template: {
    Outputs: outputs,
    Resources: Object.fromEntries(
      Object.entries(resources).map(([id, resource]) => [id, { Type: 'Test::Thing', ...resource }]),
    ),
  },
});
const deploy = (...stacks: Assembly['stacks']) =>
  deployAssembly(running.host, { directory: '/assembly', stacks, assets: [] });

const call = <Output>(operation: string, input: object = {}) =>
  running.host.call<Output>(administrator, 'cloudformation', operation, input);
const stacks = async (StackName?: string) =>
  (await call<DescribeStacksOutput>('DescribeStacks', { ...(StackName && { StackName }) })).Stacks ?? [];
const statusOf = async (stackName: string) => (await stacks(stackName))[0];
const ended = async (id: string): Promise<string> => {
  for (;;) {
    const status = (await statusOf(id))?.StackStatus ?? '';
    if (status !== 'DELETE_IN_PROGRESS') return status;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const remove = async (StackName: string, more: object = {}) => {
  const id = (await statusOf(StackName))?.StackId ?? '';
  await call('DeleteStack', { StackName, ...more });
  return ended(id);
};
const resourcesOf = async (StackName: string) =>
  (
    (await call<ListStackResourcesOutput>('ListStackResources', { StackName })).StackResourceSummaries ?? []
  ).map(({ LogicalResourceId, ResourceStatus }) => [LogicalResourceId, ResourceStatus]);

beforeEach(async () => {
  deletedIds = [];
  obstacles = new Map();
  used = new Map();
  running = await startHost(newFolder(), [
    (host) => createCloudFormationService(host as DeployHost),
    things,
    createStatesService,
  ]);
});
afterEach(() => running.stop());

describe('CloudFormation', () => {
  it('describes a stack that stands, by name and by id', async () => {
    await deploy(stack('App', { A: {} }, { Url: { Value: 'http://a' } }));
    const described = await statusOf('App');
    expect(described).toMatchObject({
      StackName: 'App',
      StackStatus: 'CREATE_COMPLETE',
      Outputs: [{ OutputKey: 'Url', OutputValue: 'http://a' }],
    });
    expect(await statusOf(described?.StackId ?? '')).toEqual(described);
    expect(await resourcesOf('App')).toEqual([['A', 'CREATE_COMPLETE']]);
  });

  it('deletes a stack, keeps what the template retains, and remembers it by its id', async () => {
    await deploy(
      stack('App', { A: {}, B: { Properties: { To: { Ref: 'A' } } }, Kept: { DeletionPolicy: 'Retain' } }),
    );
    const { StackId = '' } = (await statusOf('App')) ?? {};
    expect(await remove('App')).toBe('DELETE_COMPLETE');
    expect(deletedIds).toEqual(['b', 'a']);
    await expect(stacks('App')).rejects.toThrow('Stack with id App does not exist');
    expect(await stacks()).toEqual([]);
    const { StackSummaries } = await call<ListStacksOutput>('ListStacks', {
      StackStatusFilter: ['DELETE_COMPLETE'],
    });
    expect(StackSummaries).toMatchObject([{ StackName: 'App', StackId, DeletionTime: expect.any(Date) }]);
    expect(await resourcesOf(StackId)).toEqual([
      ['Kept', 'DELETE_SKIPPED'],
      ['B', 'DELETE_COMPLETE'],
      ['A', 'DELETE_COMPLETE'],
    ]);
    // Deleting what does not stand succeeds.
    await call('DeleteStack', { StackName: 'App' });
  });

  it('fails for a resource, keeps what it refers to, deletes the others, and goes on when asked again', async () => {
    await deploy(stack('App', { A: {}, B: { Properties: { To: { Ref: 'A' } } }, C: {} }));
    obstacles.set('b', 'The bucket you tried to delete is not empty');
    expect(await remove('App')).toBe('DELETE_FAILED');
    expect(deletedIds).toEqual(['c']);
    expect(await statusOf('App')).toMatchObject({
      StackStatusReason: 'The following resource(s) failed to delete: [B]. ',
    });
    const { StackEvents } = await call<DescribeStackEventsOutput>('DescribeStackEvents', {
      StackName: 'App',
    });
    expect(StackEvents?.find(({ ResourceStatus }) => ResourceStatus === 'DELETE_FAILED')).toMatchObject({
      LogicalResourceId: 'B',
      ResourceType: 'Test::Thing',
      ResourceStatusReason: 'The bucket you tried to delete is not empty',
    });
    obstacles.clear();
    const { StackId = '' } = (await statusOf('App')) ?? {};
    expect(await remove('App')).toBe('DELETE_COMPLETE');
    expect(deletedIds).toEqual(['c', 'b', 'a']);
    expect((await resourcesOf(StackId)).sort()).toEqual([
      ['A', 'DELETE_COMPLETE'],
      ['B', 'DELETE_COMPLETE'],
      ['C', 'DELETE_COMPLETE'],
    ]);
  });

  it('retains resources of a failed deletion that the caller names, and of no other', async () => {
    await deploy(stack('App', { A: {} }));
    await expect(remove('App', { RetainResources: ['A'] })).rejects.toThrow('in the state DELETE_FAILED');
    obstacles.set('a', 'no');
    expect(await remove('App')).toBe('DELETE_FAILED');
    expect(await remove('App', { RetainResources: ['A'] })).toBe('DELETE_COMPLETE');
    expect(deletedIds).toEqual([]);
  });

  it('fails for a resource that another service still uses', async () => {
    await deploy(stack('App', { A: {} }));
    used.set('a', 'resource a has a dependent object');
    expect(await remove('App')).toBe('DELETE_FAILED');
    used.clear();
    expect(await remove('App')).toBe('DELETE_COMPLETE');
  });

  it('fails to delete a stack whose exports another one uses: it stands as before, with the reason', async () => {
    await deploy(
      stack('Platform', { A: {} }, { Out: { Value: { Ref: 'A' }, Export: { Name: 'platform-a' } } }),
      stack('App', { B: { Properties: { To: { 'Fn::ImportValue': 'platform-a' } } } }),
    );
    expect(await remove('Platform')).toBe('UPDATE_COMPLETE');
    expect(await statusOf('Platform')).toMatchObject({
      StackStatusReason: 'Export platform-a cannot be deleted as it is in use by App',
    });
    expect(deletedIds).toEqual([]);
    expect(await remove('App')).toBe('DELETE_COMPLETE');
    expect(await remove('Platform')).toBe('DELETE_COMPLETE');
  });

  it('T58: waits for the executions of a state machine, which takes no new ones meanwhile', async () => {
    const RoleArn = putRole(running.host, 'machine', 'states.amazonaws.com');
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 86_400, End: true } },
    };
    const type = 'AWS::StepFunctions::StateMachine';
    await deploy(
      stack('App', {
        Machine: {
          Type: type,
          Properties: { RoleArn, StateMachineName: 'waits', DefinitionString: JSON.stringify(definition) },
        },
      }),
    );
    const states = <Output>(operation: string, input: object) =>
      running.host.call<Output>(administrator, 'states', operation, input);
    const stateMachineArn = `arn:aws:states:us-east-1:${running.host.accountId}:stateMachine:waits`;
    const { executionArn } = await states<{ executionArn: string }>('StartExecution', { stateMachineArn });
    await call('DeleteStack', { StackName: 'App' });
    running.clock.advance(60_000);
    expect(await states('DescribeStateMachine', { stateMachineArn })).toMatchObject({ status: 'DELETING' });
    await expect(states('StartExecution', { stateMachineArn })).rejects.toThrow('State Machine Deleting');
    expect(await statusOf('App')).toMatchObject({ StackStatus: 'DELETE_IN_PROGRESS' });
    const { StackId = '' } = (await statusOf('App')) ?? {};
    await states('StopExecution', { executionArn });
    expect(await ended(StackId)).toBe('DELETE_COMPLETE');
    await expect(states('DescribeStateMachine', { stateMachineArn })).rejects.toThrow('Does Not Exist');
  });

  it('fails a deletion that a kill cut short; deploying again brings the stack back', async () => {
    const app = stack('App', { A: {} });
    await deploy(app);
    used.set('a', 'in use');
    await call('DeleteStack', { StackName: 'App' });
    running = await running.killAndRestart();
    expect(await statusOf('App')).toMatchObject({
      StackStatus: 'DELETE_FAILED',
      StackStatusReason: expect.stringContaining('Delete it again'),
    });
    await deploy(app);
    expect(await statusOf('App')).toMatchObject({ StackStatus: 'CREATE_COMPLETE' });
  });
});

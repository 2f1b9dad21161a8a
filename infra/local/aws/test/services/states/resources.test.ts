import type { ResourceContext, ResourceProvider } from '../../../host.ts';
import { createStatesService } from '../../../services/states/states.ts';
import { machineArn, machineRole, type StatesHost, statesHost } from './states-host.ts';

let states: StatesHost;
let provider: ResourceProvider;
beforeEach(async () => {
  states = await statesHost();
  const found = createStatesService(states.host).resources['AWS::StepFunctions::StateMachine'];
  if (!found) throw new Error('not provided');
  provider = found;
});
afterEach(() => states.stop());

const context: ResourceContext = {
  stackName: 'stack',
  logicalId: 'Machine',
  generatedName: (max = 64) => 'stack-Machine-0a1b'.slice(0, max),
};
const definition = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'T',
  States: {
    T: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's substitution
      Arguments: { FunctionName: '${Work}' },
      End: true,
    },
  },
});
const properties = {
  StateMachineName: 'machine',
  DefinitionString: definition,
  DefinitionSubstitutions: { Work: 'work' },
  RoleArn: machineRole,
  LoggingConfiguration: {
    Level: 'ALL',
    Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: 'arn:x' } }],
  },
  Tags: [{ Key: 'a', Value: 'b' }],
};

describe('AWS::StepFunctions::StateMachine', () => {
  it('creates, updates in place and deletes; each may happen twice', async () => {
    const state = { physicalId: machineArn, attributes: { Arn: machineArn, Name: 'machine' } };
    expect(await provider.create(properties, context)).toEqual(state);
    expect(await provider.create(properties, context)).toEqual(state);
    expect(await states.call('DescribeStateMachine', { stateMachineArn: machineArn })).toMatchObject({
      definition: expect.stringContaining('"FunctionName":"work"'),
      loggingConfiguration: {
        level: 'ALL',
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: 'arn:x' } }],
      },
    });
    const changed = { ...properties, DefinitionSubstitutions: { Work: 'other' } };
    expect(await provider.update(changed, context, { state, properties })).toEqual(state);
    expect(await states.call('DescribeStateMachine', { stateMachineArn: machineArn })).toMatchObject({
      definition: expect.stringContaining('other'),
    });
    await provider.delete(state, context, changed);
    await provider.delete(state, context, changed);
    expect(await states.call('ListStateMachines', {})).toEqual({ stateMachines: [] });
  });

  it('makes a name where none is given', async () => {
    const { StateMachineName: _name, ...unnamed } = properties;
    expect(await provider.create(unnamed, context)).toMatchObject({
      attributes: { Name: 'stack-Machine-0a1b' },
    });
  });

  it.each([
    [
      'a definition that is not valid',
      { ...properties, DefinitionString: '{}' },
      /InvalidDefinition|These fields are required/,
    ],
    [
      'Express',
      { ...properties, StateMachineType: 'EXPRESS' },
      /StateMachineType must be STANDARD; received "EXPRESS"/,
    ],
    ['an unknown property', { ...properties, DefinitionS3Location: {} }, /DefinitionS3Location is not known/],
  ])('fails for %s', async (_what, given, message) => {
    await expect((async () => provider.create(given, context))()).rejects.toThrow(message);
  });
});

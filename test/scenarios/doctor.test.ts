import fs from 'node:fs';
import path from 'node:path';
import type { KeyMetadata } from '@aws-sdk/client-kms';
import type { DescribeStateMachineOutput } from '@aws-sdk/client-sfn';
import type { Subscription } from '@aws-sdk/client-sns';
import type { Finding } from '../../cli/doctor/finding.ts';
import { runProgram } from '../../cli/program.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { testAssembly } from '../support/assembly.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(600_000);

const administrator = { kind: 'administrator' } as const;

let scenario: Scenario;
afterEach(async () => scenario.stop());

/** `npm run lockstep -- doctor --local`. */
const doctor = async (lockstep?: unknown) => {
  const printed: string[] = [];
  const code = await runProgram(
    [
      ...['doctor', '--json', '--local', '--port', String(new URL(scenario.run.host.endpointUrl).port)],
      ...['--state-dir', scenario.stateDir, '--assembly', await testAssembly(lockstep)],
    ],
    { directory: projectRoot, out: (text) => printed.push(text), error: (text) => printed.push(text) },
  );
  const report = JSON.parse(printed.join('\n')) as { findings: Finding[]; notChecked: string[] };
  return { code, ...report };
};

it('names nothing where all is in order, and what is not served here', async () => {
  scenario = await startScenario();
  expect(await doctor()).toEqual({
    code: 0,
    places: [{ account: '000000000000', region: 'us-east-1' }],
    findings: [],
    notChecked: ['service-linked roles'],
  });
});

it('names ten planted faults, each with its remedy, and nothing else (T57, T59)', async () => {
  const { context } = JSON.parse(fs.readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8')) as {
    context: { lockstep: { applications: object[]; approvers: object } };
  };
  const [orders] = context.lockstep.applications;
  const approvers = (qc: number, pmo: number) => {
    const of = (role: string, count: number) => ({
      addresses: Array.from({ length: count }, (_, index) =>
        index === 0 ? `${role}@example.com` : `${role}${index}@example.com`,
      ),
      count,
    });
    return { qc: of('qc', qc), pmo: of('pmo', pmo) };
  };
  // Quinn and Sam are in QC, Parker and Sam in PMO.
  const lockstep = {
    ...context.lockstep,
    applications: [
      { ...orders, approvers: approvers(3, 1) },
      { ...orders, name: 'shop', instanceType: 'm5.4xlarge', approvers: approvers(2, 2) },
    ],
  };
  scenario = await startScenario({ lockstep });
  const { host, stacks } = scenario.run;
  const call = <Output = unknown>(service: string, operation: string, input: object) =>
    host.call<Output>(administrator, service, operation, input);

  await call('ssm', 'PutParameter', {
    Name: '/cdk-bootstrap/hnb659fds/version',
    Value: '5',
    Type: 'String',
  });
  const topics = stacks.resourcesOfType('AWS::SNS::Topic').map(({ state }) => state.physicalId);
  const [promotions = '', alarms = ''] = ['PromotionsTopic', 'AlarmsTopic'].map((name) =>
    topics.find((arn) => arn.includes(name)),
  );
  const unsubscribe = async (TopicArn: string, address: string) => {
    const { Subscriptions } = await call<{ Subscriptions: Subscription[] }>(
      'sns',
      'ListSubscriptionsByTopic',
      {
        TopicArn,
      },
    );
    const { SubscriptionArn } = Subscriptions.find(({ Endpoint }) => Endpoint === address) ?? {};
    await call('sns', 'Unsubscribe', { SubscriptionArn });
  };
  await unsubscribe(promotions, 'pmo@example.com');
  await unsubscribe(alarms, 'operators@example.com');
  await call('sns', 'Subscribe', { TopicArn: alarms, Protocol: 'email', Endpoint: 'operators@example.com' });
  const [alarm] = stacks
    .resourcesOfType('AWS::CloudWatch::Alarm')
    .filter(({ logicalId }) => logicalId.startsWith('SiteAlarm'));
  await call('monitoring', 'SetAlarmState', {
    AlarmName: alarm?.state.physicalId,
    StateValue: 'ALARM',
    StateReason: 'planted',
  });
  const letters = stacks
    .resourcesOfType('AWS::SQS::Queue')
    .find(({ stackName, logicalId }) => stackName === 'Lockstep-shop' && /GuardDeadLetters/.test(logicalId));
  await call('sqs', 'SendMessage', { QueueUrl: letters?.state.physicalId, MessageBody: '{}' });
  const { stateMachineArn } = scenario.application;
  const { definition = '' } = await call<DescribeStateMachineOutput>('states', 'DescribeStateMachine', {
    stateMachineArn,
  });
  const changed = definition.replace('"TimeoutSeconds":11340300', '"TimeoutSeconds":11340301');
  expect(changed).not.toBe(definition);
  await call('states', 'UpdateStateMachine', { stateMachineArn, definition: changed });
  const keys = stacks.resourcesOfType('AWS::KMS::Key').map(({ state }) => state.physicalId);
  for (const KeyId of keys) {
    const { KeyMetadata } = await call<{ KeyMetadata: KeyMetadata }>('kms', 'DescribeKey', { KeyId });
    if (KeyMetadata.Description?.endsWith('image reports of shop'))
      await call('kms', 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  }

  const { code, findings } = await doctor(lockstep);
  expect(findings.map(({ kind, what, value }) => [kind, what, value]).sort()).toEqual(
    [
      ['000000000000/us-east-1 is not prepared for CDK', 'bootstrap version 5, the templates need 6'],
      [
        'Too few vCPUs of on-demand standard instances in 000000000000/us-east-1',
        expect.stringMatching(/^the quota is 64; \d+ in use, \d+ more needed$/),
      ],
      ['pmo@example.com gets no mail of "Lockstep promotions"', 'not subscribed'],
      ['operators@example.com gets no mail of "Lockstep alarms"', 'not confirmed'],
      ['QC of orders has too few people who may decide', '2 of 3: quinn and sam'],
      ['QC and PMO of shop have too few different people', '3 of 4: quinn, sam and parker'],
      [`The alarm ${alarm?.state.physicalId} is on`, 'planted'],
      ['Events have failed for good', `1 in ${letters?.state.physicalId.split('/').at(-1)}`],
      ['The state machine lockstep-orders is not as declared', 'its definition differs from the template'],
      [
        'A key cannot be used: Lockstep: revisions, logs and image reports of shop',
        expect.stringContaining('PendingDeletion'),
      ],
    ]
      .map(([what, value]) => ['fault', what, value])
      .sort(),
  );
  expect(findings.every(({ remedy }) => remedy.length > 20)).toBe(true);
  expect(code).toBe(1);
});

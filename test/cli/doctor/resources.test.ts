import { DescribeCertificateCommand, ResourceNotFoundException as NoCertificate } from '@aws-sdk/client-acm';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  GetConnectionCommand,
  ResourceNotFoundException as NoConnection,
} from '@aws-sdk/client-codestar-connections';
import { GetRoleCommand, NoSuchEntityException } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, type KeyState } from '@aws-sdk/client-kms';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { checkAlarms } from '../../../cli/doctor/alarms.ts';
import { checkCertificates } from '../../../cli/doctor/certificates.ts';
import { checkConnections } from '../../../cli/doctor/connections.ts';
import { checkDeadLetters } from '../../../cli/doctor/dead-letters.ts';
import { checkDefinitions, isAsDeclared } from '../../../cli/doctor/definitions.ts';
import { checkKeys } from '../../../cli/doctor/keys.ts';
import { checkServiceLinkedRoles } from '../../../cli/doctor/service-linked-roles.ts';
import { because, on } from '../../tasks/doubles/sdk.ts';
import { ACCOUNT, aPlace, REGION } from './support.ts';

describe('service-linked roles', () => {
  const findings = (physicalId?: string) =>
    checkServiceLinkedRoles(
      aPlace(
        {
          Group: ['AWS::AutoScaling::AutoScalingGroup', physicalId],
          Image: ['AWS::ImageBuilder::ImagePipeline', physicalId],
        },
        {
          iam: [
            on(GetRoleCommand, ({ RoleName }) => {
              if (RoleName === 'AWSServiceRoleForImageBuilder')
                throw new NoSuchEntityException(because('no'));
              return { Role: undefined };
            }),
          ],
        },
      ),
    );

  it('that are missing are named, with the command that makes them', async () => {
    expect(await findings('one')).toEqual([
      {
        kind: 'fault',
        what: `A service-linked role is missing in ${ACCOUNT}`,
        value: 'AWSServiceRoleForImageBuilder',
        remedy: 'aws iam create-service-linked-role --aws-service-name imagebuilder.amazonaws.com',
      },
    ]);
  });

  it('are made by their services when what needs them is deployed', async () => {
    expect(await findings()).toEqual([]);
  });
});

describe('a connection', () => {
  const arn = 'arn:aws:codeconnections:eu-west-1:111111111111:connection/1';
  const findings = (answer: () => { Connection: { ConnectionStatus: 'AVAILABLE' | 'PENDING' | 'ERROR' } }) =>
    checkConnections(
      aPlace(
        {
          Pipeline: [
            'AWS::CodePipeline::Pipeline',
            undefined,
            { Stages: [{ Actions: [{ Configuration: { ConnectionArn: arn } }] }] },
          ],
        },
        { connections: [on(GetConnectionCommand, answer)] },
      ),
    );

  it('is in order if it is available', async () => {
    expect(await findings(() => ({ Connection: { ConnectionStatus: 'AVAILABLE' } }))).toEqual([]);
  });

  it('fails until somebody has completed it', async () => {
    expect(await findings(() => ({ Connection: { ConnectionStatus: 'PENDING' } }))).toEqual([
      expect.objectContaining({ value: `${arn}: PENDING`, remedy: expect.stringContaining('Complete it') }),
    ]);
  });

  it('fails if there is none', async () => {
    const none = () => {
      throw new NoConnection(because('no'));
    };
    expect(await findings(none)).toEqual([
      expect.objectContaining({
        value: `${arn}: there is no such connection`,
        remedy: expect.stringContaining('source.connectionArn'),
      }),
    ]);
  });
});

describe('a certificate', () => {
  const arnOf = (region: string) => `arn:aws:acm:${region}:111111111111:certificate/1`;
  const findings = (
    answer: () => { Certificate: { Status: 'ISSUED' | 'PENDING_VALIDATION' } },
    region: string = REGION,
  ) =>
    checkCertificates(
      aPlace(
        {
          Listener: [
            'AWS::ElasticLoadBalancingV2::Listener',
            undefined,
            { Certificates: [{ CertificateArn: arnOf(region) }] },
          ],
          Domain: [
            'AWS::ApiGatewayV2::DomainName',
            undefined,
            { DomainNameConfigurations: [{ CertificateArn: arnOf(region) }] },
          ],
        },
        { acm: [on(DescribeCertificateCommand, answer)] },
      ),
    );

  it('is in order if it is issued', async () => {
    expect(await findings(() => ({ Certificate: { Status: 'ISSUED' } }))).toEqual([]);
  });

  it('fails until it is validated, once for all that serve it', async () => {
    expect(await findings(() => ({ Certificate: { Status: 'PENDING_VALIDATION' } }))).toEqual([
      expect.objectContaining({
        value: `${arnOf(REGION)}: PENDING_VALIDATION`,
        remedy: expect.stringContaining('DNS record'),
      }),
    ]);
  });

  it('fails if there is none', async () => {
    const none = () => {
      throw new NoCertificate(because('no'));
    };
    expect(await findings(none)).toEqual([
      expect.objectContaining({ value: `${arnOf(REGION)}: there is no such certificate` }),
    ]);
  });

  it('fails if it is of another region, in any state', async () => {
    expect(await findings(() => ({ Certificate: { Status: 'ISSUED' } }), 'us-east-1')).toEqual([
      expect.objectContaining({ what: 'A certificate is of another region' }),
    ]);
  });
});

describe('alarms', () => {
  const place = (physicalIds: readonly string[]) => {
    const asked: (string[] | undefined)[] = [];
    return {
      asked,
      place: aPlace(
        {
          ...Object.fromEntries(
            physicalIds.map((id): [string, [string, string, object]] => [
              id,
              ['AWS::CloudWatch::Alarm', id, { Namespace: 'AWS/Lambda' }],
            ]),
          ),
          Letters: ['AWS::CloudWatch::Alarm', 'letters', { Namespace: 'AWS/SQS' }],
        },
        {
          cloudWatch: [
            on(DescribeAlarmsCommand, ({ AlarmNames, StateValue }) => {
              expect(StateValue).toBe('ALARM');
              asked.push(AlarmNames);
              return {
                MetricAlarms: (AlarmNames ?? [])
                  .filter((name) => name === 'site')
                  .map((AlarmName) => ({
                    AlarmName,
                    AlarmDescription: 'The site fails. See the runbook.',
                    StateReason: 'Threshold Crossed',
                  })),
              };
            }),
          ],
        },
      ),
    };
  };

  it('that are on are named with their own description', async () => {
    expect(await checkAlarms(place(['site', 'other']).place)).toEqual([
      {
        kind: 'fault',
        what: 'The alarm site is on',
        value: 'Threshold Crossed',
        remedy: 'The site fails. See the runbook.',
      },
    ]);
  });

  it('are asked about a hundred at a time, as the API takes them, without those on dead letters', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `a${index}`);
    const { asked, place: many } = place(names);
    await checkAlarms(many);
    expect(asked).toEqual([names.slice(0, 100), names.slice(100)]);
  });

  it('that are none ask nothing: without names, CloudWatch would list all', async () => {
    const { asked, place: none } = place([]);
    expect(await checkAlarms(none)).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe('dead letters', () => {
  const findings = (visible: string, hidden: string) =>
    checkDeadLetters(
      aPlace(
        {
          Function: [
            'AWS::Lambda::Function',
            'f',
            { DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } } },
          ],
          Rule: [
            'AWS::Events::Rule',
            'r',
            { Targets: [{ DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } } }] },
          ],
          Dead: ['AWS::SQS::Queue', 'https://sqs/111111111111/dead'],
          Retries: ['AWS::SQS::Queue', 'https://sqs/111111111111/retries'],
        },
        {
          sqs: [
            on(GetQueueAttributesCommand, ({ QueueUrl }) => {
              expect(QueueUrl).toBe('https://sqs/111111111111/dead');
              return {
                Attributes: {
                  ApproximateNumberOfMessages: visible,
                  ApproximateNumberOfMessagesNotVisible: hidden,
                },
              };
            }),
          ],
        },
      ),
    );

  it('are none in an empty queue', async () => expect(await findings('0', '0')).toEqual([]));

  it('are named with their queue, those that somebody looks at included', async () => {
    expect(await findings('1', '2')).toEqual([
      {
        kind: 'fault',
        what: 'Events have failed for good',
        value: '3 in dead',
        remedy: expect.stringContaining('An event was given up'),
      },
    ]);
  });
});

describe('the definition of a state machine', () => {
  const arn = 'arn:aws:states:eu-west-1:111111111111:stateMachine:lockstep-orders';
  const template = {
    'Fn::Join': [
      '',
      [
        '{"StartAt":"Lock (QAT)","FunctionName":"',
        { 'Fn::GetAtt': ['Function', 'Arn'] },
        '","Resource":"arn:',
        { Ref: 'AWS::Partition' },
        ':states:::x"}',
      ],
    ],
  };
  const deployed = (functionArn: string, text = 'Lock (QAT)') =>
    `{"StartAt":"${text}","FunctionName":"${functionArn}","Resource":"arn:aws:states:::x"}`;
  const resources = [{ id: 'Function', physicalId: 'lock-1' }];
  const own = 'arn:aws:lambda:eu-west-1:111111111111:function:lock-1';

  it.each<[string, string, boolean]>([
    ['is as declared', deployed(own), true],
    ['calls a version of the function', deployed(`${own}:3`), true],
    ['has another text', deployed(own, 'Lock QAT'), false],
    ['calls another function', deployed('arn:aws:lambda:eu-west-1:111111111111:function:lock-11'), false],
    ['has more at its end', `${deployed(own)} `, false],
  ])('that %s', (_, text, expected) => expect(isAsDeclared(template, text, resources)).toBe(expected));

  const findings = (definition: string) =>
    checkDefinitions(
      aPlace(
        {
          Machine: [
            'AWS::StepFunctions::StateMachine',
            arn,
            { StateMachineName: 'x', DefinitionString: template },
          ],
          Waiter: ['AWS::StepFunctions::StateMachine', 'waiter', { DefinitionString: template }],
          Function: ['AWS::Lambda::Function', 'lock-1'],
        },
        {
          sfn: [
            on(DescribeStateMachineCommand, ({ stateMachineArn }) => {
              expect(stateMachineArn).toBe(arn);
              return {
                stateMachineArn,
                definition,
                name: 'lockstep-orders',
                roleArn: '',
                type: 'STANDARD' as const,
                creationDate: new Date(0),
              };
            }),
          ],
        },
      ),
    );

  it('is compared with the template', async () => {
    expect(await findings(deployed(own))).toEqual([]);
    expect(await findings('{}')).toEqual([
      expect.objectContaining({
        what: 'The state machine lockstep-orders is not as declared',
        remedy: expect.stringContaining('npx cdk deploy Lockstep-orders'),
      }),
    ]);
  });
});

describe('a key', () => {
  const findings = (KeyState: KeyState) =>
    checkKeys(
      aPlace(
        { Key: ['AWS::KMS::Key', 'key-1'] },
        {
          kms: [
            on(DescribeKeyCommand, ({ KeyId }) => ({
              KeyMetadata: { KeyId, KeyState, Description: 'Mail' },
            })),
          ],
        },
      ),
    );

  it('is in order if it is enabled', async () => expect(await findings('Enabled')).toEqual([]));

  it.each([
    [
      'PendingDeletion',
      /^aws kms cancel-key-deletion --key-id key-1 .* && aws kms enable-key --key-id key-1/,
    ],
    ['Disabled', /^aws kms enable-key --key-id key-1 --region eu-west-1$/],
  ] as const)('that is %s is named, with what brings it back', async (state, remedy) => {
    expect(await findings(state)).toEqual([
      {
        kind: 'fault',
        what: 'A key cannot be used: Mail',
        value: `key-1: ${state}`,
        remedy: expect.stringMatching(remedy),
      },
    ]);
  });
});

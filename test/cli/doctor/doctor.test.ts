import { DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { readAssembly } from '../../../cli/doctor/assembly.ts';
import { placesOf } from '../../../cli/doctor/doctor.ts';
import { attempt, examine, together } from '../../../cli/doctor/examine.ts';
import { fault } from '../../../cli/doctor/finding.ts';
import { readStack } from '../../../cli/doctor/place.ts';
import { reportJson, reportText } from '../../../cli/doctor/report.ts';
import { on } from '../../tasks/doubles/sdk.ts';
import { ACCOUNT, aPlace, clientsAnswering, REGION } from './support.ts';

const named = (name: string, message = 'told so') => Object.assign(new Error(message), { name });
const place = { account: ACCOUNT, region: REGION };

describe('a check that cannot look', () => {
  it('is a finding of its own kind, with what AWS said', async () => {
    const denied = named('AccessDeniedException', 'not authorized to perform: sqs:GetQueueAttributes');
    expect(
      await attempt('dead letters', place, async () => {
        throw denied;
      }),
    ).toEqual({
      findings: [
        {
          kind: 'could-not-look',
          what: `Could not look at dead letters in ${ACCOUNT}/${REGION}`,
          value: 'AccessDeniedException: not authorized to perform: sqs:GetQueueAttributes',
          remedy: expect.stringContaining('Use credentials with the policy'),
        },
      ],
      notChecked: [],
    });
  });

  it('is not checked, and no finding, where the endpoint does not know the service', async () => {
    expect(
      await attempt('certificates', place, async () => {
        throw named('UnknownOperationException');
      }),
    ).toEqual({ findings: [], notChecked: ['certificates'] });
  });

  it.each([named('CredentialsProviderError'), Object.assign(new Error(), { code: 'ECONNREFUSED' })])(
    'fails for all checks if nobody answers or signs',
    async (error) => {
      await expect(
        attempt('keys', place, async () => {
          throw error;
        }),
      ).rejects.toBe(error);
    },
  );

  it('does not stop the others', async () => {
    const finding = fault('a', 'b', 'c');
    const looked = await examine(aPlace({}), [
      {
        subject: 'one',
        look: async () => {
          throw named('AccessDenied');
        },
      },
      { subject: 'two', look: async () => [finding] },
    ]);
    expect(looked.findings.map(({ what }) => what)).toEqual([
      `Could not look at one in ${ACCOUNT}/${REGION}`,
      'a',
    ]);
  });
});

describe('the report', () => {
  const finding = fault('The alarm x is on', '5 \u001b[2J of 5', 'See the runbook.');

  it('is a table of what is wrong, the value and the remedy, without control characters', () => {
    expect(reportText([place], { findings: [finding], notChecked: ['vCPUs'] }).split('\n')).toEqual(
      [
        `Looked at ${ACCOUNT}/${REGION}.`,
        'Not checked here: vCPUs.',
        '',
        'WHAT IS WRONG      VALUE               REMEDY',
        'The alarm x is on  5 \\u001b[2J of 5  See the runbook.',
      ].map((line) =>
        expect.stringMatching(new RegExp(line.replace(/[.[\]\\^$*+?()|]/g, '\\$&').replace(/ {2,}/g, ' +'))),
      ),
    );
  });

  it('says that nothing is in the way', () => {
    expect(reportText([place], together([]))).toBe(
      `Looked at ${ACCOUNT}/${REGION}.\n\nNothing is in the way.`,
    );
  });

  it('is the same for programs', () => {
    expect(reportJson([place], { findings: [finding], notChecked: [] })).toEqual({
      places: [place],
      findings: [finding],
      notChecked: [],
    });
  });
});

describe('the assembly', () => {
  const files: Record<string, unknown> = {
    'manifest.json': {
      artifacts: {
        Assets: { type: 'cdk:asset-manifest' },
        Platform: {
          type: 'aws:cloudformation:stack',
          environment: 'aws://unknown-account/unknown-region',
          properties: {
            templateFile: 'p.json',
            requiresBootstrapStackVersion: 6,
            bootstrapStackVersionSsmParameter: '/x/version',
          },
        },
        Prod: {
          type: 'aws:cloudformation:stack',
          environment: 'aws://222222222222/us-east-1',
          properties: {
            templateFile: 'p.json',
            stackName: 'Lockstep-orders-Prod',
            lookupRole: { arn: 'arn:lookup' },
          },
        },
      },
    },
    'p.json': { Resources: { Key: { Type: 'AWS::KMS::Key' } } },
  };
  const stacks = readAssembly('cdk.out', (file) => JSON.stringify(files[file]));

  it('says which stacks are to be where, and what bootstrap version they need', () => {
    expect(stacks).toEqual([
      {
        name: 'Platform',
        bootstrapVersion: 6,
        bootstrapParameter: '/x/version',
        resources: { Key: { Type: 'AWS::KMS::Key' } },
      },
      {
        name: 'Lockstep-orders-Prod',
        account: '222222222222',
        region: 'us-east-1',
        bootstrapVersion: 0,
        bootstrapParameter: '/cdk-bootstrap/hnb659fds/version',
        lookupRoleArn: 'arn:lookup',
        resources: { Key: { Type: 'AWS::KMS::Key' } },
      },
    ]);
  });

  it('puts stacks without a place where the credentials lead', () => {
    expect(
      placesOf(stacks, place).map(({ account, region, stacks: [stack] }) => [account, region, stack?.name]),
    ).toEqual([
      [ACCOUNT, REGION, 'Platform'],
      ['222222222222', 'us-east-1', 'Lockstep-orders-Prod'],
    ]);
  });

  it('fails with what writes it, if there is none', () => {
    const nowhere = () => {
      throw new Error('no such file');
    };
    expect(() => readAssembly('cdk.out', nowhere)).toThrow(
      /cdk.out has no templates .*npx cdk synth --quiet/,
    );
  });
});

describe('a stack', () => {
  const read = (status: string | Error) =>
    readStack(
      clientsAnswering({
        cloudFormation: [
          on(DescribeStacksCommand, () => {
            if (status instanceof Error) throw status;
            return {
              Stacks: [
                { StackName: 'S', CreationTime: new Date(0), StackStatus: status as 'CREATE_COMPLETE' },
              ],
            };
          }),
          on(ListStackResourcesCommand, () => ({
            StackResourceSummaries: (['CREATE_COMPLETE', 'DELETE_COMPLETE'] as const).map(
              (ResourceStatus) => ({
                LogicalResourceId: ResourceStatus,
                PhysicalResourceId: 'p',
                ResourceType: 'AWS::KMS::Key',
                ResourceStatus,
                LastUpdatedTimestamp: new Date(0),
              }),
            ),
          })),
        ],
      }).cloudFormation,
      'S',
    );

  it('is read with the resources that are there', async () => {
    expect(await read('UPDATE_COMPLETE')).toEqual({
      name: 'S',
      status: 'UPDATE_COMPLETE',
      resources: [{ stack: 'S', id: 'CREATE_COMPLETE', type: 'AWS::KMS::Key', physicalId: 'p' }],
    });
  });

  it.each([named('ValidationError', 'Stack with id S does not exist'), 'REVIEW_IN_PROGRESS'])(
    'is not there: %s',
    async (status) => expect(await read(status)).toBeUndefined(),
  );

  it('fails with what CloudFormation says otherwise', async () => {
    await expect(read(named('AccessDenied'))).rejects.toThrow('told so');
  });
});

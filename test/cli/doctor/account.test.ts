import { DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import {
  checkBootstrap,
  readOptInStatus,
  regionFindings,
  stackFindings,
} from '../../../cli/doctor/account.ts';
import { because, on } from '../../tasks/doubles/sdk.ts';
import { ACCOUNT, aPlace, clientsAnswering, REGION } from './support.ts';

const place = { account: ACCOUNT, region: 'af-south-1' };

describe('the region', () => {
  it.each(['opt-in-not-required', 'opted-in'])('is in order if it is %s', (status) => {
    expect(regionFindings(place, status)).toEqual([]);
  });

  it('is named with the command that enables it, in its account', () => {
    expect(regionFindings(place, 'not-opted-in')).toEqual([
      {
        kind: 'fault',
        what: 'The region af-south-1 is not enabled in 111111111111',
        value: 'not-opted-in',
        remedy: expect.stringContaining('aws account enable-region --region-name af-south-1'),
      },
    ]);
  });

  it('fails if AWS has none of that name', () => {
    expect(regionFindings(place, undefined)[0]?.remedy).toContain('Correct the region');
  });

  it('is asked about among all regions: one that is not enabled is not listed otherwise', async () => {
    const { ec2 } = clientsAnswering({
      ec2: [
        on(DescribeRegionsCommand, ({ AllRegions }) => ({
          Regions: AllRegions ? [{ RegionName: 'af-south-1', OptInStatus: 'not-opted-in' }] : [],
        })),
      ],
    });
    expect(await readOptInStatus(ec2, 'af-south-1')).toBe('not-opted-in');
  });
});

describe("CDK's bootstrap stack", () => {
  const found = (answer: () => { Parameter: { Value: string } }) =>
    checkBootstrap(aPlace({}, { ssm: [on(GetParameterCommand, answer)] }));

  it.each(['6', '30'])('is new enough with version %s for templates that need 6', async (Value) => {
    expect(await found(() => ({ Parameter: { Value } }))).toEqual([]);
  });

  it.each<[string, () => { Parameter: { Value: string } }, string]>([
    ['too old', () => ({ Parameter: { Value: '5' } }), 'bootstrap version 5, the templates need 6'],
    [
      'not there',
      () => {
        throw new ParameterNotFound(because('no'));
      },
      'no bootstrap stack',
    ],
  ])('is named if it is %s, with the command that makes it', async (_, answer, value) => {
    expect(await found(answer)).toEqual([
      {
        kind: 'fault',
        what: `${ACCOUNT}/${REGION} is not prepared for CDK`,
        value,
        remedy: `npx cdk bootstrap aws://${ACCOUNT}/${REGION}`,
      },
    ]);
  });
});

describe('a stack', () => {
  const findings = (status: string) => stackFindings({ deployed: [{ name: 'S', status, resources: [] }] });

  it.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'UPDATE_IN_PROGRESS'])(
    'is in order as %s',
    (status) => expect(findings(status)).toEqual([]),
  );

  it.each([
    ['ROLLBACK_COMPLETE', 'S: delete the stack, then deploy again.'],
    [
      'UPDATE_ROLLBACK_FAILED',
      'S: continue its rollback: aws cloudformation continue-update-rollback --stack-name S.',
    ],
  ])('is named as %s, because CloudFormation does not update it', (status, remedy) => {
    expect(findings(status)).toEqual([expect.objectContaining({ value: status, remedy })]);
  });
});

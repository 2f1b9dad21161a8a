import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { createPrivateAddresses, loadTestAddress } from '../../../tasks/jobs/qat-address.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const run = {
  pipelineName: 'lockstep-shop-qat',
  sourceAction: 'Source',
  commitId: 'c',
  environment: 'qat',
} as const;
const withLoadTest = { ...run, qatUrl: 'none', qatPort: '8080', qatGroup: 'group' };

describe('the address that a load test is given', () => {
  it('is that of the one running instance, by its group', async () => {
    const { client, sent } = double(
      new EC2Client(offline),
      on(DescribeInstancesCommand, () => ({
        Reservations: [{ Instances: [{ PrivateIpAddress: '10.0.3.7' }] }, {}],
      })),
    );
    expect(await loadTestAddress(createPrivateAddresses(client))(withLoadTest)).toBe('http://10.0.3.7:8080');
    expect(sent.map(({ input }) => input)).toEqual([
      {
        Filters: [
          { Name: 'tag:aws:autoscaling:groupName', Values: ['group'] },
          { Name: 'instance-state-name', Values: ['running'] },
        ],
      },
    ]);
  });

  it('is the configured one if there is one, and nothing without a load test', async () => {
    const unread = loadTestAddress(() => Promise.reject(new Error('was read')));
    expect(await unread({ ...withLoadTest, qatUrl: 'https://qat.example.com' })).toBe(
      'https://qat.example.com',
    );
    expect(await unread(run)).toBeUndefined();
  });

  it('is `none` without an instance, so that the load test fails', async () => {
    expect(await loadTestAddress(async () => [])(withLoadTest)).toBe('none');
  });
});

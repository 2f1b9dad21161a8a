import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { NONE } from '../functions.ts';
import type { JobParameters } from '../payloads.ts';

/** Private addresses of an Auto Scaling group's running instances. */
export type PrivateAddresses = (autoScalingGroupName: string) => Promise<readonly string[]>;

/** Reads them in EC2. */
export const createPrivateAddresses =
  (client: Pick<EC2Client, 'send'>): PrivateAddresses =>
  async (autoScalingGroupName) => {
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:aws:autoscaling:groupName', Values: [autoScalingGroupName] },
          { Name: 'instance-state-name', Values: ['running'] },
        ],
      }),
    );
    return Reservations.flatMap(({ Instances = [] }) =>
      Instances.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    );
  };

/**
 * Where a load test reaches QAT: the address that is configured, or that of its one instance, which was refreshed before. Undefined if
 * the run has no load test. Without any address the load test gets `none`, and fails.
 */
export const loadTestAddress =
  (addresses: PrivateAddresses) =>
  async (parameters: JobParameters['pipeline-run']): Promise<string | undefined> => {
    const { qatUrl, qatPort, qatGroup } = parameters;
    if (qatPort === undefined || qatGroup === undefined) return undefined;
    if (qatUrl !== undefined && qatUrl !== NONE) return qatUrl;
    const [address] = await addresses(qatGroup);
    return address === undefined ? NONE : `http://${address}:${qatPort}`;
  };

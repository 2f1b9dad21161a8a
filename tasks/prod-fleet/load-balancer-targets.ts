import { EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ServingInstances } from './verify-prod.ts';

/** What serves, by Elastic Load Balancing and EC2. */
export const createServingInstances = (
  loadBalancing = new ElasticLoadBalancingV2Client({}),
  ec2 = new EC2Client({}),
): ServingInstances => ({
  healthy: async (targetGroupArn) => {
    const { TargetHealthDescriptions = [] } = await loadBalancing.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    );
    return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) =>
      TargetHealth?.State === 'healthy' && Target?.Id !== undefined ? [Target.Id] : [],
    );
  },
  imagesOf: async (instanceIds) => {
    const images: Record<string, string | undefined> = {};
    // Without ids EC2 would describe every instance of the account.
    if (instanceIds.length === 0) return images;
    for await (const page of paginateDescribeInstances({ client: ec2 }, { InstanceIds: [...instanceIds] }))
      for (const instance of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances))
        if (instance.InstanceId !== undefined) images[instance.InstanceId] = instance.ImageId;
    return images;
  },
});

import { EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { readInstanceImages } from '../images/instance-images.ts';
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
  imagesOf: readInstanceImages(ec2),
});

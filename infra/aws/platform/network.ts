import {
  FlowLogDestination,
  FlowLogTrafficType,
  IpAddresses,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/**
 * A VPC over two zones: load balancers in public subnets, instances in private ones behind one NAT gateway.
 * @param logs takes the connections that were made and refused
 */
export const createNetwork = (scope: Construct, id: string, logs: IBucket): IVpc => {
  const vpc = new Vpc(scope, id, {
    ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
    maxAzs: 2,
    // Instances fetch packages and the CodeDeploy agent from the internet; one gateway is the cheapest that works.
    natGateways: 1,
    subnetConfiguration: [
      { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: false },
      { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
    ],
    // Would need a custom resource of CDK's; nothing uses the default security group.
    restrictDefaultSecurityGroup: false,
  });
  vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toS3(logs, 'vpc'),
    trafficType: FlowLogTrafficType.ALL,
  });
  // The class has `undefined` where its interface has optional properties.
  return vpc as IVpc;
};

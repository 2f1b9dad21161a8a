import { Annotations, Fn } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { NetworkConfig } from '../../config.ts';

/**
 * Services that instances without a way to the internet call: CodeDeploy's agent, Session Manager's and Image Builder's.
 * Packages and the agent itself come from buckets of AWS, by the gateway for S3.
 */
const interfaceEndpoints = {
  CodeDeploy: InterfaceVpcEndpointAwsService.CODEDEPLOY,
  CodeDeployCommands: InterfaceVpcEndpointAwsService.CODEDEPLOY_COMMANDS_SECURE,
  Ssm: InterfaceVpcEndpointAwsService.SSM,
  SsmMessages: InterfaceVpcEndpointAwsService.SSM_MESSAGES,
  Ec2Messages: InterfaceVpcEndpointAwsService.EC2_MESSAGES,
  ImageBuilder: InterfaceVpcEndpointAwsService.IMAGE_BUILDER,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
} as const;

/**
 * The VPC of the configuration: one that is there, or a new one.
 * @param logs takes the flow logs of a new one
 */
export const createNetwork = (scope: Construct, id: string, network: NetworkConfig, logs: IBucket): IVpc =>
  network.existing ? existingNetwork(scope, id, network.existing) : newNetwork(scope, id, network, logs);

function existingNetwork(
  scope: Construct,
  id: string,
  { vpcId, publicSubnetIds, privateSubnetIds }: NonNullable<NetworkConfig['existing']>,
): IVpc {
  const vpc = Vpc.fromVpcAttributes(scope, id, {
    vpcId,
    // Nothing asks which zone a subnet lies in, but CDK wants one for each of a group of subnets.
    availabilityZones: [Fn.select(0, Fn.getAzs())],
    publicSubnetIds: [...publicSubnetIds],
    publicSubnetNames: publicSubnetIds.map((_, index) => `Public${index}`),
    privateSubnetIds: [...privateSubnetIds],
    privateSubnetNames: privateSubnetIds.map((_, index) => `Private${index}`),
  });
  // Its routes are its owner's.
  Annotations.of(vpc).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
  return vpc;
}

/** A VPC over two zones: load balancers in public subnets, instances in private ones. */
function newNetwork(
  scope: Construct,
  id: string,
  { cidr, internetAccess }: NetworkConfig,
  logs: IBucket,
): IVpc {
  const vpc = new Vpc(scope, id, {
    ipAddresses: IpAddresses.cidr(cidr),
    maxAzs: 2,
    // Instances fetch packages and the CodeDeploy agent from the internet; one gateway is the cheapest that works.
    natGateways: internetAccess === 'nat-gateway' ? 1 : 0,
    subnetConfiguration: [
      {
        name: 'Public',
        subnetType: SubnetType.PUBLIC,
        cidrMask: subnetMask(cidr),
        mapPublicIpOnLaunch: false,
      },
      { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: subnetMask(cidr) },
    ],
    // Would need a custom resource of CDK's; nothing uses the default security group.
    restrictDefaultSecurityGroup: false,
  });
  vpc.addFlowLog('FlowLog', {
    destination: FlowLogDestination.toS3(logs, 'vpc'),
    trafficType: FlowLogTrafficType.ALL,
  });
  if (internetAccess === 'endpoints') {
    vpc.addGatewayEndpoint('S3Endpoint', { service: GatewayVpcEndpointAwsService.S3 });
    for (const [name, service] of Object.entries(interfaceEndpoints))
      vpc.addInterfaceEndpoint(`${name}Endpoint`, { service });
  }
  // The class has `undefined` where its interface has optional properties.
  return vpc as IVpc;
}

/** Four subnets in a range, and as much again to spare: 20 bits in a range of 16, 28 at most. */
const subnetMask = (cidr: string): number => Math.min(28, Number(cidr.split('/')[1]) + 4);

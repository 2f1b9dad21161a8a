import { createHash } from 'node:crypto';
import type { Host, ResourceContext, ResourceProperties, ResourceProvider, ResourceState } from '../host.ts';

/** A type that changes nothing locally: why, and what others may refer to. */
interface InertType {
  readonly reason: string;
  /** What `Ref` gives. */
  readonly id: (identity: Identity) => string;
  readonly attributes?: (
    identity: Identity & { readonly id: string },
  ) => Readonly<Record<string, string | readonly string[]>>;
}

interface Identity {
  readonly host: Host;
  readonly context: ResourceContext;
  readonly properties: ResourceProperties;
}

const network = 'Everything runs on loopback; there is no network to build.';
const watching = 'There is no console to show it in; failures show in the terminal and on the pages.';

/** An id such as AWS would give (`vpc-0…`), the same for the same resource at every start. */
const generatedId =
  (prefix: string) =>
  ({ context }: Identity): string =>
    `${prefix}-0${createHash('sha256').update(`${context.stackName}/${context.logicalId}`).digest('hex').slice(0, 16)}`;

const generatedName =
  (property?: string) =>
  ({ context, properties }: Identity): string =>
    property && typeof properties[property] === 'string' ? properties[property] : context.generatedName(128);

const textProperty = (properties: ResourceProperties, name: string): string =>
  typeof properties[name] === 'string' ? properties[name] : '';

const arn = ({ host }: Identity, service: string, resource: string): string =>
  `arn:${host.partition}:${service}:${host.region}:${host.accountId}:${resource}`;

/** A type with an id and nothing else to refer to than that. */
const plain = (reason: string, prefix: string, ...idAttributes: readonly string[]): InertType => ({
  reason,
  id: generatedId(prefix),
  attributes: ({ id }) => Object.fromEntries(idAttributes.map((name) => [name, id])),
});

/** CloudFormation types that have no effect in the emulator, each by name. A service's provider for a type goes first. */
export const inertTypes: Readonly<Record<string, InertType>> = {
  'AWS::EC2::VPC': {
    reason: network,
    id: generatedId('vpc'),
    attributes: ({ id, properties }) => ({
      VpcId: id,
      CidrBlock: textProperty(properties, 'CidrBlock'),
      CidrBlockAssociations: [id.replace('vpc-', 'vpc-cidr-assoc-')],
      DefaultNetworkAcl: id.replace('vpc-', 'acl-'),
      DefaultSecurityGroup: id.replace('vpc-', 'sg-'),
      Ipv6CidrBlocks: [],
    }),
  },
  'AWS::EC2::Subnet': {
    reason: network,
    id: generatedId('subnet'),
    attributes: ({ id, host, properties }) => ({
      SubnetId: id,
      AvailabilityZone: textProperty(properties, 'AvailabilityZone') || `${host.region}a`,
      CidrBlock: textProperty(properties, 'CidrBlock'),
      VpcId: textProperty(properties, 'VpcId'),
      NetworkAclAssociationId: id.replace('subnet-', 'aclassoc-'),
      Ipv6CidrBlocks: [],
    }),
  },
  'AWS::EC2::SecurityGroup': {
    reason: network,
    id: generatedId('sg'),
    attributes: ({ id, properties }) => ({
      GroupId: id,
      Id: id,
      VpcId: textProperty(properties, 'VpcId'),
    }),
  },
  'AWS::EC2::SecurityGroupIngress': plain(network, 'sgr', 'Id'),
  'AWS::EC2::SecurityGroupEgress': plain(network, 'sgr', 'Id'),
  'AWS::EC2::RouteTable': plain(network, 'rtb', 'RouteTableId'),
  'AWS::EC2::SubnetRouteTableAssociation': plain(network, 'rtbassoc', 'Id'),
  'AWS::EC2::Route': plain(network, 'r'),
  'AWS::EC2::InternetGateway': plain(network, 'igw', 'InternetGatewayId'),
  'AWS::EC2::VPCGatewayAttachment': plain(network, 'igw-attach'),
  'AWS::EC2::EIP': {
    reason: network,
    // 192.0.2.0/24 is reserved for documentation (RFC 5737); nothing connects to it.
    id: () => '192.0.2.1',
    attributes: (identity) => ({
      AllocationId: generatedId('eipalloc')(identity),
      PublicIp: '192.0.2.1',
    }),
  },
  'AWS::EC2::NatGateway': plain(network, 'nat', 'NatGatewayId'),
  'AWS::EC2::VPCEndpoint': {
    reason: network,
    id: generatedId('vpce'),
    attributes: ({ id }) => ({ Id: id, DnsEntries: [], NetworkInterfaceIds: [], CreationTimestamp: '' }),
  },
  'AWS::EC2::NetworkAcl': plain(network, 'acl', 'Id'),
  'AWS::EC2::NetworkAclEntry': plain(network, 'acl-entry'),
  'AWS::EC2::SubnetNetworkAclAssociation': plain(network, 'aclassoc', 'AssociationId'),
  'AWS::EC2::FlowLog': plain(network, 'fl', 'Id'),
  'AWS::CDK::Metadata': plain('It only counts the usage of constructs.', 'metadata'),
  'AWS::CloudTrail::Trail': {
    reason: 'Only the event history is kept here, without a trail.',
    id: generatedName('TrailName'),
    attributes: (identity) => ({ Arn: arn(identity, 'cloudtrail', `trail/${identity.id}`) }),
  },
  'AWS::CloudWatch::Dashboard': { reason: watching, id: generatedName('DashboardName') },
  'AWS::Logs::MetricFilter': {
    reason: 'No alarm is about a metric of logs, and dashboards are inert themselves.',
    id: generatedName('FilterName'),
  },
  'AWS::Logs::QueryDefinition': plain('A saved query of the console.', 'query', 'QueryDefinitionId'),
  'AWS::WAFv2::WebACL': {
    reason: 'The run answers loopback only.',
    id: generatedName('Name'),
    attributes: (identity) => ({
      Arn: arn(identity, 'wafv2', `regional/webacl/${identity.id}/${generatedId('w')(identity).slice(2)}`),
      Id: generatedId('w')(identity).slice(2),
    }),
  },
  'AWS::WAFv2::WebACLAssociation': plain('The run answers loopback only.', 'association'),
};

/** The waiter of CDK's Provider framework, which the assembly plays itself (see custom-resources.ts). */
export const waiterType: InertType = {
  reason: "The assembly polls custom resources itself; the framework's state machine is never started.",
  id: (identity) => arn(identity, 'states', `stateMachine:${identity.context.generatedName(80)}`),
  attributes: ({ id }) => ({ Arn: id, Name: id.slice(id.lastIndexOf(':') + 1) }),
};

/** A provider that only remembers the id and attributes of an inert resource. */
export const inertProvider = (host: Host, type: InertType): ResourceProvider => {
  const stateOf = (properties: ResourceProperties, context: ResourceContext): ResourceState => {
    const identity = { host, context, properties };
    const id = type.id(identity);
    return { physicalId: id, attributes: type.attributes?.({ ...identity, id }) ?? {} };
  };
  return { create: stateOf, update: stateOf, delete: () => undefined };
};

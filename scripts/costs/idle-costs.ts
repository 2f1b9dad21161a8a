import { type CostLine, HOURS_PER_MONTH, ROOT_VOLUME_GIB } from '../../tasks/prices/cost-line.ts';
import { instancePrice, type PriceList, usEast1 } from '../../tasks/prices/price-list.ts';
import { ofType, type Resource, type Resources } from '../templates.ts';
import { instanceTypeOf, numberOf } from './properties.ts';

const hours = (item: string, count: number, price: number): CostLine[] =>
  count === 0 ? [] : [{ item, quantity: count * HOURS_PER_MONTH, unit: 'hours', price }];
const months = (item: string, quantity: number, unit: string, price: number): CostLine[] =>
  quantity === 0 ? [] : [{ item, quantity, unit, price }];

/** Resources that cost nothing by themselves, or next to nothing (less than a cent a month) while nothing is promoted. */
const free = new Set([
  ...['Api', 'ApiMapping', 'Authorizer', 'DomainName', 'Integration', 'Route', 'Stage'].map(
    (type) => `AWS::ApiGatewayV2::${type}`,
  ),
  'AWS::CertificateManager::Certificate',
  // The first copy of management events; data events are a dollar for a million.
  'AWS::CloudTrail::Trail',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CodeBuild::Project',
  'AWS::CodeBuild::ReportGroup',
  'AWS::CodeCommit::Repository',
  'AWS::CodeConnections::Connection',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentConfig',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::CodePipeline::Pipeline',
  'AWS::CodeStarNotifications::NotificationRule',
  'AWS::Cognito::ManagedLoginBranding',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolGroup',
  'AWS::Cognito::UserPoolIdentityProvider',
  'AWS::DynamoDB::Table',
  'AWS::EC2::FlowLog',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::NetworkAcl',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::Events::EventBus',
  'AWS::Events::EventBusPolicy',
  'AWS::Events::Rule',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::ImageBuilder::Component',
  'AWS::ImageBuilder::DistributionConfiguration',
  'AWS::ImageBuilder::ImagePipeline',
  'AWS::ImageBuilder::ImageRecipe',
  'AWS::ImageBuilder::InfrastructureConfiguration',
  'AWS::ImageBuilder::LifecyclePolicy',
  'AWS::KMS::Alias',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::Logs::ResourcePolicy',
  'AWS::ResourceGroups::Group',
  'AWS::Route53::RecordSet',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::SSM::Parameter',
  'AWS::StepFunctions::StateMachine',
  'AWS::XRay::Group',
  'Custom::LockstepArtifactKey',
  'Custom::LockstepImageParameter',
]);

type Pricing = (found: readonly Resource[], all: Resources, list: PriceList) => readonly CostLine[];
const sum = (found: readonly Resource[], of: (one: Resource) => number) =>
  found.reduce((total, one) => total + of(one), 0);
const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0);

/** How often a schedule invokes its function, which records a trace each time. */
function timesPerMonth({ Properties: { ScheduleExpression } = {} }: Resource): number {
  const [, every, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(String(ScheduleExpression)) ?? [];
  const hoursOf: Readonly<Record<string, number>> = { minute: 1 / 60, hour: 1, day: 24 };
  const hours = Number(every) * (hoursOf[unit] ?? Number.NaN);
  if (Number.isFinite(hours)) return HOURS_PER_MONTH / hours;
  throw new RangeError(`A schedule is ${String(ScheduleExpression)}; costs can count rate(…) only.`);
}

function instances(environment: string, count: number, all: Resources, list: PriceList): CostLine[] {
  const type = instanceTypeOf(all);
  return [
    ...hours(`${environment}: ${count} × ${type}`, count, instancePrice(list, type)),
    ...months(
      `${environment}: root volumes (gp3)`,
      count * ROOT_VOLUME_GIB,
      'GB-months',
      list.prices.volumeGbMonth,
    ),
  ];
}

/** What has a price while it stands there, by type. */
const priced: Readonly<Record<string, Pricing>> = {
  'AWS::EC2::NatGateway': (found, _, { prices }) => hours('NAT gateway', found.length, prices.natGatewayHour),
  'AWS::EC2::EIP': (found, _, { prices }) =>
    hours("NAT gateway's public address", found.length, prices.publicAddressHour),
  'AWS::EC2::VPCEndpoint': (found, _, { prices }) =>
    hours(
      'Interface endpoints, per zone',
      sum(found, ({ Properties: { VpcEndpointType, SubnetIds } = {} }) =>
        VpcEndpointType === 'Interface' ? lengthOf(SubnetIds) : 0,
      ),
      prices.interfaceEndpointHour,
    ),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': (found, _, { prices }) => [
    ...hours('Load balancer', found.length, prices.loadBalancerHour),
    ...hours(
      "Load balancer's public addresses",
      sum(found, ({ Properties: { Scheme, Subnets } = {} }) =>
        Scheme === 'internal' ? 0 : lengthOf(Subnets),
      ),
      prices.publicAddressHour,
    ),
  ],
  'AWS::AutoScaling::AutoScalingGroup': (found, all, list) =>
    instances(
      'QAT',
      sum(found, (group) => numberOf(group, 'MinSize')),
      all,
      list,
    ),
  'Custom::LockstepProdFleet': (found, all, list) => [
    ...instances(
      'Prod',
      sum(found, (fleet) => numberOf(fleet, 'desiredCapacity')),
      all,
      list,
    ),
    // Auto Scaling makes one for growing and one for shrinking.
    ...months("Alarms of Prod's scaling policy", 2 * found.length, 'alarms', list.prices.alarmMonth),
  ],
  'AWS::Scheduler::Schedule': (found, _, { prices }) =>
    months('X-Ray traces of timers', sum(found, timesPerMonth), 'traces', prices.traceRecorded),
  'AWS::KMS::Key': (found, _, { prices }) => months('Encryption keys', found.length, 'keys', prices.keyMonth),
  'AWS::SecretsManager::Secret': (found, _, { prices }) =>
    months('Secrets', found.length, 'secrets', prices.secretMonth),
  'AWS::CloudWatch::Alarm': (found, _, { prices }) =>
    months('Alarms', found.length, 'alarms', prices.alarmMonth),
  'AWS::CloudWatch::Dashboard': (found, _, { prices }) =>
    months('Dashboards', found.length, 'dashboards', prices.dashboardMonth),
};

/**
 * What a stack costs in a month in which nothing is promoted.
 * @throws RangeError for a resource type that is neither priced nor known to be free
 */
export function idleCosts(resources: Resources, list: PriceList = usEast1): CostLine[] {
  const types = new Set(Object.values(resources).map(({ Type }) => Type));
  const unknown = [...types].filter((type) => !free.has(type) && !(type in priced));
  if (unknown.length > 0)
    throw new RangeError(
      `Nobody has said what ${unknown.join(', ')} costs: price it, or list it as free, in scripts/costs/idle-costs.ts.`,
    );
  return Object.entries(priced).flatMap(([type, pricing]) =>
    types.has(type) ? [...pricing(ofType(resources, type), resources, list)] : [],
  );
}

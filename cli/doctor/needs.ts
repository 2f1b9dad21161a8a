import { type DeclaredResource, declared, referredId, type SynthesizedStack, valuesOf } from './assembly.ts';

/** Instances of a type that run at the same time. */
export interface Instances {
  readonly type: string;
  readonly count: number;
}

/** The instance type of a stack's launch template that a value refers to. */
const launchedType = ({ resources }: SynthesizedStack, reference: unknown): string => {
  const template = resources[referredId(reference) ?? ''];
  const { InstanceType } = (template?.Properties?.LaunchTemplateData ?? {}) as { InstanceType?: string };
  return InstanceType ?? '';
};

/**
 * The most instances of a stack at a time. A blue/green deployment runs the fleet twice (the size that it is deployed with: nothing
 * scales it by itself), beside QAT's instances, while the next promotion builds an image (T57).
 */
const peakOf = (stack: SynthesizedStack): readonly Instances[] => {
  const groups = declared([stack], 'AWS::AutoScaling::AutoScalingGroup').map(({ properties }) => ({
    type: launchedType(
      stack,
      (properties.LaunchTemplate as { LaunchTemplateId?: unknown } | undefined)?.LaunchTemplateId,
    ),
    count: Number(properties.MaxSize),
  }));
  const fleets = declared([stack], 'Custom::LockstepProdFleet').map(({ properties }) => ({
    type: launchedType(stack, properties.launchTemplateId),
    count: 2 * Number(properties.desiredCapacity),
  }));
  const builds = declared([stack], 'AWS::ImageBuilder::InfrastructureConfiguration').flatMap(
    ({ properties }) => (properties.InstanceTypes as readonly string[] | undefined) ?? [],
  );
  return [...groups, ...fleets, ...builds.slice(0, 1).map((type) => ({ type, count: 1 }))];
};

/** The most instances of all stacks of a place at a time: each application promotes by itself. */
export const peakInstances = (stacks: readonly SynthesizedStack[]): readonly Instances[] =>
  stacks.flatMap(peakOf);

/** Whether a state machine is an application's: these have names of ours. */
export const isOfApplication = ({ properties }: DeclaredResource): boolean =>
  properties.StateMachineName !== undefined;

/** How many applications there are. */
export const applicationCount = (stacks: readonly SynthesizedStack[]): number =>
  declared(stacks, 'AWS::StepFunctions::StateMachine').filter(isOfApplication).length;

/** ARNs of the CodeConnections connections that pipelines read through. */
export const connectionArns = (stacks: readonly SynthesizedStack[]): readonly string[] => [
  ...new Set(
    declared(stacks, 'AWS::CodePipeline::Pipeline')
      .flatMap(({ properties }) => valuesOf(properties, 'ConnectionArn'))
      .filter((arn) => typeof arn === 'string'),
  ),
];

/** ARNs of the certificates that load balancers and APIs serve. */
export const certificateArns = (stacks: readonly SynthesizedStack[]): readonly string[] => [
  ...new Set(
    ['AWS::ElasticLoadBalancingV2::Listener', 'AWS::ApiGatewayV2::DomainName']
      .flatMap((type) => declared(stacks, type))
      .flatMap(({ properties }) => valuesOf(properties, 'CertificateArn'))
      .filter((arn) => typeof arn === 'string'),
  ),
];

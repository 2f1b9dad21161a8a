import { readDefinition, successPath } from '../../tasks/executions/definition.ts';
import { assumed as assumedAnywhere } from '../../tasks/prices/assumed.ts';
import { type CostLine, ROOT_VOLUME_GIB } from '../../tasks/prices/cost-line.ts';
import { instancePrice, type PriceList, usEast1 } from '../../tasks/prices/price-list.ts';
import { ofType, type Resources } from '../templates.ts';
import { instanceTypeOf, numberOf } from './properties.ts';

/** How long things take on AWS, as assumed for a promotion's cost. */
export const assumed = {
  ...assumedAnywhere,
  /** Build and test of one image, in hours. */
  imageBuildHours: 0.75,
  /** How long both fleets stand side by side, beside the wait before the old one ends, in hours. */
  bothFleetsHours: 0.25,
  /** Minutes that the actions of a pipeline's run take: source and guard 1 each, each deployment. */
  actionMinutes: 1,
  deployMinutes: 20,
  /** Minutes of the application's own tests, where there is a Test stage. */
  testMinutes: 5,
  /** Minutes of a build, where commits are built. */
  buildMinutes: 5,
} as const;

interface Stage {
  readonly Actions: readonly { readonly ActionTypeId: { readonly Provider: string } }[];
}

const pipelineActions = (resources: Resources): string[] =>
  ofType(resources, 'AWS::CodePipeline::Pipeline').flatMap(({ Properties }) =>
    ((Properties?.Stages ?? []) as readonly Stage[]).flatMap(({ Actions }) =>
      Actions.map(({ ActionTypeId }) => ActionTypeId.Provider),
    ),
  );

/** Minutes of one action, by its provider. */
function actionMinutes(provider: string): number {
  if (provider === 'CodeDeploy') return assumed.deployMinutes;
  return provider === 'CodeBuild' ? assumed.testMinutes : assumed.actionMinutes;
}

/** States that the promotion of a push passes when all goes well, by the machine's definition. */
function statesPassed(resources: Resources): number {
  const machine = ofType(resources, 'AWS::StepFunctions::StateMachine').find(
    ({ Properties }) => Properties?.StateMachineName !== undefined,
  );
  const written = machine?.Properties?.DefinitionString as string | { 'Fn::Join': [string, unknown[]] };
  // What CloudFormation fills in are ARNs, which name no states.
  const definition =
    typeof written === 'string'
      ? written
      : written['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'aws')).join('');
  return successPath(readDefinition(definition)).length;
}

/** What one promotion costs, on top of what stands there anyway. */
export function promotionCosts(resources: Resources, list: PriceList = usEast1): CostLine[] {
  const { prices } = list;
  const type = instanceTypeOf(resources);
  const builds = ofType(resources, 'AWS::ImageBuilder::ImagePipeline').length;
  const [fleet] = ofType(resources, 'Custom::LockstepProdFleet');
  if (!fleet) throw new TypeError('The stack has no Custom::LockstepProdFleet.');
  const instances = numberOf(fleet, 'desiredCapacity');
  const { soakMinutes } = fleet.Properties as { soakMinutes: number };
  const overlap = assumed.bothFleetsHours + Number(soakMinutes) / 60;
  const actions = pipelineActions(resources);
  const revisionBuilds = ofType(resources, 'AWS::CodeBuild::Project').filter(
    ({ Properties }) => (Properties?.Source as { Type?: string } | undefined)?.Type !== 'CODEPIPELINE',
  ).length;
  const tests = actions.filter((provider) => provider === 'CodeBuild').length;
  return [
    {
      item: `${builds} image builds on ${type}`,
      quantity: builds * assumed.imageBuildHours,
      unit: 'hours',
      price: instancePrice(list, type),
    },
    {
      item: 'What the image builds fetch through the NAT gateway',
      quantity: builds * assumed.imageBuildGb,
      unit: 'GB',
      price: prices.natGatewayGb,
    },
    {
      item: `Green beside blue: ${instances} × ${type}`,
      quantity: instances * overlap,
      unit: 'hours',
      price: instancePrice(list, type),
    },
    {
      item: `Actions of the pipelines (${actions.length})`,
      quantity: actions.reduce((total, provider) => total + actionMinutes(provider), 0),
      unit: 'minutes',
      price: prices.pipelineActionMinute,
    },
    ...(revisionBuilds === 0
      ? []
      : [
          {
            item: 'The build of the commit',
            quantity: revisionBuilds * assumed.buildMinutes,
            unit: 'minutes',
            price: prices.buildMinute,
          },
        ]),
    ...(tests === 0
      ? []
      : [
          {
            item: "The application's tests",
            quantity: tests * assumed.testMinutes,
            unit: 'minutes',
            price: prices.buildMinute,
          },
        ]),
    {
      item: 'States of the state machine',
      quantity: statesPassed(resources),
      unit: 'transitions',
      price: prices.stateTransition,
    },
    {
      item: 'Functions',
      quantity: assumed.functionSeconds * assumed.functionGb,
      unit: 'GB-seconds',
      price: prices.functionGbSecond,
    },
    {
      item: 'Invocations of functions',
      quantity: assumed.invocations,
      unit: 'invocations',
      price: prices.functionRequest,
    },
    { item: 'X-Ray traces', quantity: assumed.invocations, unit: 'traces', price: prices.traceRecorded },
    {
      item: `Snapshots of the ${builds} images, for each month that they are kept`,
      quantity: builds * ROOT_VOLUME_GIB,
      unit: 'GB-months',
      price: prices.snapshotGbMonth,
    },
  ];
}

import { type CostLine, HOURS_PER_MONTH, ROOT_VOLUME_GIB } from '../../tasks/prices/cost-line.ts';
import { type PriceList, usEast1 } from '../../tasks/prices/price-list.ts';
import { ofType, type Resources } from '../templates.ts';
import { idleCosts } from './idle-costs.ts';
import { assumed } from './promotion-costs.ts';
import { numberOf } from './properties.ts';

/** KMS charges the first two rotations of a key, and no later one: https://aws.amazon.com/kms/pricing/ */
const CHARGED_ROTATIONS = 2;

const count = (
  stacks: readonly Resources[],
  type: string,
  of: (one: ReturnType<typeof ofType>[0]) => number,
) => stacks.flatMap((stack) => ofType(stack, type)).reduce((total, one) => total + of(one), 0);

/**
 * What comes on top of an idle month: with time, with traffic, or if somebody turns it on.
 * @param stacks the platform and one application
 */
export function furtherCosts(stacks: readonly Resources[], list: PriceList = usEast1): CostLine[] {
  const { prices } = list;
  const rotated = count(stacks, 'AWS::KMS::Key', ({ Properties }) => (Properties?.EnableKeyRotation ? 1 : 0));
  const builds = count(stacks, 'AWS::ImageBuilder::ImagePipeline', () => 1);
  const instances =
    count(stacks, 'AWS::AutoScaling::AutoScalingGroup', (group) => numberOf(group, 'MinSize')) +
    count(stacks, 'Custom::LockstepProdFleet', (fleet) => numberOf(fleet, 'desiredCapacity'));
  return [
    {
      item: `From the third year on: two older versions of each of the ${rotated} keys that rotate every year`,
      quantity: rotated * CHARGED_ROTATIONS,
      unit: 'versions',
      price: prices.keyMonth,
    },
    {
      item: `Images of the ${assumed.keptReleases} releases that are kept (${builds} each)`,
      quantity: assumed.keptReleases * builds * ROOT_VOLUME_GIB,
      unit: 'GB-months',
      price: prices.snapshotGbMonth,
    },
    {
      item: "Each load balancer capacity unit of the application's traffic (25 new connections a second, 3,000 active ones or 1 GB an hour)",
      quantity: HOURS_PER_MONTH,
      unit: 'unit-hours',
      price: prices.capacityUnitHour,
    },
    {
      item: `Scans of the ${instances} instances by Inspector, if you turn it on: Lockstep does not`,
      quantity: instances,
      unit: 'instances',
      price: prices.scannedInstanceMonth,
    },
  ];
}

/**
 * A month of the network without the internet (`network.internetAccess: endpoints`).
 * @param platform of such a configuration
 */
export function endpointCosts(platform: Resources, list: PriceList = usEast1): CostLine[] {
  const endpoints = Object.fromEntries(
    Object.entries(platform).filter(([, { Type }]) => Type === 'AWS::EC2::VPCEndpoint'),
  );
  return [
    ...idleCosts(endpoints, list),
    {
      item: 'What one image build fetches through them',
      quantity: assumed.imageBuildGb,
      unit: 'GB',
      price: list.prices.interfaceEndpointGb,
    },
  ];
}

import type { Environment } from '../../tasks/payloads.ts';
import type { WrittenConfig } from './schema.ts';
import { DEFAULT_CIDR } from './values.ts';

/** How instances without a public address reach AWS. */
export type InternetAccess = 'nat-gateway' | 'endpoints';

/** Where instances and load balancers are. */
export interface NetworkConfig {
  /** In an existing VPC: what is there already. */
  readonly internetAccess: InternetAccess;
  /** IPv4 range of a new VPC. */
  readonly cidr: string;
  /** A VPC that is there already; without it, one is made. */
  readonly existing?: {
    readonly vpcId: string;
    readonly publicSubnetIds: readonly string[];
    readonly privateSubnetIds: readonly string[];
  };
}

/** Where an environment is, if it is not where Lockstep itself is. */
export interface EnvironmentPlace {
  readonly account: string;
  readonly region: string;
  /** Shared by all environments in this account and region. */
  readonly network: NetworkConfig;
}

/** Reports that something is wrong at a key; the message is the remedy. */
export type Report = (path: Path, input: unknown, message: string) => void;
/** A key below `lockstep`. */
export type Path = (string | number)[];
type WrittenEnvironments = NonNullable<WrittenConfig['environments']>;
type WrittenPlace = NonNullable<WrittenEnvironments[Environment]>;

/** What names an environment's place, and where it is written. */
interface Named {
  readonly path: Path;
  readonly environment: Environment;
  readonly place: WrittenPlace;
}

const both: readonly Environment[] = ['qat', 'prod'];

const namedIn = (environments: WrittenConfig['environments'], path: Path): Named[] =>
  both.flatMap((environment) => {
    const place = environments?.[environment];
    return place ? [{ path: [...path, environment], environment, place }] : [];
  });
const everyNamed = (config: WrittenConfig): Named[] => [
  ...namedIn(config.environments, ['environments']),
  ...config.applications.flatMap(({ environments }, index) =>
    namedIn(environments, ['applications', index, 'environments']),
  ),
];

const accountOf = (config: WrittenConfig, { account }: WrittenPlace): string =>
  account ?? config.env?.account ?? '';
const keyOf = (config: WrittenConfig, place: WrittenPlace): string =>
  `${accountOf(config, place)} ${place.region}`;
const ownKey = (config: WrittenConfig): string => `${config.env?.account} ${config.env?.region}`;

/**
 * Where an application's environment is, if it is elsewhere: its own setting, or the one for all applications.
 * @returns nothing if it is where Lockstep itself is
 */
export function placeOf(
  config: WrittenConfig,
  application: WrittenConfig['applications'][number],
  environment: Environment,
): EnvironmentPlace | undefined {
  const place = application.environments?.[environment] ?? config.environments?.[environment];
  if (place === undefined || keyOf(config, place) === ownKey(config)) return undefined;
  // A network that is named once for this account and region is the network of all its environments.
  const network = everyNamed(config).find(
    (one) => one.place.network && keyOf(config, one.place) === keyOf(config, place),
  )?.place.network;
  const { vpcId, publicSubnetIds = [], privateSubnetIds = [] } = network ?? {};
  return {
    account: accountOf(config, place),
    region: place.region,
    network: {
      internetAccess: config.network.internetAccess,
      cidr: network?.cidr ?? config.network.cidr ?? DEFAULT_CIDR,
      ...(vpcId !== undefined && { existing: { vpcId, publicSubnetIds, privateSubnetIds } }),
    },
  };
}

/** What is wrong with where environments are. @param checkNetwork reports what is wrong with a network by itself */
export function checkEnvironments(
  config: WrittenConfig,
  report: Report,
  checkNetwork: (network: WrittenPlace['network'], path: Path) => void,
): void {
  const named = everyNamed(config);
  if (named.length === 0) return;
  for (const key of ['account', 'region'] as const)
    if (config.env?.[key] === undefined)
      report(
        ['env', key],
        undefined,
        `Name the ${key} that Lockstep itself is in: environments elsewhere must trust it by name.`,
      );
  for (const one of named) checkPlace(config, one, report);
  checkNetworks(config, named, report, checkNetwork);
}

function checkPlace(config: WrittenConfig, { path, environment, place }: Named, report: Report): void {
  const forAll = path[0] === 'environments' ? undefined : config.environments?.[environment];
  if (keyOf(config, place) === ownKey(config)) {
    if (forAll === undefined)
      report(path, place, 'Leave it out: lockstep.env names this account and region for everything.');
    else if (place.network !== undefined)
      report(
        [...path, 'network'],
        place.network,
        'Leave it out: in the account and region of lockstep.env the network is lockstep.network.',
      );
  } else if (forAll !== undefined && keyOf(config, forAll) === keyOf(config, place))
    report(path, place, `Leave it out: lockstep.environments.${environment} names this account and region.`);
}

/** A network belongs to one account and region, and all that is there shares it. */
function checkNetworks(
  config: WrittenConfig,
  named: readonly Named[],
  report: Report,
  checkNetwork: (network: WrittenPlace['network'], path: Path) => void,
): void {
  const networks = new Map<string, string>();
  const owners = new Map<string, { readonly key: string; readonly says: string }>();
  const idsOf = ({
    vpcId,
    publicSubnetIds = [],
    privateSubnetIds = [],
  }: NonNullable<WrittenPlace['network']>) =>
    [vpcId, ...publicSubnetIds, ...privateSubnetIds].flatMap((id) => id ?? []);
  for (const id of idsOf(config.network)) owners.set(id, { key: ownKey(config), says: 'lockstep.network' });
  for (const { path, place } of named) {
    const { network } = place;
    if (network === undefined) continue;
    const key = keyOf(config, place);
    const at = [...path, 'network'];
    checkNetwork(network, at);
    const written = JSON.stringify(network);
    if ((networks.get(key) ?? written) !== written)
      report(
        at,
        network,
        `What is in the account ${accountOf(config, place)} and ${place.region} shares one network: name it once.`,
      );
    networks.set(key, written);
    for (const id of idsOf(network)) {
      const owner = owners.get(id);
      if (owner !== undefined && owner.key !== key)
        report(
          at,
          id,
          `${owner.says} names it in another account or region: name what is in ${accountOf(config, place)} and ${place.region}.`,
        );
      else owners.set(id, { key, says: `lockstep.${path.join('.')}.network` });
    }
  }
}

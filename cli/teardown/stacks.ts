/** An account and region. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** What is torn down: one application, or what all applications share. */
export type Target = { readonly application: string } | 'platform';

/** A stack of Lockstep that stands, or is being deleted. */
export interface StandingStack {
  readonly name: string;
  readonly id: string;
  /** CloudFormation's own word. */
  readonly status: string;
  readonly reason?: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The stack that all applications share; no application can be called `Platform`, as names are in lower case. */
const PLATFORM = 'Lockstep-Platform';
const PREFIX = 'Lockstep-';
const WORKLOADS = `${PREFIX}Workloads-`;

/** What people call it, and type to confirm. */
export const titleOf = (target: Target): string => (target === 'platform' ? 'platform' : target.application);

/** The stack that is deleted last: as long as it stands, it says where the others are. */
export const mainStack = (target: Target): string =>
  target === 'platform' ? PLATFORM : `${PREFIX}${target.application}`;

/** Whether a stack belongs to what is torn down. */
export const belongsTo = (target: Target, name: string): boolean => {
  if (target === 'platform') return name === PLATFORM || name.startsWith(WORKLOADS);
  const main = mainStack(target);
  return (
    name === main ||
    name === `${main}-Qat` ||
    name === `${main}-Prod` ||
    // An application may be called `orders-Artifacts…` as little as `Platform`: names are in lower case.
    name.startsWith(`${main}-Artifacts-`)
  );
};

/** The application that a stack belongs to; undefined for the platform's, and for what is no stack of Lockstep. */
export const applicationOf = (name: string): string | undefined =>
  /^Lockstep-([a-z][a-z0-9-]*?)(-Qat|-Prod|-Artifacts-.+)?$/.exec(name)?.[1];

/** The stacks of one place in the order in which they are deleted: the main one last. */
export const inDeletionOrder = (
  target: Target,
  stacks: readonly StandingStack[],
): readonly StandingStack[] => {
  const rank = ({ name }: StandingStack) => (name === mainStack(target) ? 1 : 0);
  return stacks
    .filter(({ name }) => belongsTo(target, name))
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
};

/** Outputs that name places, `account/region`, separated by commas. */
const PLACE_OUTPUTS = ['QatPlace', 'ProdPlace', 'WorkloadsPlaces'];

/** Where else the stacks of a target are, as its main stack says. Artifacts are in the account of the main stack. */
export const placesElsewhere = (outputs: StandingStack['outputs'], here: Place): readonly Place[] => {
  const found = new Map<string, Place>();
  const add = (place: Place) => {
    if (place.account !== here.account || place.region !== here.region)
      found.set(`${place.account}/${place.region}`, place);
  };
  for (const output of PLACE_OUTPUTS)
    for (const text of outputs[output]?.split(',') ?? []) {
      const [account = '', region = ''] = text.split('/');
      add({ account, region });
      // An application's revisions are copied into each region that deploys them, in the main stack's account.
      add({ account: here.account, region });
    }
  return [...found.values()];
};

/** A place, as people read it. */
export const placeText = ({ account, region }: Place): string => `account ${account}, region ${region}`;

/** The command that continues somewhere. */
export const commandFor = (target: Target, more: string, region?: string): string =>
  `${region === undefined ? '' : `AWS_REGION=${region} `}npm run lockstep -- teardown ${
    target === 'platform' ? '--platform' : target.application
  }${more}`;

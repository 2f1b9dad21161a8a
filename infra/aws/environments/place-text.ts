import type { EnvironmentPlace } from '../../config.ts';

/** An account and region, as outputs of stacks name them: the command line reads them (`readPlaces`). */
export const placeText = ({ account, region }: Pick<EnvironmentPlace, 'account' | 'region'>): string =>
  `${account}/${region}`;

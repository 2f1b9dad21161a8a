import type { Ledger } from '../ledger/ledger.ts';
import type { Environment } from '../payloads.ts';
import type { EarlierRelease } from './read-deliveries.ts';

/** Promotions, of all applications, that are looked through. */
const LOOKED_THROUGH = 100;
/** Releases whose revisions are compared with an unexpected one. */
const COMPARED = 10;

/** The last releases to an environment, newest first. */
export async function earlierReleases(
  ledger: Pick<Ledger, 'promotions'>,
  application: string,
  environment: Environment,
): Promise<readonly EarlierRelease[]> {
  const { items } = await ledger.promotions({ limit: LOOKED_THROUGH });
  return items
    .flatMap(({ application: theirs, commitId, deployments }) => {
      const deploymentId = deployments[environment];
      return theirs === application && deploymentId !== undefined ? [{ commitId, deploymentId }] : [];
    })
    .slice(0, COMPARED);
}

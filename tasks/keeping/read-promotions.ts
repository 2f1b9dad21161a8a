import { DAY_MS } from '../durations.ts';
import { partsOf } from '../jobs/external-ids.ts';
import type { Job, Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import type { Environment } from '../payloads.ts';
import {
  type PromotionUse,
  promotionNeed,
  REDRIVABLE_DAYS,
  type Release,
  type RevisionLocation,
} from './keeping-rules.ts';

/** A revision as a deployment names it. */
type DeployedRevision = Release['revision'];

/** What promotions are read from. */
export interface PromotionSources {
  readonly ledger: Pick<Ledger, 'promotions' | 'jobs'>;
  /** The revision of a deployment; undefined if CodeDeploy does not have the deployment any more. */
  readonly revisionOf: (environment: Environment, deploymentId: string) => Promise<DeployedRevision>;
  /** Where a run of a pipeline put the revision that it read from the source: CodeDeploy gets a copy in another region. */
  readonly sourceOf: (
    pipelineName: string,
    pipelineExecutionId: string,
  ) => Promise<RevisionLocation | undefined>;
}

/** An execution runs for a year at most (Step Functions developer guide, "Quotas"): what began before is over. */
const OPEN_OR_REDRIVABLE_MS = (365 + REDRIVABLE_DAYS) * DAY_MS;

/** Deployed to Prod last; one that has not ended was deployed just now. */
const latestReleaseFirst = (a: Promotion, b: Promotion): number =>
  a.endedAt === b.endedAt
    ? Date.parse(b.startedAt) - Date.parse(a.startedAt)
    : (a.endedAt ?? '~') < (b.endedAt ?? '~')
      ? 1
      : -1;

/**
 * An application's promotions as far back as one may need something, or is among its last releases.
 * @returns all that were looked at, and of these the releases, newest first
 */
async function readPromotions(
  ledger: Pick<Ledger, 'promotions'>,
  application: string,
  releases: number,
  now: Date,
): Promise<{ readonly all: readonly Promotion[]; readonly released: readonly Promotion[] }> {
  const all: Promotion[] = [];
  const released: Promotion[] = [];
  const since = now.getTime() - OPEN_OR_REDRIVABLE_MS;
  for await (const page of promotionPages(ledger)) {
    const own = page.filter((promotion) => promotion.application === application);
    all.push(...own);
    released.push(...own.filter(({ deployments }) => deployments.prod !== undefined));
    const oldest = page.at(-1);
    if (oldest && Date.parse(oldest.startedAt) < since && released.length >= releases) break;
  }
  return { all, released: released.sort(latestReleaseFirst).slice(0, releases) };
}

/** Builds and AMIs of a promotion's jobs, and the AMI that it goes back to: a build that had not ended is used by a redrive. */
function builtBy(promotion: Promotion, jobs: readonly Job[]): Pick<PromotionUse, 'imageIds' | 'builds'> {
  const builds = jobs.filter(({ kind }) => kind === 'image-build');
  return {
    imageIds: [
      ...Object.values(promotion.images),
      ...(promotion.goBack ? [promotion.goBack.prodImageId] : []),
      ...builds.flatMap(({ output }) => output?.imageId ?? []),
    ],
    builds: builds.flatMap(({ externalId }) => externalId ?? []),
  };
}

/** What a promotion's commit was built into, by each of its builds, and what a go-back deploys again. */
const builtRevisions = ({ built, goBack }: Promotion, jobs: readonly Job[]): readonly RevisionLocation[] => [
  ...(built ? [built] : []),
  ...(goBack?.built ? [goBack.built] : []),
  ...jobs.flatMap(({ kind, output: { bucket, key, version } = {} }) =>
    kind === 'code-build' && bucket !== undefined && key !== undefined && version !== undefined
      ? [{ bucket, key, version }]
      : [],
  ),
];

/** What a promotion's deployments deployed, and what its pipelines' runs read: a request for an approval reads it again. */
async function revisionsOf(
  { revisionOf, sourceOf }: PromotionSources,
  promotion: Promotion,
  jobs: readonly Job[],
): Promise<PromotionUse['revisions']> {
  const { deployments } = promotion;
  const revisions: RevisionLocation[] = [...builtRevisions(promotion, jobs)];
  for (const environment of ['qat', 'prod'] as const) {
    const deploymentId = deployments[environment];
    if (deploymentId === undefined) continue;
    const revision = await revisionOf(environment, deploymentId);
    if (revision === undefined) return 'not-known';
    revisions.push(revision);
  }
  for (const { kind, externalId } of jobs) {
    if (kind !== 'pipeline-run' || externalId === undefined) continue;
    const source = await sourceOf(...partsOf(externalId));
    if (source) revisions.push(source);
  }
  return revisions;
}

/** The last releases of an application, newest first, with image and revision: what people may go back to. */
async function releasesOf(
  { revisionOf }: PromotionSources,
  released: readonly Promotion[],
): Promise<readonly Release[]> {
  const releases: Release[] = [];
  for (const { promotionId, commitId, images, deployments, built } of released) {
    const deploymentId = deployments.prod ?? '';
    const revision = await revisionOf('prod', deploymentId);
    releases.push({
      promotionId,
      commitId,
      deploymentId,
      ...(images.prod !== undefined && { imageId: images.prod }),
      ...(revision && { revision }),
      ...(built && { built }),
    });
  }
  return releases;
}

/** Reads what promotions need: those that are open or can be redriven, and the last releases. */
export async function readPromotionUse(
  sources: PromotionSources,
  application: string,
  releases: number,
  now: Date,
): Promise<{ readonly promotions: readonly PromotionUse[]; readonly releases: readonly Release[] }> {
  const { all, released } = await readPromotions(sources.ledger, application, releases, now);
  const promotions: PromotionUse[] = [];
  for (const promotion of all) {
    const { promotionId, status } = promotion;
    const endedAt = promotion.endedAt === undefined ? undefined : new Date(promotion.endedAt);
    if (promotionNeed({ status, ...(endedAt && { endedAt }) }, now) === undefined) continue;
    const jobs = await sources.ledger.jobs(promotionId);
    promotions.push({
      promotionId,
      status,
      ...(endedAt && { endedAt }),
      ...builtBy(promotion, jobs),
      revisions: await revisionsOf(sources, promotion, jobs),
    });
  }
  return { promotions, releases: await releasesOf(sources, released) };
}

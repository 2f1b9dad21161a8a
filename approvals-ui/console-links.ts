import {
  accountOf,
  alarmLink,
  codeBuildLink,
  commitLink,
  deploymentLink,
  diffLink,
  executionLink,
  imageLink,
  instanceRefreshLink,
  pipelineRunLink,
  regionOf,
} from '../tasks/console-links.ts';
import type { Job, Promotion } from '../tasks/ledger/items.ts';
import type { Environment } from '../tasks/payloads.ts';

/** Where the AWS console shows a promotion's parts. */
export interface ConsoleLinks {
  readonly execution: (promotion: Promotion) => string | undefined;
  readonly job: (promotion: Promotion, job: Job) => string | undefined;
  readonly deployment: (promotion: Promotion, deploymentId: string) => string | undefined;
  readonly commit: (promotion: Promotion, commitId: string) => string | undefined;
  /** What the promotion's commit changes, compared with another commit. */
  readonly diff: (promotion: Promotion, before: string) => string | undefined;
  /** An alarm in a region. */
  readonly alarm: (region: string, name: string) => string | undefined;
}

/** For a site on this machine, where there is no console. */
export const noConsole: ConsoleLinks = {
  execution: () => undefined,
  job: () => undefined,
  deployment: () => undefined,
  commit: () => undefined,
  diff: () => undefined,
  alarm: () => undefined,
};

/** Variable with the regions as JSON; the site has it only if an environment is in another region. */
export const REGIONS_VARIABLE = 'ENVIRONMENT_REGIONS';

/** Regions of the environments that are not in Lockstep's own, by application. */
export type EnvironmentRegions = Readonly<
  Record<string, Readonly<Partial<Record<Environment, string>>> | undefined>
>;

const regionIn = (
  regions: EnvironmentRegions,
  { application, executionArn }: Promotion,
  environment: Environment,
): string => regions[application]?.[environment] ?? regionOf(executionArn);

/** Links to the console of the execution's region or, for what is in an environment, of the environment's region. */
export const awsConsoleWith = (regions: EnvironmentRegions): ConsoleLinks => ({
  execution: ({ executionArn }) => executionLink(executionArn),
  job: (promotion, { kind, externalId }) => {
    if (externalId === undefined) return undefined;
    const [first = '', last = ''] = externalId.split('/');
    switch (kind) {
      case 'code-build':
        return codeBuildLink(regionOf(promotion.executionArn), accountOf(promotion.executionArn), externalId);
      case 'image-build':
        return imageLink(externalId);
      case 'instance-refresh':
        return instanceRefreshLink(regionIn(regions, promotion, 'qat'), first);
      case 'pipeline-run':
        return pipelineRunLink(regionOf(promotion.executionArn), first, last);
    }
  },
  deployment: (promotion, deploymentId) => {
    const environment = promotion.deployments.prod === deploymentId ? 'prod' : 'qat';
    return deploymentLink(regionIn(regions, promotion, environment), deploymentId);
  },
  // An application's repository has the application's name.
  commit: ({ executionArn, application }, commitId) =>
    commitLink(regionOf(executionArn), application, commitId),
  diff: ({ executionArn, application, commitId }, before) =>
    diffLink(regionOf(executionArn), application, before, commitId),
  alarm: alarmLink,
});

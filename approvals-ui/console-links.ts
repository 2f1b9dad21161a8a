import {
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

/** Where a promotion's parts are found in the AWS console. */
export interface ConsoleLinks {
  readonly execution: (promotion: Promotion) => string | undefined;
  readonly job: (promotion: Promotion, job: Job) => string | undefined;
  readonly deployment: (promotion: Promotion, deploymentId: string) => string | undefined;
  readonly commit: (promotion: Promotion, commitId: string) => string | undefined;
  /** What the promotion's commit changes against another. */
  readonly diff: (promotion: Promotion, before: string) => string | undefined;
}

/** For a site on this machine, which no console stands behind. */
export const noConsole: ConsoleLinks = {
  execution: () => undefined,
  job: () => undefined,
  deployment: () => undefined,
  commit: () => undefined,
  diff: () => undefined,
};

/** The console of the region that the promotion's execution runs in. */
export const awsConsole: ConsoleLinks = {
  execution: ({ executionArn }) => executionLink(executionArn),
  job: ({ executionArn }, { kind, externalId }) => {
    if (externalId === undefined) return undefined;
    const region = regionOf(executionArn);
    const [first = '', last = ''] = externalId.split('/');
    switch (kind) {
      case 'image-build':
        return imageLink(externalId);
      case 'instance-refresh':
        return instanceRefreshLink(region, first);
      case 'pipeline-run':
        return pipelineRunLink(region, first, last);
    }
  },
  deployment: ({ executionArn }, deploymentId) => deploymentLink(regionOf(executionArn), deploymentId),
  // An application's repository has the application's name.
  commit: ({ executionArn, application }, commitId) =>
    commitLink(regionOf(executionArn), application, commitId),
  diff: ({ executionArn, application, commitId }, before) =>
    diffLink(regionOf(executionArn), application, before, commitId),
};

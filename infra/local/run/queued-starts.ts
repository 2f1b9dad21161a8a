import type { BusEvent, Host } from '@lockstep/aws-emulator';
import type { DeployedApplication } from './system.ts';

/** What the emulator's CodeCommit has announced of a repository. */
interface Announced {
  readonly references: Readonly<Record<string, string>>;
}

/** Where the emulator keeps what is on its way from an event to a function; each is kept until that has succeeded or is given up. */
const queues = ['events.unrouted', 'events.deliveries', 'lambda.asyncEvents'] as const;

/** Ids of the events that told pushes of a commit to the application's branch. */
const pushEventsOf = (host: Host, { name, branch }: DeployedApplication, commitId: string): string[] =>
  host.store
    .table<{ readonly event: BusEvent }>('events.recent')
    .values()
    .map(({ event }) => event)
    .filter(
      ({ source, detail }) =>
        source === 'aws.codecommit' &&
        detail.repositoryName === name &&
        detail.referenceFullName === `refs/heads/${branch}` &&
        detail.commitId === commitId,
    )
    .map(({ id }) => id);

/** What the emulator's CodePipeline has of a run. */
interface PipelineRun {
  readonly pipelineName: string;
  readonly status: string;
  readonly overrides: readonly { readonly revisionValue: string }[];
}

/** Whether a push to the forge is not recorded yet, or the run of the push pipeline that it started has not ended. */
const isPipelineRunning = (
  host: Host,
  { name, branch }: DeployedApplication,
  repository: string,
  commitId: string,
): boolean => {
  const { branches = {} } =
    host.store
      .table<{ readonly branches?: Readonly<Record<string, string>> }>('forge.repositories')
      .get(repository) ?? {};
  if (branches[`refs/heads/${branch}`] !== commitId) return true;
  return host.store
    .table<PipelineRun>('codepipeline.executions')
    .values()
    .some(
      ({ pipelineName, status, overrides }) =>
        pipelineName === `lockstep-${name}-push` &&
        status === 'InProgress' &&
        overrides.some(({ revisionValue }) => revisionValue === commitId),
    );
};

/**
 * Whether a push of a commit is still on its way to StartPromotion: not announced yet, or its event or that function's
 * invocation is queued. Once it is not, its execution exists, or none comes of it.
 * @param commitId what the application's branch is at
 */
export const isStartQueued = (host: Host, application: DeployedApplication, commitId: string): boolean => {
  const { connected } = application;
  if (connected) return isPipelineRunning(host, application, connected.repository, commitId);
  const announced = host.store.table<Announced>('codecommit.announced').get(application.name);
  if (announced?.references[`refs/heads/${application.branch}`] !== commitId) return true;
  const events = pushEventsOf(host, application, commitId);
  return queues.some((queue) =>
    host.store
      .table<unknown>(queue)
      .entries()
      .some(([key, value]) => events.some((id) => key.includes(id) || JSON.stringify(value).includes(id))),
  );
};

import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { DeploymentInfo } from '@aws-sdk/client-codedeploy';
import type { ActionExecutionDetail } from '@aws-sdk/client-codepipeline';
import type { Image } from '@aws-sdk/client-imagebuilder';
import type { CodeBuilds } from '../../../../tasks/jobs/code-build.ts';
import type { ImageBuilds } from '../../../../tasks/jobs/image-build.ts';
import type { InstanceRefreshes } from '../../../../tasks/jobs/instance-refresh.ts';
import type { Deployments, PipelineRuns } from '../../../../tasks/jobs/pipeline-run.ts';
import type { JobKind } from '../../../../tasks/payloads.ts';
import { COMMIT } from '../../doubles/samples.ts';

export type Ending = 'succeeded' | 'failed';

/** A build, refresh or run, as its service knows it. */
export interface ExternalJob {
  readonly externalId: string;
  readonly kind: JobKind;
  /** Whether Lockstep started it, and not somebody by hand. */
  readonly isOurs: boolean;
  /** In ms of the service's own clock. */
  readonly startedAt: number;
  readonly endsAt: number;
  /** Until when its service knows no such job. */
  readonly unseenUntil: number;
  readonly ending: Ending;
  readonly clientToken?: string;
}

/** What AWS throws at a caller's fault. */
export const clientFault = (name: string): Error =>
  Object.assign(new Error(`${name} by the double`), { name, $fault: 'client' });

const SHORTEST_REFRESH = 60_000;
export const GROUP = 'shop-qat';
const PIPELINE = 'shop-qat';
const PROJECT = 'lockstep-shop-build';
/** How long CodeBuild knows an idempotency token (its API reference, `StartBuild`). */
const TOKEN_LASTS = 5 * 60_000;
const BUILDS = 'arn:aws:imagebuilder:us-east-1:000000000000:image/shop-qat/1.0.0';

/** What the state gives to each kind. */
export const parameters = {
  'code-build': { projectName: PROJECT, commitId: COMMIT },
  'image-build': { imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/shop-qat' },
  'instance-refresh': { autoScalingGroupName: GROUP },
  'pipeline-run': {
    pipelineName: PIPELINE,
    sourceAction: 'Source',
    commitId: COMMIT,
    environment: 'qat',
  },
} as const;

/**
 * CodeBuild, Image Builder, Auto Scaling and CodePipeline as one account has them: client tokens start once, a group is refreshed once
 * at a time, and each responds from its own state, never from events.
 * @param now the services' own clock, in ms
 * @param unseen how long after its start a job cannot be asked for, in ms
 * @param plan how long the next job takes, in ms, and how it ends
 */
export const createServices = (
  now: () => number,
  unseen: number,
  plan: () => { readonly lasts: number; readonly ending: Ending },
  onStart: (job: ExternalJob) => void,
) => {
  const jobs: ExternalJob[] = [];
  const of = (kind: JobKind) => jobs.filter((job) => job.kind === kind);
  const isSeen = ({ unseenUntil }: ExternalJob): boolean => now() >= unseenUntil;
  const find = (kind: JobKind, part: string) =>
    of(kind).find((job) => job.externalId.endsWith(part) && isSeen(job));
  const isRunning = ({ endsAt }: ExternalJob): boolean => now() < endsAt;

  const add = (kind: JobKind, isOurs: boolean, clientToken?: string): ExternalJob => {
    const number = String(jobs.length + 1);
    const { lasts, ending } = plan();
    const ids = {
      'code-build': `${PROJECT}:${number}`,
      'image-build': `${BUILDS}/${number}`,
      'instance-refresh': `${GROUP}/${number}`,
      'pipeline-run': `${PIPELINE}/${number}`,
    };
    const job: ExternalJob = {
      externalId: ids[kind],
      kind,
      isOurs,
      startedAt: now(),
      // Refreshes take no idempotency token: two starts at once are distinguished because one of them still runs.
      endsAt:
        now() + Math.max(unseen, kind === 'instance-refresh' ? Math.max(lasts, SHORTEST_REFRESH) : lasts),
      unseenUntil: now() + unseen,
      ending,
      ...(clientToken !== undefined && { clientToken }),
    };
    onStart(job);
    jobs.push(job);
    return job;
  };
  /** The same job for the same client token. */
  const addOnce = (kind: JobKind, clientToken: string): ExternalJob =>
    of(kind).find((job) => job.clientToken === clientToken) ?? add(kind, true, clientToken);
  const idOf = ({ externalId }: ExternalJob): string =>
    externalId.slice(Math.max(externalId.lastIndexOf('/'), externalId.lastIndexOf(':')) + 1);

  const codeBuilds: CodeBuilds = {
    start: async (_, clientToken) => {
      const known = of('code-build').find(
        (job) => job.clientToken === clientToken && now() - job.startedAt < TOKEN_LASTS,
      );
      return (known ?? add('code-build', true, clientToken)).externalId;
    },
    startedWith: async (_, clientToken) =>
      of('code-build').find((job) => job.clientToken === clientToken && isSeen(job))?.externalId,
    build: async (id) => {
      const job = find('code-build', id);
      if (job === undefined) return undefined;
      if (isRunning(job)) return { id, buildStatus: 'IN_PROGRESS' };
      return job.ending === 'failed'
        ? { id, buildStatus: 'FAILED' }
        : {
            id,
            buildStatus: 'SUCCEEDED',
            artifacts: { location: `arn:aws:s3:::artifacts/builds/${idOf(job)}`, sha256sum: 'a1' },
          };
    },
  };

  const imageBuilds: ImageBuilds = {
    start: async (_, clientToken) => addOnce('image-build', clientToken).externalId,
    image: async (externalId) => {
      const job = find('image-build', externalId);
      if (job === undefined) return undefined;
      const ended: Image =
        job.ending === 'succeeded'
          ? {
              state: { status: 'AVAILABLE' },
              outputResources: { amis: [{ region: 'us-east-1', image: `ami-${idOf(job)}` }] },
            }
          : { state: { status: 'FAILED', reason: 'no space left' } };
      return isRunning(job) ? { state: { status: 'BUILDING' } } : ended;
    },
  };

  const startRefresh = (isOurs: boolean): string => {
    if (of('instance-refresh').some(isRunning)) throw clientFault('InstanceRefreshInProgressFault');
    return idOf(add('instance-refresh', isOurs));
  };
  const instanceRefreshes: InstanceRefreshes = {
    start: async () => startRefresh(true),
    activities: async () => [],
    cancel: async () => {},
    list: async (_, refreshId) =>
      of('instance-refresh')
        .filter((job) => refreshId === undefined || (idOf(job) === refreshId && isSeen(job)))
        .reverse()
        .map((job): InstanceRefresh => {
          const ended = job.ending === 'succeeded' ? 'Successful' : 'Failed';
          return {
            InstanceRefreshId: idOf(job),
            Status: isRunning(job) ? 'InProgress' : ended,
            StartTime: new Date(Math.floor(job.startedAt / 1000) * 1000),
          };
        }),
  };

  const pipelineRuns: PipelineRuns = {
    start: async ({ clientToken }) => idOf(addOnce('pipeline-run', clientToken)),
    run: async (_, id) => {
      const job = find('pipeline-run', `/${id}`);
      if (job === undefined) return undefined;
      const ended = job.ending === 'succeeded' ? 'Succeeded' : 'Failed';
      return { pipelineExecutionId: id, status: isRunning(job) ? 'InProgress' : ended };
    },
    actions: async (_, id) => {
      const job = find('pipeline-run', `/${id}`);
      const action: ActionExecutionDetail = {
        stageName: 'Deploy',
        actionName: 'Deploy',
        status: job?.ending === 'succeeded' ? 'Succeeded' : 'Failed',
        input: {
          actionTypeId: { category: 'Deploy', owner: 'AWS', provider: 'CodeDeploy', version: '1' },
        },
        output: { executionResult: { externalExecutionId: `d-${id}` } },
      };
      return [action];
    },
  };
  const deployments: Deployments = {
    deployment: async (deploymentId): Promise<DeploymentInfo> => ({ deploymentId, status: 'Failed' }),
    targets: async () => [],
    activities: async () => [],
    firedAlarms: async () => [],
    imagesOf: async () => ({}),
    moveTraffic: async () => {},
    halt: async () => {},
    endSoak: async () => {},
    stop: async () => {},
  };

  return {
    codeBuilds,
    imageBuilds,
    instanceRefreshes,
    pipelineRuns,
    deployments,
    isRunning,
    ours: (): readonly ExternalJob[] => jobs.filter(({ isOurs }) => isOurs),
    /** Somebody starts one by hand; where one may run at a time and does, nothing happens. */
    startByHand: (kind: JobKind): void => {
      if (kind !== 'instance-refresh') add(kind, false);
      else if (!of(kind).some(isRunning)) startRefresh(false);
    },
  };
};

export type Services = ReturnType<typeof createServices>;

import { appendEvidence } from '../../../../tasks/evidence/append-evidence.ts';
import { recordedLedger } from '../../../../tasks/evidence/recorded-ledger.ts';
import { codeBuild } from '../../../../tasks/jobs/code-build.ts';
import { completeJob } from '../../../../tasks/jobs/complete-job.ts';
import { imageBuild } from '../../../../tasks/jobs/image-build.ts';
import { instanceRefresh } from '../../../../tasks/jobs/instance-refresh.ts';
import type { JobKinds } from '../../../../tasks/jobs/job-actions.ts';
import { pipelineRun } from '../../../../tasks/jobs/pipeline-run.ts';
import { reconcileJobs } from '../../../../tasks/jobs/reconcile-jobs.ts';
import { startJob } from '../../../../tasks/jobs/start-job.ts';
import type { JobKind, StartJobRequest } from '../../../../tasks/payloads.ts';
import type { TaskCompletions } from '../../../../tasks/task-completions.ts';
import { aTending } from '../../doubles/deciding.ts';
import { createMemoryEvidence } from '../../doubles/memory-evidence.ts';
import { createMemoryLedger } from '../../doubles/memory-ledger.ts';
import { PROMOTION_ID } from '../../doubles/samples.ts';
import { createTokens } from '../../doubles/tokens.ts';
import { createFaults, type Fate } from './faults.ts';
import { createServices, type Ending, type ExternalJob, parameters } from './services.ts';
import { createTimeline } from './timeline.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const START = Date.parse('2026-11-22T10:00:00.000Z');
/** As often as the rule on AWS says. */
export const RECONCILE_PERIOD = 5 * MINUTE;
export const STATE_TIMEOUT = 30 * MINUTE;
const STATE = 'Build QAT image';

/** What happens in one story. Times in ms. */
export interface Story {
  readonly kind: JobKind;
  /** Of the nth external job: how long it takes, how it ends, and how long after its end each event about it arrives. */
  readonly jobs: readonly {
    readonly lasts: number;
    readonly ending: Ending;
    readonly events: readonly number[];
  }[];
  /** What becomes of the nth call of a name. */
  readonly fates: readonly { readonly of: string; readonly nth: number; readonly fate: Fate }[];
  /** Whether the rule runs that reconciles. */
  readonly reconciles: boolean;
  /** How long after each failure somebody redrives. */
  readonly redrives: readonly number[];
  /** When Step Functions stops waiting for the nth start's response, and retries beside it; undefined: it waits. */
  readonly cutOffs: readonly (number | undefined)[];
  /** How far the services' clocks are from the functions'. */
  readonly skew: number;
  /** When the functions' clock jumps, and how far. */
  readonly jumps: readonly { readonly after: number; readonly by: number }[];
  /** When somebody starts such a job by hand. */
  readonly byHand: readonly number[];
  /** How long after its start a service does not know a job yet. */
  readonly unseen: number;
}

/** The account in which a story happens. `problems` is what must never be. */
export const createWorld = (story: Story, between: () => Promise<void>) => {
  const timeline = createTimeline(START);
  const faults = createFaults(
    between,
    (name, nth) => story.fates.find((one) => one.of === name && one.nth === nth)?.fate,
  );
  const problems: string[] = [];
  const running = new Set<Promise<void>>();
  const ledger = createMemoryLedger();
  const evidence = createMemoryEvidence();
  const tokens = createTokens();
  let jump = 0;
  let clientTokens = 0;
  let planned = 0;
  let isStorm = true;

  const serviceNow = () => timeline.now() + story.skew;
  const functionNow = () => new Date(timeline.now() + jump);
  const services = createServices(
    serviceNow,
    story.unseen,
    () => (isStorm ? story.jobs[planned++] : undefined) ?? { lasts: MINUTE, ending: 'succeeded' },
    (job) => {
      const events = isStorm ? (story.jobs[planned - 1]?.events ?? []) : [];
      for (const delay of events)
        timeline.in(job.endsAt - job.startedAt + delay, () => spawn(() => complete(eventOf(job))));
      if (!job.isOurs) return;
      const before = services.ours();
      if (before.some((other) => services.isRunning(other)))
        problems.push(`${job.externalId} was started while another runs`);
      if (before.some(({ ending }) => ending === 'succeeded'))
        problems.push(`${job.externalId} was started although one has succeeded`);
    },
  );
  const kinds: JobKinds = {
    'code-build': codeBuild(faults.all(services.codeBuilds), async () => ({
      version: 'v1',
      statement: 'e'.repeat(64),
    })),
    'image-build': imageBuild(faults.all(services.imageBuilds), async () => ({ inventory: 'f'.repeat(64) })),
    'instance-refresh': instanceRefresh(faults.all(services.instanceRefreshes), 'us-east-1'),
    'pipeline-run': pipelineRun(
      faults.all(services.pipelineRuns),
      faults.all(services.deployments),
      'us-east-1',
      async () => {},
    ),
  };
  const recorded = recordedLedger(faults.all(ledger), {
    append: appendEvidence(faults.all(evidence)),
    now: functionNow,
  });
  const dependencies = {
    ledger: recorded,
    tasks: faults.all<TaskCompletions>({
      succeed: async (token, output) => {
        const completion = await tokens.tasks.succeed(token, output);
        if (completion === 'completed') state.answered(token, 'succeeded', JSON.stringify(output));
        return completion;
      },
      fail: async (token, failure) => {
        const completion = await tokens.tasks.fail(token, failure);
        if (completion === 'completed') state.answered(token, 'failed', failure.cause);
        return completion;
      },
    }),
    kinds,
    now: functionNow,
    application: 'shop',
    newClientToken: () => `client-token-${++clientTokens}`,
    ...aTending(),
  };

  const spawn = (work: () => Promise<void>): void => {
    const done: Promise<void> = work().finally(() => running.delete(done));
    running.add(done);
  };

  /** Lambda delivers an event up to three times. */
  const complete = async (event: unknown, attempt = 1): Promise<void> => {
    try {
      await completeJob(dependencies)(event);
    } catch {
      if (attempt < 3) timeline.in(attempt * MINUTE, () => spawn(() => complete(event, attempt + 1)));
    }
  };

  const reconcile = async (): Promise<void> => {
    const faultsBefore = faults.happened();
    const waiting = state.waitsForEnded();
    await reconcileJobs(dependencies)().catch(() => {});
    if (waiting !== undefined && faults.happened() === faultsBefore && state.token() === waiting)
      problems.push(`${waiting} still waits after a reconcile, though its job had ended before it`);
  };

  const state = createState();
  function createState() {
    let status: 'waiting' | 'failed' | 'done' = 'failed';
    let token: string | undefined;
    let attempts = 0;
    let redriveCount = -1;
    let retryCount = 0;
    const starting = new Set<string>();
    const completions: { token: string; ending: Ending; text: string }[] = [];

    const close = (): void => {
      if (token !== undefined) tokens.close(token);
      token = undefined;
    };
    const failed = (): void => {
      close();
      status = 'failed';
      const delay = story.redrives[redriveCount] ?? (isStorm ? undefined : SECOND);
      if (delay !== undefined) timeline.in(delay, enter);
    };
    const tryOnce = (): void => {
      attempts += 1;
      const own = `token-${attempts}`;
      token = own;
      tokens.open(own);
      timeline.in(STATE_TIMEOUT, () => token === own && failed());
      const cutOff = isStorm ? story.cutOffs[attempts - 1] : undefined;
      if (cutOff !== undefined)
        timeline.in(cutOff, () => {
          if (token === own && starting.has(own)) again();
        });
      spawn(() => start(own));
    };
    const again = (): void => {
      close();
      retryCount += 1;
      tryOnce();
    };
    const start = async (own: string): Promise<void> => {
      starting.add(own);
      try {
        await startJob(dependencies)({
          promotionId: PROMOTION_ID,
          state: STATE,
          taskToken: own,
          stateAttempt: redriveCount * 100 + retryCount,
          kind: story.kind,
          parameters: parameters[story.kind],
        } as StartJobRequest);
      } catch {
        // The function has failed, and with it the state.
        if (token === own) failed();
      } finally {
        starting.delete(own);
      }
    };
    const enter = (): void => {
      if (status !== 'failed') return;
      status = 'waiting';
      redriveCount += 1;
      retryCount = 0;
      tryOnce();
    };

    return {
      status: () => status,
      token: () => token,
      completions: () => completions,
      isStarting: () => starting.size > 0,
      enter,
      answered: (own: string, ending: Ending, text: string): void => {
        completions.push({ token: own, ending, text });
        const truth = services.ours().find((job) => tellsOf(job, text));
        const isTrue =
          truth === undefined
            ? ending === 'failed' && text.includes('could not be started')
            : truth.ending === ending && !services.isRunning(truth);
        if (!isTrue) problems.push(`${own} got ${ending}: ${text}`);
        if (token !== own) return;
        if (ending === 'failed') failed();
        else {
          token = undefined;
          status = 'done';
        }
      },
      /** The token that waits although its job has ended, unless its start is still looking at the job itself. */
      waitsForEnded: (): string | undefined => {
        const job = services.ours().at(-1);
        const isOver = job !== undefined && !services.isRunning(job);
        return isOver && token !== undefined && !starting.has(token) ? token : undefined;
      },
    };
  }

  const everyPeriod = (): void => {
    spawn(reconcile);
    timeline.in(RECONCILE_PERIOD, everyPeriod);
  };
  timeline.in(0, state.enter);
  if (story.reconciles) timeline.in(RECONCILE_PERIOD, everyPeriod);
  for (const { after, by } of story.jumps)
    timeline.in(after, () => {
      jump += by;
    });
  const startByHand = async (): Promise<void> => {
    // A refresh that somebody starts while ours is being started does what ours would, and is taken for it.
    const isStarting = (await ledger.openJobs('shop')).some(({ status }) => status === 'STARTING');
    if (story.kind === 'instance-refresh' && (isStarting || state.isStarting())) return;
    services.startByHand(story.kind);
  };
  for (const after of story.byHand) timeline.in(after, () => spawn(startByHand));

  return {
    services,
    state,
    problems,
    ledger,
    /** Goes on, everybody step by step, until this time has passed and no function is under way. */
    run: async (ms: number): Promise<void> => {
      const end = timeline.now() + ms;
      timeline.in(ms, () => {});
      while (timeline.now() < end) {
        await between();
        // Functions take seconds: while one is under way, nothing happens that is minutes off.
        if (running.size === 0 || timeline.wait() <= 2 * SECOND) timeline.step();
      }
      while (running.size > 0) await Promise.all(running);
    },
    /** From now on nothing goes wrong, except that no event arrives. */
    calmDown: (): void => {
      isStorm = false;
      faults.end();
      if (state.status() === 'failed') timeline.in(SECOND, state.enter);
    },
    entries: () => evidence.entries(PROMOTION_ID),
  };
};

const eventOf = ({ kind, externalId }: ExternalJob): unknown => {
  const slash = externalId.lastIndexOf('/');
  const [name, id] = [externalId.slice(0, slash), externalId.slice(slash + 1)];
  switch (kind) {
    case 'code-build':
      return {
        source: 'aws.codebuild',
        detail: { 'build-id': `arn:aws:codebuild:us-east-1:000000000000:build/${externalId}` },
      };
    case 'image-build':
      return { Records: [{ Sns: { Message: JSON.stringify({ arn: externalId }) } }] };
    case 'instance-refresh':
      return { source: 'aws.autoscaling', detail: { AutoScalingGroupName: name, InstanceRefreshId: id } };
    case 'pipeline-run':
      return { source: 'aws.codepipeline', detail: { pipeline: name, 'execution-id': id } };
  }
};

/** Whether an output or a cause is about this job. */
const tellsOf = ({ externalId }: ExternalJob, text: string): boolean => {
  const id = externalId.slice(externalId.lastIndexOf('/') + 1);
  return [
    `"key":"builds/${externalId.split(':').at(-1)}"`,
    `Build ${externalId} `,
    `"imageBuildVersionArn":"${externalId}"`,
    `Image build ${externalId} `,
    `"instanceRefreshId":"${id}"`,
    `Instance refresh ${id} `,
    `"pipelineExecutionId":"${id}"`,
    `Run ${id} of`,
  ].some((part) => text.includes(part));
};

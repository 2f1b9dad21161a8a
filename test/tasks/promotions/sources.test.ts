import type { PipelineExecution } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { promotionFrom } from '../../../tasks/promotions/promotion-from.ts';
import { commitOfRun, onPush, startPushedRun } from '../../../tasks/promotions/pushed-run.ts';
import { startPromotion } from '../../../tasks/promotions/start-promotion.ts';
import type { Source, SourcePush } from '../../../tasks/source/source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { COMMIT } from '../doubles/samples.ts';

const EVENT_ID = '6b1f2a0e-0000-4000-8000-000000000001';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:shop';

const world = (repositoryName: string) => {
  const ledger = createMemoryLedger();
  const started: string[] = [];
  return {
    ledger,
    started,
    dependencies: {
      ledger,
      startExecution: async (name: string) => {
        started.push(name);
      },
      stateMachineArn: MACHINE,
      siteUrl: 'https://approvals.example.com',
      notices: { send: async () => undefined },
      tellMakers: async () => true,
      now: () => new Date('2026-11-22T12:00:00Z'),
      promoted: { application: 'shop', repositoryName, branch: 'main' },
    },
  };
};

describe('a new version of an object', () => {
  const VERSION = '3HL4kqtJvjVBH40Nrjfkd.x_1';
  const promoted = { application: 'shop', repositoryName: 'archives/releases/shop.zip', branch: 'main' };
  const created = (object: object = {}, event: object = {}) => ({
    id: EVENT_ID,
    source: 'aws.s3',
    'detail-type': 'Object Created',
    time: '2026-11-22T11:59:58Z',
    detail: {
      bucket: { name: 'archives' },
      object: { key: 'releases/shop.zip', 'version-id': VERSION, ...object },
      requester: '000000000000',
    },
    ...event,
  });

  it('asks for a promotion of that version', () => {
    expect(promotionFrom(created(), promoted)).toEqual({
      promotionId: `shop-3HL4kqtJvjVB-${EVENT_ID}`,
      input: {
        application: 'shop',
        commitId: VERSION,
        branch: 'main',
        pushedBy: '000000000000',
        eventId: EVENT_ID,
        pushedAt: '2026-11-22T11:59:58Z',
      },
    });
  });

  it.each<[string, unknown]>([
    ['another object', created({ key: 'releases/other.zip' })],
    ['an object without version', created({ 'version-id': undefined })],
    ['a version that is no text', created({ 'version-id': 'with spaces' })],
    ['a deleted object', created({}, { 'detail-type': 'Object Deleted' })],
    ['an event without id', created({}, { id: undefined })],
    ['an event without an object', { ...created(), detail: { bucket: { name: 'archives' } } }],
  ])('%s asks for none', (_, event) => {
    expect(promotionFrom(event, promoted)).toBeUndefined();
  });

  it('is started without asking a repository', async () => {
    const { dependencies, ledger, started } = world(promoted.repositoryName);
    const asked = async () => {
      throw new Error('asked');
    };
    const source = { head: asked, commits: asked };
    const note = () => undefined;
    const { promotionId = '' } = await startPromotion({ ...dependencies, source, note })(created());
    expect(started).toEqual([promotionId]);
    expect(await ledger.promotion(promotionId)).toMatchObject({
      commitId: VERSION,
      commitMessage: 'New version of archives/releases/shop.zip',
    });
  });
});

describe('a push through a connection', () => {
  const RUN = '0a1b2c3d-0000-4000-8000-000000000002';
  const pushed: PipelineExecution = {
    pipelineExecutionId: RUN,
    trigger: { triggerType: 'WebhookV2' },
    artifactRevisions: [
      {
        name: 'Source',
        revisionId: COMMIT,
        revisionSummary: '{"ProviderType":"GitHub","CommitMessage":"Count apples\\n\\nAnd pears"}',
      },
    ],
  };
  const job = (UserParameters: string): CodePipelineEvent =>
    ({
      'CodePipeline.job': {
        id: 'job-1',
        data: { actionConfiguration: { configuration: { UserParameters } } },
      },
    }) as unknown as CodePipelineEvent;
  const parameters = JSON.stringify({ pipelineName: 'lockstep-shop-push', pipelineExecutionId: RUN });

  const start = async (
    run: PipelineExecution | undefined,
    userParameters = parameters,
    source?: Pick<Required<Source>, 'head' | 'commits' | 'pushes'>,
  ) => {
    const { dependencies, ledger, started } = world('example/shop');
    const answers: string[] = [];
    const waits: number[] = [];
    const result = await startPushedRun({
      ...dependencies,
      ...(source && { source }),
      wait: async (ms) => void waits.push(ms),
      pipelines: {
        run: async (pipelineName) => (pipelineName === 'lockstep-shop-push' ? run : undefined),
        allow: async (id) => void answers.push(`allow ${id}`),
        deny: async (id, message) => void answers.push(`refuse ${id}: ${message}`),
      },
    })(job(userParameters));
    return { result, ledger, started, answers, waits };
  };

  it('starts the promotion of its commit, with its message', async () => {
    const { result, ledger, started, answers } = await start(pushed);
    expect(result).toEqual({ promotionId: `shop-${COMMIT.slice(0, 12)}-${RUN}` });
    expect(started).toEqual([result.promotionId]);
    expect(answers).toEqual(['allow job-1']);
    expect(await ledger.promotion(result.promotionId ?? '')).toMatchObject({
      commitId: COMMIT,
      branch: 'main',
      pushedBy: 'example/shop',
      commitMessage: 'Count apples',
    });
  });

  it.each<[string, PipelineExecution | undefined]>([
    [
      "T20: the run that the pipeline's creation starts",
      { ...pushed, trigger: { triggerType: 'CreatePipeline' } },
    ],
    ['T20: a run by hand', { ...pushed, trigger: { triggerType: 'StartPipelineExecution' } }],
    ['a run that is not there', undefined],
    ['a run without a commit', { ...pushed, artifactRevisions: [] }],
  ])('%s starts none', async (_, run) => {
    const { started, answers } = await start(run);
    expect(started).toEqual([]);
    expect(answers).toEqual(['allow job-1']);
  });

  it('takes a summary that is no JSON as the message', () => {
    const run = { ...pushed, artifactRevisions: [{ revisionId: COMMIT, revisionSummary: 'Count apples' }] };
    expect(commitOfRun(run)?.message).toBe('Count apples');
  });

  it.each([
    ['{}', 'lack pipelineName or pipelineExecutionId'],
    ['text', 'SyntaxError'],
  ])('fails the action with parameters %s', async (text, reason) => {
    const { answers, started } = await start(pushed, text);
    expect(started).toEqual([]);
    expect(answers).toEqual([expect.stringContaining(reason)]);
    expect(answers[0]).toMatch(/^refuse job-1: The promotion could not be started: /);
  });

  describe('at a provider that is read', () => {
    const commit = {
      commitId: COMMIT,
      parents: [],
      message: 'Count pears',
      author: { name: 'Dana', email: 'dana@example.com' },
    };
    const push = (change: Partial<SourcePush> = {}): SourcePush => ({
      commitId: COMMIT,
      pushedBy: 'octo-dana',
      pushedAt: '2026-11-22T11:59:30Z',
      ...change,
    });
    const repository = (pushes: readonly (readonly SourcePush[])[], head: string | undefined = COMMIT) => {
      let looks = 0;
      return {
        head: async () => head,
        commits: async (ids: readonly string[]) => [commit].filter(({ commitId }) => ids.includes(commitId)),
        pushes: async () => pushes[Math.min(looks++, pushes.length - 1)] ?? [],
      };
    };

    it('is by who moved the branch, and has its time, author and message from there', async () => {
      const earlier = push({ pushedBy: 'octo-erin', pushedAt: '2026-11-22T11:00:00Z' });
      const other = push({
        commitId: 'b'.repeat(40),
        pushedBy: 'octo-finn',
        pushedAt: '2026-11-22T11:59:59Z',
      });
      const { result, ledger } = await start(pushed, parameters, repository([[earlier, other, push()]]));
      expect(await ledger.promotion(result.promotionId ?? '')).toMatchObject({
        pushedBy: 'octo-dana',
        pushedAt: '2026-11-22T11:59:30.000Z',
        commitMessage: 'Count pears',
        commitAuthor: 'Dana',
      });
    });

    it('is waited for until the provider has recorded it', async () => {
      const { started, waits } = await start(pushed, parameters, repository([[], [], [push()]]));
      expect(started).toHaveLength(1);
      expect(waits).toEqual([2_000, 5_000]);
    });

    it.each<[string, ReturnType<typeof repository>, string]>([
      ['that the provider did not record', repository([[]]), 'has not recorded'],
      ['that the branch no longer has', repository([[push()]], 'c'.repeat(40)), 'is no longer on main'],
    ])('starts none %s, and fails the action', async (_, source, reason) => {
      const { started, answers } = await start(pushed, parameters, source);
      expect(started).toEqual([]);
      expect(answers).toEqual([expect.stringContaining(reason)]);
    });
  });

  it('is told from an event by its form', async () => {
    const handler = onPush({ event: async () => 'event', job: async () => 'job' });
    expect(await handler(job(parameters))).toBe('job');
    expect(await handler({ source: 'aws.codecommit' })).toBe('event');
    expect(await handler(null)).toBe('event');
  });

  it('takes either of them from the retry queue, one after the other', async () => {
    const taken: unknown[] = [];
    const handler = onPush({
      event: async (event) => taken.push(event),
      job: async () => taken.push('job'),
    });
    const queued = (...bodies: unknown[]) => ({
      Records: bodies.map((body) => ({ eventSource: 'aws:sqs', body: JSON.stringify(body) })),
    });
    await handler(queued({ source: 'aws.codecommit' }, job(parameters)));
    expect(taken).toEqual([{ source: 'aws.codecommit' }, 'job']);
    await handler({ Records: [{ eventSource: 'aws:sqs', body: 'no event' }] });
    expect(taken.at(-1)).toBeUndefined();
  });
});

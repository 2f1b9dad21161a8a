import { administrator, createWorld, runFor, until, type World } from '../shared/test-host.ts';
import { commitAndPush, deployPipeline, openPipeline, playTargets } from './pipeline-world.ts';

const NAME = 'orders-qat';

describe('CodePipeline after a crash', () => {
  let world: World;
  let targets: ReturnType<typeof playTargets>;

  beforeEach(async () => {
    world = createWorld();
    targets = playTargets(world);
    const opened = openPipeline(world);
    await deployPipeline(opened, world);
    await until(world, () => executions()[0]?.status === 'Failed');
    opened.process.kill();
    commitAndPush(world, 'one');
  });
  afterEach(() => world.remove());

  const executions = () =>
    world.store.table<{ id: string; status: string }>('codepipeline.executions').values();

  /** Plays function and CodeDeploy: every job is answered, every deployment succeeds after a moment. */
  const play = (opened: ReturnType<typeof openPipeline>) => {
    const job = targets.jobs.at(-1);
    const record =
      job &&
      world.store.table<{ status: string; progress: { job?: object } }>('codepipeline.actions').get(job.id);
    if (record?.status === 'InProgress' && !record.progress.job)
      void opened.call('PutJobSuccessResult', { jobId: job?.id }).catch(() => undefined);
    for (const deployment of targets.deployments) deployment.status = 'Succeeded';
  };

  it('goes on in its action and makes one deployment, whichever write the crash comes after', async () => {
    let life = 0;
    for (let isThrough = false; !isThrough; ) {
      life++;
      targets.deployments.length = 0;
      targets.jobs.length = 0;
      world.events.length = 0;
      const clientRequestToken = `life-${life}`;
      const input = { name: NAME, clientRequestToken };
      const before = executions().length;
      const dying = openPipeline(world, life);
      void dying.call('StartPipelineExecution', input).catch(() => undefined);
      await until(world, () => {
        play(dying);
        return (
          dying.process.isDead() ||
          (executions().length > before && executions().at(-1)?.status === 'Succeeded')
        );
      });
      isThrough = !dying.process.isDead();
      dying.process.kill();
      const after = openPipeline(world);
      after.pipeline.start?.();
      const { pipelineExecutionId } = await after.call<{ pipelineExecutionId: string }>(
        'StartPipelineExecution',
        input,
      );
      await until(
        world,
        () => {
          play(after);
          return executions().find(({ id }) => id === pipelineExecutionId)?.status === 'Succeeded';
        },
        `end of life ${life}`,
      );
      await runFor(world, 100);
      expect(executions()).toHaveLength(before + 1);
      expect(targets.deployments).toHaveLength(1);
      const told = world.events
        .filter((event) => event['detail-type'].startsWith('CodePipeline Pipeline'))
        .map(({ detail }) => detail.state);
      expect(told).toEqual(['STARTED', 'SUCCEEDED']);
      after.process.kill();
    }
    // Execution, source, guard, deployment, each written down before and after: the loop has seen them all.
    expect(life).toBeGreaterThan(15);
  }, 60_000);

  it('finds the deployment that it asked for when it died before it learnt the id', async () => {
    const createDeployment = world.played.codedeploy?.CreateDeployment;
    const killer: { kill: () => void } = { kill: () => undefined };
    Object.assign(world.played.codedeploy ?? {}, {
      CreateDeployment: (input: never) => {
        const answer = createDeployment?.(input, administrator);
        killer.kill();
        return answer;
      },
    });
    const dying = openPipeline(world);
    killer.kill = dying.process.kill;
    const { pipelineExecutionId } = await dying.call<{ pipelineExecutionId: string }>(
      'StartPipelineExecution',
      { name: NAME },
    );
    await until(world, () => {
      play(dying);
      return dying.process.isDead();
    });
    expect(targets.deployments).toHaveLength(1);
    const after = openPipeline(world);
    after.pipeline.start?.();
    await until(world, () => {
      play(after);
      return executions().find(({ id }) => id === pipelineExecutionId)?.status === 'Succeeded';
    });
    expect(targets.deployments).toHaveLength(1);
    after.process.kill();
  });

  it('deploys the commit of its first attempt although the branch has moved on', async () => {
    const dying = openPipeline(world);
    const { pipelineExecutionId } = await dying.call<{ pipelineExecutionId: string }>(
      'StartPipelineExecution',
      { name: NAME },
    );
    const commitOf = () =>
      world.store
        .table<{ executionId: string; progress: { commitId?: string } }>('codepipeline.actions')
        .values()
        .find((one) => one.executionId === pipelineExecutionId)?.progress.commitId;
    await until(world, () => commitOf() !== undefined);
    dying.process.kill();
    const first = commitOf();
    commitAndPush(world, 'two');
    const after = openPipeline(world);
    after.pipeline.start?.();
    await until(world, () => targets.jobs.length === 1);
    expect(targets.jobs[0]?.data.actionConfiguration.configuration.UserParameters).toContain(first);
    after.process.kill();
  });
});

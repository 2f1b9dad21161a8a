import {
  ActiveInstanceRefreshNotFoundFault,
  type Activity,
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
  type InstanceRefresh,
  InstanceRefreshInProgressFault,
  type InstanceRefreshStatus,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { createInstanceRefreshes } from '../../../tasks/jobs/auto-scaling-refreshes.ts';
import { instanceRefresh } from '../../../tasks/jobs/instance-refresh.ts';
import { aJob } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

const job = aJob({
  kind: 'instance-refresh',
  parameters: { autoScalingGroupName: 'qat' },
  startedAfter: 'r-0',
});
const refresh = (id: string): InstanceRefresh => ({
  InstanceRefreshId: id,
  AutoScalingGroupName: 'qat',
  Status: 'InProgress',
});
const autoScaling = (refreshes: InstanceRefresh[], start: () => string, activities: Activity[] = []) =>
  double(
    new AutoScalingClient(offline),
    on(DescribeInstanceRefreshesCommand, (input) => ({
      InstanceRefreshes: refreshes.filter(
        ({ InstanceRefreshId: id }) => input.InstanceRefreshIds?.includes(id ?? '') ?? true,
      ),
    })),
    on(StartInstanceRefreshCommand, () => ({ InstanceRefreshId: start() })),
    on(DescribeScalingActivitiesCommand, () => ({ Activities: activities })),
    on(CancelInstanceRefreshCommand, () => {
      throw new ActiveInstanceRefreshNotFoundFault(because('it has just ended'));
    }),
  );
const kind = ({ client }: { client: AutoScalingClient }) =>
  instanceRefresh(createInstanceRefreshes(client), 'us-east-1');
const inProgress = (): never => {
  throw new InstanceRefreshInProgressFault(because('An instance refresh is already in progress'));
};
const nobodys = async () => false;
const nothingLive = async () => undefined;

describe('an instance refresh', () => {
  it('starts without keeping the group’s one instance (T30), and leaves none unrefreshed (T11)', async () => {
    const service = autoScaling([], () => 'r-1');
    expect(await kind(service).start(job, nobodys)).toBe('qat/r-1');
    expect(service.sent.at(-1)).toEqual({
      command: 'StartInstanceRefreshCommand',
      input: {
        AutoScalingGroupName: 'qat',
        Preferences: { MinHealthyPercentage: 0, SkipMatching: false },
      },
    });
  });

  it('notes the newest one before an attempt: what is newer then is the attempt’s', async () => {
    const service = kind(autoScaling([refresh('r-2'), refresh('r-1')], () => 'r-3'));
    const { promotionId, state, taskToken, stateAttempt } = job;
    const parameters = { autoScalingGroupName: 'qat' };
    expect(
      await service.newest?.({
        promotionId,
        state,
        taskToken,
        stateAttempt,
        kind: 'instance-refresh',
        parameters,
      }),
    ).toBe('r-2');
  });

  it('takes what an earlier start of the attempt began', async () => {
    const service = autoScaling([refresh('r-1'), refresh('r-0')], () => 'r-2');
    expect(await kind(service).start(job, nobodys)).toBe('qat/r-1');
    expect(service.sent.map(({ command }) => command)).toEqual(['DescribeInstanceRefreshesCommand']);
  });

  it('takes neither an older one nor another attempt’s', async () => {
    const service = autoScaling([refresh('r-2'), refresh('r-0'), refresh('r-older')], () => 'r-3');
    expect(await kind(service).start(job, async (id) => id === 'qat/r-2')).toBe('qat/r-3');
  });

  it('attaches to one in progress that is its own', async () => {
    const refreshes: InstanceRefresh[] = [];
    const service = autoScaling(refreshes, () => {
      refreshes.push(refresh('r-1'));
      return inProgress();
    });
    expect(await kind(service).start(job, nobodys)).toBe('qat/r-1');
  });

  it('fails with InstanceRefreshInProgress on one that is somebody else’s', async () => {
    const service = autoScaling([refresh('r-0')], inProgress);
    await expect(kind(service).start(job, nobodys)).rejects.toBeInstanceOf(InstanceRefreshInProgressFault);
  });

  const ended = (Status: InstanceRefreshStatus): InstanceRefresh => ({
    ...refresh('r-1'),
    Status,
    PercentageComplete: 40,
    StatusReason: 'instances failed to become healthy',
  });
  it.each<InstanceRefreshStatus>(['Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress'])(
    'is running while it is %s',
    async (status) => {
      expect(
        await kind(autoScaling([ended(status)], inProgress)).inspect('qat/r-1', nothingLive, aJob()),
      ).toEqual({
        state: 'running',
      });
    },
  );

  describe('whose instances cannot be started (T57)', () => {
    const startedAt = new Date('2026-01-01T10:00:00Z');
    const launch = (minute: number, StatusCode: 'Failed' | 'Successful' = 'Failed'): Activity => ({
      ActivityId: `a-${minute}`,
      AutoScalingGroupName: 'qat',
      Cause: 'The desired capacity was not met.',
      Description: 'Launching a new EC2 instance',
      StatusCode,
      StatusMessage: `vCPU limit of 5, at 10:0${minute}`,
      StartTime: new Date(startedAt.getTime() + minute * 60_000),
    });
    const waiting: InstanceRefresh = { ...refresh('r-1'), StartTime: startedAt };

    it('is cancelled while it waits, and is running until that has happened', async () => {
      const service = autoScaling([waiting], inProgress, [launch(3), launch(2), launch(1)]);
      expect(await kind(service).inspect('qat/r-1', nothingLive, aJob())).toEqual({ state: 'running' });
      expect(service.sent.at(-1)).toEqual({
        command: 'CancelInstanceRefreshCommand',
        input: { AutoScalingGroupName: 'qat' },
      });
    });

    it.each<[string, InstanceRefresh, Activity[]]>([
      ['two launches failed', waiting, [launch(2), launch(1)]],
      ['one of them succeeded', waiting, [launch(3), launch(2, 'Successful'), launch(1)]],
      ['they failed before', waiting, [launch(-1), launch(-2), launch(-3)]],
      [
        'it is being cancelled already',
        { ...waiting, Status: 'Cancelling' },
        [launch(3), launch(2), launch(1)],
      ],
    ])('is left alone when %s', async (_, one, activities) => {
      const service = autoScaling([one], inProgress, activities);
      expect(await kind(service).inspect('qat/r-1', nothingLive, aJob())).toEqual({ state: 'running' });
      expect(service.sent.map(({ command }) => command)).not.toContain('CancelInstanceRefreshCommand');
    });

    it("fails with Auto Scaling's own message when it has ended", async () => {
      const service = autoScaling([{ ...waiting, Status: 'Cancelled' }], inProgress, [
        launch(1),
        launch(3),
        launch(2),
      ]);
      expect(await kind(service).inspect('qat/r-1', nothingLive, aJob())).toMatchObject({
        state: 'failed',
        error: 'InstanceRefreshFailed',
        cause: expect.stringContaining('Instances could not be started: vCPU limit of 5, at 10:03'),
      });
    });
  });

  it('gives its id when it succeeded', async () => {
    expect(
      await kind(autoScaling([ended('Successful')], inProgress)).inspect('qat/r-1', nothingLive, aJob()),
    ).toEqual({
      state: 'succeeded',
      output: { instanceRefreshId: 'r-1' },
    });
  });

  it.each<InstanceRefreshStatus>(['Failed', 'Cancelled', 'RollbackFailed', 'RollbackSuccessful'])(
    'fails with InstanceRefreshFailed when it is %s',
    async (status) => {
      expect(
        await kind(autoScaling([ended(status)], inProgress)).inspect('qat/r-1', nothingLive, aJob()),
      ).toEqual({
        state: 'failed',
        error: 'InstanceRefreshFailed',
        cause: `Instance refresh r-1 of the Auto Scaling group qat ended ${status} at 40 %: instances failed to become healthy\nConsole: https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1#AutoScalingGroupDetails:id=qat;view=instanceRefresh`,
      });
    },
  );

  it('says when its service does not know it', async () => {
    expect(await kind(autoScaling([], inProgress)).inspect('qat/r-1', nothingLive, aJob())).toMatchObject({
      state: 'missing',
      error: 'InstanceRefreshFailed',
      cause: expect.stringContaining('no longer exists'),
    });
  });
});

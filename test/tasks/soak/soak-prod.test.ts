import type { DeploymentInfo, InstanceTarget } from '@aws-sdk/client-codedeploy';
import type { AlarmStanding } from '../../../tasks/alarms/alarms.ts';
import { finished } from '../../../tasks/jobs/job-attempts.ts';
import { soakProd } from '../../../tasks/soak/soak-prod.ts';
import type { SoakRequest } from '../../../tasks/soak/soak-request.ts';
import { soakOf, whyNotEnd } from '../../../tasks/soak/soak-rules.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, PROMOTION_ID } from '../doubles/samples.ts';

const askedBy = { type: 'person', subject: 's', name: 'olga', verifiedEmail: '' } as const;
const waiting: DeploymentInfo = {
  status: 'InProgress',
  applicationName: 'shop-prod',
  deploymentGroupName: 'prod',
  instanceTerminationWaitTimeStarted: true,
  blueGreenDeploymentConfiguration: {
    terminateBlueInstancesOnDeploymentSuccess: { terminationWaitTimeInMinutes: 90 },
  },
};
const targets: InstanceTarget[] = [
  { lifecycleEvents: [{ endTime: new Date('2026-11-22T10:01:00Z') }, {}] },
  { lifecycleEvents: [{ endTime: new Date('2026-11-22T10:04:00Z') }] },
  {},
];
const alarm = (state: AlarmStanding['state']): AlarmStanding => ({ name: 'errors', state, meaning: '' });

describe('a soak by CodeDeploy’s word', () => {
  it('is from the last lifecycle event for as long as the group says', () => {
    expect(soakOf(waiting, targets)).toEqual({
      since: '2026-11-22T10:04:00.000Z',
      until: '2026-11-22T11:34:00.000Z',
    });
  });

  it.each<[string, DeploymentInfo | undefined, InstanceTarget[]]>([
    ['before the cut-over', { ...waiting, instanceTerminationWaitTimeStarted: false }, targets],
    ['after its end', { ...waiting, status: 'Succeeded' }, targets],
    ['after it was stopped', { ...waiting, status: 'Stopped' }, targets],
    ['of a deployment that is not known', undefined, targets],
    ['without a time', waiting, []],
  ])('is none %s', (_, deployment, given) => {
    expect(soakOf(deployment, given)).toBeUndefined();
  });

  it.each([
    ['OK', undefined],
    ['INSUFFICIENT_DATA', undefined],
    ['ALARM', 'errors is on: the soak can be ended when its alarms are quiet.'],
  ] as const)('can be ended with its alarm in %s: %j', (state, why) => {
    const soak = { deploymentId: 'd-1', since: '', until: '', alarms: [alarm(state)] };
    expect(whyNotEnd(soak)).toBe(why);
    expect(whyNotEnd({ ...soak, sentBack: { askedBy, reason: 'r', at: '' } })).toContain('being sent back');
  });
});

describe('soak-prod', () => {
  const scene = async (
    change: {
      status?: 'RUNNING' | 'SUCCEEDED';
      deployment?: DeploymentInfo;
      state?: AlarmStanding['state'];
      fails?: boolean;
    } = {},
    meanwhile: (ledger: ReturnType<typeof createMemoryLedger>) => () => Promise<void> = () => async () =>
      undefined,
  ) => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(aPromotion());
    const job = aJob({
      state: 'Deploy to Prod',
      kind: 'pipeline-run',
      status: change.status ?? 'RUNNING',
      externalId: 'shop-prod/e-1',
      parameters: { environment: 'prod' },
    });
    await ledger.addJob(job);
    const calls: string[] = [];
    const call = (name: string) => async (id: string) => {
      const [recorded] = await ledger.jobs(PROMOTION_ID);
      calls.push(`${name} ${id}, recorded ${recorded?.sentBack || recorded?.soakEnded ? 'before' : 'not'}`);
      if (change.fails) throw new Error('CodeDeploy is away');
    };
    return {
      calls,
      job: async () => (await ledger.jobs(PROMOTION_ID))[0],
      ask: soakProd({
        ledger,
        runs: {
          actions: async () => [
            {
              input: {
                actionTypeId: { provider: 'CodeDeploy', category: 'Deploy', owner: 'AWS', version: '1' },
              },
              output: { executionResult: { externalExecutionId: 'd-1' } },
            },
          ],
        },
        deployments: {
          deployment: async () => change.deployment ?? waiting,
          targets: async () => targets,
          stop: call('stop'),
          endSoak: call('end'),
        },
        deploymentGroups: {
          find: async () => ({ alarmConfiguration: { enabled: true, alarms: [{ name: 'errors' }] } }),
        },
        alarms: {
          standings: async (names) => {
            await meanwhile(ledger)();
            return names.map(() => alarm(change.state ?? 'OK'));
          },
        },
        application: 'shop',
        now: () => new Date('2026-11-22T10:10:00Z'),
      }),
    };
  };
  const promotionId = PROMOTION_ID;
  const sendBack = { promotionId, action: 'send-back', reason: 'Empty cart', askedBy } as const;

  it('says how the soak stands', async () => {
    const { ask, calls } = await scene({ state: 'ALARM' });
    expect(await ask({ promotionId, action: 'look' })).toEqual({
      kind: 'soaking',
      soak: {
        deploymentId: 'd-1',
        since: '2026-11-22T10:04:00.000Z',
        until: '2026-11-22T11:34:00.000Z',
        alarms: [alarm('ALARM')],
      },
    });
    expect(calls).toEqual([]);
  });

  it.each([
    ['whose job has ended', { status: 'SUCCEEDED' as const }, sendBack],
    ['that is not past its cut-over', { deployment: { status: 'InProgress' as const } }, sendBack],
    ['of another application', {}, { ...sendBack, promotionId: 'till-1' }],
    [
      'whose alarm is on, which is to end',
      { state: 'ALARM' as const },
      { promotionId, action: 'end', askedBy },
    ],
  ] as const)('does nothing with a promotion %s', async (_, change, request) => {
    const { ask, calls, job } = await scene(change);
    expect(await ask(request)).toMatchObject({ kind: 'not-possible', message: expect.any(String) });
    expect(calls).toEqual([]);
    expect(await job()).not.toHaveProperty('sentBack');
    expect(await job()).not.toHaveProperty('soakEnded');
  });

  it('sends the traffic back: recorded first with who and why; again repeats the call and keeps the first', async () => {
    const failing = await scene({ fails: true });
    await expect(failing.ask(sendBack)).rejects.toThrow('CodeDeploy is away');
    expect((await failing.job())?.sentBack).toBeDefined();
    const { ask, calls, job } = await scene();
    expect(await ask(sendBack)).toEqual({ kind: 'done' });
    expect(await ask({ ...sendBack, reason: 'Another' })).toEqual({ kind: 'done' });
    expect(calls).toEqual(Array(2).fill('stop d-1, recorded before'));
    expect((await job())?.sentBack).toEqual({
      askedBy,
      reason: 'Empty cart',
      at: '2026-11-22T10:10:00.000Z',
    });
    expect(await ask({ promotionId, action: 'end', askedBy })).toMatchObject({ kind: 'not-possible' });
  });

  it('does not end a soak whose traffic somebody sends back at the same moment', async () => {
    const { ask, calls, job } = await scene({}, (ledger) => async () => {
      const [before] = await ledger.jobs(PROMOTION_ID);
      if (before && !before.sentBack)
        await ledger.replaceJob(before, { ...before, sentBack: { askedBy, reason: 'Empty cart', at: '' } });
    });
    expect(await ask({ promotionId, action: 'end', askedBy })).toMatchObject({
      kind: 'not-possible',
      message: expect.stringContaining('sent back'),
    });
    expect(calls).toEqual([]);
    expect(await job()).not.toHaveProperty('soakEnded');
  });

  it('does nothing for an action that it does not know', async () => {
    const { ask, calls, job } = await scene();
    const request = { promotionId, action: 'terminate', askedBy } as unknown as SoakRequest;
    expect(await ask(request)).toEqual({
      kind: 'not-possible',
      message: '"terminate" is no action of a soak. Give look, send-back or end.',
    });
    expect(calls).toEqual([]);
    expect(await job()).not.toHaveProperty('soakEnded');
  });

  it('ends the soak, recorded first', async () => {
    const { ask, calls, job } = await scene();
    expect(await ask({ promotionId, action: 'end', askedBy })).toEqual({ kind: 'done' });
    expect(calls).toEqual(['end d-1, recorded before']);
    expect((await job())?.soakEnded).toEqual({ askedBy, at: '2026-11-22T10:10:00.000Z' });
  });
});

describe('a job whose traffic was sent back', () => {
  const job = aJob({
    status: 'RUNNING',
    sentBack: { askedBy, reason: 'Empty cart', at: '2026-11-22T10:10:00.000Z' },
  });
  const now = new Date('2026-11-22T10:11:00Z');

  it('fails in the name of who asked', () => {
    const outcome = { state: 'failed', error: 'DeploymentFailed', cause: 'It is Stopped.' } as const;
    expect(finished(job, outcome, now)).toMatchObject({
      error: 'SentBack',
      cause:
        'olga sent the traffic back to the old instances, 22 Nov 2026, 10:10 UTC: Empty cart\nIt is Stopped.',
    });
  });

  it.each([
    ['an alarm was faster', { state: 'failed', error: 'DeploymentFailed', code: 'AlarmActive', cause: 'c' }],
    ['the run failed otherwise', { state: 'failed', error: 'PipelineRunFailed', cause: 'c' }],
  ] as const)('fails as it did if %s', (_, outcome) => {
    expect(finished(job, outcome, now)).toMatchObject({ error: outcome.error, cause: 'c' });
  });

  it('succeeds if CodeDeploy had ended', () => {
    expect(finished(job, { state: 'succeeded', output: {} }, now)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

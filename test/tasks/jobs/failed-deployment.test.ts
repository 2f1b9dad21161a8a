import { CloudWatchServiceException } from '@aws-sdk/client-cloudwatch';
import {
  DeploymentDoesNotExistException,
  DeploymentNotStartedException,
  type InstanceTarget,
} from '@aws-sdk/client-codedeploy';
import { because } from '../doubles/sdk.ts';
import { action, causeOf, inspect, type Situation } from './pipeline-situation.ts';

describe('a failed deployment', () => {
  const failed: Situation = {
    run: () => ({ status: 'Failed' }),
    actions: [action('CodeDeploy', 'Failed', { externalExecutionId: 'd-1' })],
    deployment: () => ({
      applicationName: 'shop',
      deploymentGroupName: 'qat',
      status: 'Failed',
      errorInformation: { code: 'HEALTH_CONSTRAINTS', message: 'too few healthy instances' },
    }),
  };
  const scriptFailed: InstanceTarget = {
    targetId: 'i-1',
    status: 'Failed',
    lifecycleEvents: [
      { lifecycleEventName: 'BeforeInstall', status: 'Succeeded' },
      {
        lifecycleEventName: 'ApplicationStart',
        status: 'Failed',
        diagnostics: {
          errorCode: 'ScriptFailed',
          scriptName: 'scripts/start.sh',
          message: 'exited with 1',
          logTail: Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n'),
        },
      },
    ],
  };

  it('names the script, and the last lines of its log', async () => {
    const inspection = await inspect({ ...failed, targets: [scriptFailed] });
    expect(inspection).toMatchObject({ state: 'failed', error: 'DeploymentFailed' });
    const cause = await causeOf({ ...failed, targets: [scriptFailed] });
    expect(cause).toMatch(/^CodeDeploy deployment d-1 of shop\/qat is Failed: HEALTH_CONSTRAINTS\nInstance /);
    expect(cause).toContain('ApplicationStart: ScriptFailed in scripts/start.sh: exited with 1');
    expect(cause).toMatch(/line 39\nConsole: .*deployments\/d-1/);
    expect(cause).not.toContain('line 19\n');
    expect(cause).not.toContain('agent was silent');
  });

  describe('by an AppSpec file', () => {
    const failedAt = (
      lifecycleEventName: string,
      message: string,
      errorCode: 'UnknownError' | 'ScriptMissing' = 'UnknownError',
      scriptName = '',
    ): InstanceTarget => ({
      targetId: 'i-1',
      status: 'Failed',
      lifecycleEvents: [
        { lifecycleEventName: 'DownloadBundle', status: 'Succeeded' },
        {
          lifecycleEventName,
          status: 'Failed',
          diagnostics: { errorCode, scriptName, message, logTail: '' },
        },
      ],
    });

    it.each<[string, InstanceTarget]>([
      [
        'a value that the agent does not take',
        failedAt(
          'BeforeInstall',
          'The deployment failed because an invalid version value (1.0) was entered in the application specification file.',
        ),
      ],
      [
        'YAML that the first generation cannot read',
        failedAt('BeforeInstall', '(<unknown>): did not find expected key while parsing at line 4 column 3'),
      ],
      ['an unknown event', failedAt('Install', 'appspec.yml file contains unknown lifecycle events: Start')],
      [
        'no such file',
        failedAt('DownloadBundle', 'The CodeDeploy agent did not find an AppSpec file within the revision'),
      ],
      [
        'a missing source',
        failedAt(
          'Install',
          'No such file or directory @ rb_sysopen - /opt/codedeploy-agent/x/deployment-archive/dist',
        ),
      ],
      ['a missing script', failedAt('ValidateService', 'Script does not exist', 'ScriptMissing', 'check.sh')],
    ])('is the fault of the commit: %s', async (_, target) => {
      const inspection = await inspect({ ...failed, targets: [target] });
      expect(inspection).toMatchObject({
        code: 'AppSpecInvalid',
        cause: expect.stringMatching(
          /^The commit's appspec\.yml is at fault, not the environment\. Push a commit/,
        ),
      });
    });

    it.each<[string, InstanceTarget, string | undefined]>([
      [
        'a file in the way (T31)',
        failedAt(
          'Install',
          'a specified file already exists at this location: /opt/app. Set it in appspec.yml',
        ),
        undefined,
      ],
      ['a full disk', failedAt('Install', 'No space left on device'), undefined],
      [
        'a script of an earlier revision that is gone',
        failedAt('ApplicationStop', 'Script does not exist', 'ScriptMissing', 'stop.sh'),
        'ScriptFailed',
      ],
    ])('is not at fault for %s', async (_, target, code) => {
      const inspection = (await inspect({ ...failed, targets: [target] })) as { code?: string };
      expect(inspection.code).toBe(code);
    });
  });

  describe('by a hook of what is live (T70)', () => {
    const live = { promotionId: 'shop-live', commitId: 'c0ffee12'.repeat(5) };
    const failedIn = (
      instanceLabel: 'Blue' | 'Green',
      targetId: string,
      lifecycleEventName: string,
      message = 'failed with exit code 7',
    ): InstanceTarget => ({
      targetId,
      instanceLabel,
      status: 'Failed',
      lifecycleEvents: [
        {
          lifecycleEventName,
          status: 'Failed',
          diagnostics: {
            errorCode: 'ScriptFailed',
            scriptName: 'scripts/blocked.sh',
            message,
            logTail: 'no such file',
          },
        },
      ],
    });
    const found = (targets: InstanceTarget[]) => inspect({ ...failed, live, targets });

    it('fails as that: it names hook, revision and instances, shows the log, and does not blame the commit', async () => {
      const inspection = await found([
        failedIn('Blue', 'i-1', 'AfterBlockTraffic'),
        failedIn('Blue', 'i-2', 'AfterBlockTraffic'),
        { targetId: 'i-3', instanceLabel: 'Blue', status: 'Pending' },
      ]);
      expect(inspection).toMatchObject({ error: 'DeploymentFailed', code: 'LiveHookFailed' });
      const { cause = '' } = inspection as { cause?: string };
      expect(cause.split('\n')[0]).toBe(
        'The hook AfterBlockTraffic of what Prod runs now, commit c0ffee12 (promotion shop-live), failed on the old instances ' +
          'i-1 and i-2; it is not a fault of this commit. Every promotion fails like this until the script is repaired there: ' +
          'RUNBOOK.md, "A hook of what is live fails".',
      );
      expect(cause).toContain(
        'AfterBlockTraffic: ScriptFailed in scripts/blocked.sh: failed with exit code 7',
      );
      expect(cause).toContain('no such file');
    });

    it('fails as that when nothing is noted as live', async () => {
      const targets = [failedIn('Blue', 'i-1', 'BeforeBlockTraffic')];
      expect(await inspect({ ...failed, targets })).toMatchObject({
        code: 'LiveHookFailed',
        cause: expect.stringMatching(
          /^The hook BeforeBlockTraffic of what Prod runs now failed on the old instance i-1; it is not a fault of this commit/,
        ),
      });
    });

    it.each<[string, InstanceTarget[], string | undefined]>([
      ['a hook of the commit', [failedIn('Green', 'i-1', 'AfterAllowTraffic')], 'ScriptFailed'],
      ['its hook in place', [failedIn('Green', 'i-1', 'BeforeBlockTraffic')], 'ScriptFailed'],
      ['the load balancer', [failedIn('Blue', 'i-1', 'BlockTraffic')], 'ScriptFailed'],
      [
        'a silent agent',
        [
          failedIn(
            'Blue',
            'i-1',
            'BeforeBlockTraffic',
            'CodeDeploy agent was not able to receive the lifecycle event.',
          ),
        ],
        'AgentSilent',
      ],
    ])('fails otherwise by %s', async (_, targets, code) => {
      const inspection = await found(targets);
      expect(inspection).toMatchObject({ code });
      expect((inspection as { cause?: string }).cause).not.toContain('what Prod runs now');
    });

    it('fails by the commit first if both failed, and names both', async () => {
      const inspection = await found([
        failedIn('Blue', 'i-1', 'AfterBlockTraffic'),
        failedIn('Green', 'i-2', 'ApplicationStart'),
      ]);
      expect(inspection).toMatchObject({
        code: 'ScriptFailed',
        cause: expect.stringContaining('The hook AfterBlockTraffic of what Prod runs now'),
      });
    });
  });

  it('names the alarms that stopped it, and blames no instance for what it had not done yet', async () => {
    const message = 'One or more alarms have been activated. Activated alarms: <orders-errors>';
    const stopped: Situation = {
      ...failed,
      deployment: () => ({ status: 'Stopped', errorInformation: { code: 'ALARM_ACTIVE', message } }),
      targets: [{ targetId: 'i-2', status: 'InProgress', lifecycleEvents: [] }],
    };
    expect(await causeOf(stopped)).toMatch(/ is Stopped: ALARM_ACTIVE: .*<orders-errors>\nConsole: /);
    expect(await inspect(stopped)).toMatchObject({ state: 'failed', code: 'AlarmActive' });
  });

  it('tells what an alarm measured, and keeps it with the failure; what cannot be read holds nothing up', async () => {
    const message = 'Alarms have been activated. Activated alarms: <orders-errors>, <orders-slow>';
    const stopped: Situation = {
      ...failed,
      deployment: () => ({
        status: 'Stopped',
        startTime: new Date('2026-11-22T10:00:00Z'),
        completeTime: new Date('2026-11-22T10:20:00Z'),
        errorInformation: { code: 'ALARM_ACTIVE', message },
      }),
      targets: [],
    };
    const errors = {
      AlarmName: 'orders-errors',
      AlarmDescription: 'Too many errors. See RUNBOOK.md#errors',
      StateUpdatedTimestamp: new Date('2026-11-22T10:19:00Z'),
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Statistic: 'Sum' as const,
      Period: 300,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold' as const,
    };
    const told = { ...stopped, alarms: () => [errors] };
    expect(await causeOf(told)).toMatch(
      /^The alarm orders-errors went off, 22 Nov 2026, 10:19 UTC: Too many errors\.\n {2}Sum of HTTPCode_Target_5XX_Count in 5 minutes, alarm at ≥ 10\. Highest of one value: 42, .*\nCodeDeploy deployment d-1 /,
    );
    expect(await inspect(told)).toMatchObject({
      code: 'AlarmActive',
      alarms: [{ name: 'orders-errors', graph: { points: [{ at: '2026-11-22T09:25:00.000Z', value: 42 }] } }],
    });
    const denied = () => {
      throw new CloudWatchServiceException({
        name: 'AccessDenied',
        $fault: 'client',
        ...because('Not you'),
      });
    };
    expect(await causeOf({ ...stopped, alarms: denied })).toMatch(
      /^What the alarms measured could not be read: Not you\n/,
    );
    // One that was deleted meanwhile is known by its name only.
    expect(await causeOf(stopped)).toMatch(/^CodeDeploy deployment d-1 .*<orders-errors>, <orders-slow>/);
  });

  it('gives CodeDeploy’s own words when no instance reports what failed', async () => {
    expect(await causeOf({ ...failed, targets: [] })).toContain(
      'HEALTH_CONSTRAINTS: too few healthy instances',
    );
  });

  it.each<[string, InstanceTarget]>([
    ['nothing happened', { targetId: 'i-2', status: 'Failed', lifecycleEvents: [] }],
    [
      'its first event never arrived',
      {
        targetId: 'i-2',
        status: 'Failed',
        lifecycleEvents: [
          {
            lifecycleEventName: 'ApplicationStop',
            status: 'Failed',
            diagnostics: {
              errorCode: 'UnknownError',
              message: 'CodeDeploy agent was not able to receive the lifecycle event. Check the agent logs.',
            },
          },
        ],
      },
    ],
  ])('distinguishes a silent agent from a failed script when %s (T32)', async (_, target) => {
    const cause = await causeOf({ ...failed, targets: [target] });
    expect(cause).toContain('Its CodeDeploy agent was silent: no script ran.');
  });

  it('does not call an agent silent that could not fetch the bundle', async () => {
    const target: InstanceTarget = {
      targetId: 'i-3',
      status: 'Failed',
      lifecycleEvents: [
        {
          lifecycleEventName: 'DownloadBundle',
          status: 'Failed',
          diagnostics: { errorCode: 'UnknownError', message: 'Access Denied' },
        },
      ],
    };
    const cause = await causeOf({ ...failed, targets: [target] });
    expect(cause).toContain('DownloadBundle: UnknownError: Access Denied');
    expect(cause).not.toContain('silent');
  });

  it('shows what failed before what still waited, and not more than five of many', async () => {
    const waiting = Array.from(
      { length: 30 },
      (_, n): InstanceTarget => ({ targetId: `w-${n}`, status: 'Pending' }),
    );
    const cause = await causeOf({ ...failed, targets: [...waiting, scriptFailed] });
    expect(cause.indexOf('Instance i-1, Failed')).toBeLessThan(cause.indexOf('Instance w-0, Pending'));
    expect(cause).toContain('… and 26 more instances');
  });

  it('still says what is known when the deployment never began, or is gone', async () => {
    const list = () => {
      throw new DeploymentNotStartedException(because('not started'));
    };
    expect(await causeOf({ ...failed, list })).toContain('HEALTH_CONSTRAINTS');
    const deployment = () => {
      throw new DeploymentDoesNotExistException(because('gone'));
    };
    expect(await causeOf({ ...failed, deployment })).toContain('CodeDeploy deployment d-1 is unknown');
  });
});

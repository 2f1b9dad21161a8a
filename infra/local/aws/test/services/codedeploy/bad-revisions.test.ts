import fs from 'node:fs';
import path from 'node:path';
import { listProcesses } from '../../../instances/processes.ts';
import { applicationOf, appspecWith, type BundleFile } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  eventually,
  type FleetHost,
  roleNamed,
  setUpInPlace,
  targets,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

let fleet: FleetHost;

beforeEach(() => {
  fleet = createFleetHost();
});

afterEach(() => fleet.dispose());

/** Deploys a bundle and gives how it ended with the first failed event, if any. */
const outcome = async (files: Record<string, BundleFile>, more: object = {}) => {
  const id = await deploy(fleet, 'qat', await fleet.revision(`${Math.random()}.zip`, files), more);
  const info = await ended(fleet, id);
  const failed = (await targets(fleet, id)).flatMap(({ lifecycleEvents }) =>
    (lifecycleEvents ?? []).filter(({ status }) => status === 'Failed'),
  )[0];
  return { id, info, event: failed?.lifecycleEventName, diagnostics: failed?.diagnostics };
};

describe('bad revisions fail with a cause', () => {
  const cases: [string, Record<string, BundleFile>, string, string, string][] = [
    [
      'no appspec.yml',
      { 'server.cjs': '' },
      'DownloadBundle',
      'UnknownError',
      'did not find an AppSpec file',
    ],
    [
      'an appspec.yml that is not YAML, by its line',
      { 'appspec.yml': 'version: 0.0\nos: linux\nhooks: [}\n' },
      'BeforeInstall',
      'UnknownError',
      'line 3',
    ],
    [
      'an unknown hook',
      applicationOf('x', { 'appspec.yml': appspecWith('BeforeStart', 'stop.sh') }),
      'Install',
      'UnknownError',
      'unknown lifecycle events: BeforeStart',
    ],
    [
      'a missing script',
      applicationOf('x', { 'appspec.yml': appspecWith('ValidateService', 'scripts/check.sh') }),
      'ValidateService',
      'ScriptMissing',
      'scripts/check.sh',
    ],
    [
      'a missing source',
      applicationOf('x', {
        'appspec.yml': 'version: 0.0\nos: linux\nfiles:\n  - source: dist\n    destination: /opt/app\n',
      }),
      'Install',
      'UnknownError',
      'in the revision: dist',
    ],
    [
      'a file in the way (T31)',
      applicationOf('x', {
        'appspec.yml': appspecWith('BeforeInstall', 'occupy.sh').replace('/opt/app', '/opt/busy'),
        'occupy.sh': '#!/bin/sh\nmkdir -p "$DESTDIR/opt/busy"; touch "$DESTDIR/opt/busy/server.cjs"\n',
      }),
      'Install',
      'UnknownError',
      'already exists at this location: /opt/busy/server.cjs',
    ],
    [
      'a script that fails, with the end of its log',
      applicationOf('x', { 'start.sh': '#!/bin/sh\necho the port is taken >&2\nexit 7\n' }),
      'ApplicationStart',
      'ScriptFailed',
      'exit code 7',
    ],
  ];

  it('of any kind', async () => {
    await setUpInPlace(fleet);
    for (const [name, files, event, errorCode, text] of cases) {
      const found = await outcome(files);
      expect({ name, event: found.event, code: found.diagnostics?.errorCode }).toEqual({
        name,
        event,
        code: errorCode,
      });
      expect(found.diagnostics?.message).toContain(text);
      expect(found.info.status).toBe('Failed');
      expect(found.info.errorInformation?.message).toContain(text);
    }
  });

  it('shows the last lines of a failed script in diagnostics and error', async () => {
    await setUpInPlace(fleet);
    const { diagnostics, info } = await outcome(
      applicationOf('x', { 'start.sh': '#!/bin/sh\necho the port is taken >&2\nexit 7\n' }),
    );
    expect(diagnostics).toMatchObject({
      scriptName: 'start.sh',
      logTail: expect.stringContaining('the port is taken'),
    });
    expect(info.errorInformation?.message).toContain('the port is taken');
  });

  it('ends a script past its timeout with all that it started', async () => {
    const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
    const script = '#!/bin/sh\nsleep 600 &\necho $! > "$DESTDIR/child"\nsleep 600\n';
    const files = applicationOf('x', {
      'appspec.yml': appspecWith('AfterInstall', 'hang.sh', 1),
      'hang.sh': script,
    });
    const { event, diagnostics } = await outcome(files);
    expect([event, diagnostics?.errorCode]).toEqual(['AfterInstall', 'ScriptTimedOut']);
    expect(diagnostics?.message).toContain('failed to complete in 1 seconds');
    const child = Number(fs.readFileSync(path.join(fleet.instances.root(instanceId), 'child'), 'utf8'));
    await eventually(() => (isRunning(child) ? undefined : true));
  });

  it('makes a script executable that is not, as the agent on an instance does', async () => {
    await setUpInPlace(fleet);
    const script = { text: '#!/bin/sh\ntrue\n', mode: 0o100644 };
    const files = applicationOf('x', { 'appspec.yml': appspecWith('AfterInstall', 'plain'), plain: script });
    expect((await outcome(files)).info.status).toBe('Succeeded');
  });
});

describe('permissions', () => {
  it('of the instance’s role decide whether the bundle is downloaded (T27)', async () => {
    await setUpInPlace(fleet);
    await fleet.role('InstanceRole', 'ec2.amazonaws.com', []);
    const { event, diagnostics } = await outcome(applicationOf('one'));
    expect(event).toBe('DownloadBundle');
    expect(diagnostics?.message).toMatch(/AccessDenied.*InstanceRole.*s3:GetObject/s);
  });

  it('of the service role decide whether instances are found', async () => {
    await setUpInPlace(fleet);
    await fleet.role('CodeDeployRole', 'codedeploy.amazonaws.com', []);
    const id = await deploy(fleet, 'qat', await fleet.revision('one.zip', applicationOf('one')));
    expect((await ended(fleet, id)).errorInformation).toMatchObject({
      code: 'IAM_ROLE_PERMISSIONS',
      message: expect.stringMatching(/CodeDeployRole.*ec2:DescribeInstances/s),
    });
  });

  it('of the caller decide whether a deployment starts', async () => {
    await setUpInPlace(fleet);
    await fleet.role('Nobody', 'lambda.amazonaws.com', []);
    const input = { applicationName: 'shop', deploymentGroupName: 'qat', revision: {} };
    await expect(
      fleet.call('codedeploy', 'CreateDeployment', input, roleNamed('Nobody')),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('deploymentgroup:shop/qat'),
    });
  });
});

/** Whether a process lives; a zombie does not. */
const isRunning = (pid: number): boolean => listProcesses().some((one) => one.pid === pid);

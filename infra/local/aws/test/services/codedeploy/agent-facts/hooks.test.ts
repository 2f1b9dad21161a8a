import fs from 'node:fs';
import path from 'node:path';
import { deploy, ended } from '../../../instances/fleet-host.ts';
import { type AgentFleet, appSpec, createAgentFleet, withHook } from './agent-fleet.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(120_000);

let agent: AgentFleet;
beforeAll(async () => {
  agent = await createAgentFleet();
});
afterAll(() => agent.fleet.dispose());

const hook = (script: string, more = '') => ({
  'appspec.yml': withHook('AfterInstall', 'hook.sh', more),
  'hook.sh': `#!/bin/sh\n${script}\n`,
  'common.sh': 'true\n',
});

describe('running hooks', () => {
  it.each([
    ['that reads a file of the bundle', 'cat ./appspec.yml'],
    ['that sources a script of the bundle', '. ./common.sh'],
  ])('A18: fails a script %s, as the agent does not change directory', async (_, script) => {
    expect(await agent.deploy(hook(script))).toMatchObject({
      event: 'AfterInstall',
      code: 'ScriptFailed',
      message: expect.stringContaining('failed with exit code'),
    });
  });

  it('A18: is in / of the instance', async () => {
    expect(await agent.deploy(hook('[ "$(pwd -P)" = "$(cd "$DESTDIR" && pwd -P)" ]'))).toMatchObject({
      status: 'Succeeded',
    });
  });

  it.each([
    ['stdout', 'sleep 600 2>/dev/null &'],
    ['stderr', 'sleep 600 >/dev/null &'],
    ['both, by a process of another session', 'setsid sleep 600 &'],
  ])('A19: fails a hook whose background process keeps %s open, after its timeout', async (_, script) => {
    const { event, message, code } = await agent.deploy(hook(script, '      timeout: 1\n'));
    expect({ event, code }).toEqual({ event: 'AfterInstall', code: 'UnknownError' });
    expect(message).toContain('hook.sh failed to close STDOUT');
  });

  it('A19: succeeds when the outputs of background processes lead elsewhere', async () => {
    expect(
      await agent.deploy(hook('sleep 600 >/dev/null 2>&1 </dev/null &', '      timeout: 20\n')),
    ).toMatchObject({
      status: 'Succeeded',
    });
  });

  it('A19: waits for outputs that close in time', async () => {
    const script = '(sleep 0.3; echo late; touch "$DESTDIR/late") &';
    expect(await agent.deploy(hook(script, '      timeout: 20\n'))).toMatchObject({ status: 'Succeeded' });
    expect(agent.has('late')).toBe(true);
  });

  it('A20: tells scripts which bundle it is', async () => {
    const { id, status } = await agent.deploy(hook('env > "$DESTDIR/env"'));
    expect(status).toBe('Succeeded');
    const env = Object.fromEntries(
      agent
        .read('env')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    expect(env).toMatchObject({
      APPLICATION_NAME: 'shop',
      DEPLOYMENT_ID: id,
      DEPLOYMENT_GROUP_NAME: 'qat',
      DEPLOYMENT_GROUP_ID: expect.stringMatching(/\S/),
      LIFECYCLE_EVENT: 'AfterInstall',
      BUNDLE_BUCKET: 'artifacts',
      BUNDLE_KEY: expect.stringMatching(/^\d+\.zip$/),
      BUNDLE_ETAG: expect.stringMatching(/[0-9a-f]{32}/),
    });
    expect(env).not.toHaveProperty('BUNDLE_VERSION');
  });

  it('A20: tells a version if the revision has one, and the ETag that the agent saw if the revision has none', async () => {
    const { revisionType, s3Location } = await agent.fleet.revision('v.zip', hook('env > "$DESTDIR/env"'));
    const { eTag: _, ...location } = s3Location;
    const revision = { revisionType, s3Location: location };
    const id = await deploy(agent.fleet, 'qat', revision);
    expect((await ended(agent.fleet, id)).status).toBe('Succeeded');
    expect(agent.read('env')).toMatch(/^BUNDLE_ETAG="?[0-9a-f]{32}/m);
  });

  it('A21: stops by the last revision whose Install succeeded, not by the last deployment that did', async () => {
    const revision = (name: string, start = 'true', source = 'ok.sh') => ({
      'appspec.yml': appSpec(
        `files:\n  - source: ${source}\n    destination: /opt/a21\nhooks:\n  ApplicationStop:\n    - location: stop.sh\n  ApplicationStart:\n    - location: start.sh\n`,
      ),
      'stop.sh': `#!/bin/sh\necho ${name} >> "$DESTDIR/stops"\n`,
      'start.sh': `#!/bin/sh\n${start}\n`,
      'ok.sh': '',
    });
    expect((await agent.deploy(revision('succeeded'))).status).toBe('Succeeded');
    expect((await agent.deploy(revision('installed', 'exit 1'))).event).toBe('ApplicationStart');
    expect((await agent.deploy(revision('not-installed', 'true', 'none'))).event).toBe('Install');
    expect((await agent.deploy(revision('last'))).status).toBe('Succeeded');
    expect(agent.read('stops').trim().split('\n').slice(-3)).toEqual(['succeeded', 'installed', 'installed']);
  });

  it.each([
    ['without execute bit is made executable', '#!/bin/sh\ntrue\n'],
    ['without shebang is run', 'true\n'],
  ])('A22: a script %s', async (_, text) => {
    const files = { 'appspec.yml': withHook('AfterInstall', 'plain'), plain: { text, mode: 0o100644 } };
    expect(await agent.deploy(files)).toMatchObject({ status: 'Succeeded' });
  });

  it('A23: warns of users that the instance does not have', async () => {
    const rules =
      'permissions:\n  - {object: /opt/a23, owner: web, acls: ["u:web:r"], context: {type: t}, mode: "600", type: [file]}\n';
    const text = `${withHook('AfterInstall', 'hook.sh', '      runas: web\n')}files:\n  - source: app\n    destination: /opt/a23\n${rules}`;
    const { id, status } = await agent.deploy({ ...hook('true'), 'appspec.yml': text, 'app/a': 'a' });
    expect(status).toBe('Succeeded');
    expect(agent.mode('opt/a23/a')).toBe('600');
    const said = await agent.warnings(id);
    for (const what of ['acl is not set', 'context is not set', 'owner is not set', 'hook.sh runs as'])
      expect(said).toContain(what);
    const logs = fs
      .readdirSync(path.join(agent.root, 'opt/codedeploy-agent/deployment-root'), {
        recursive: true,
        encoding: 'utf8',
      })
      .filter((name) => name.includes(id) && name.endsWith('scripts.log'));
    expect(agent.read(`opt/codedeploy-agent/deployment-root/${logs[0]}`)).toContain(
      'Warning: permissions: owner',
    );
  });
});

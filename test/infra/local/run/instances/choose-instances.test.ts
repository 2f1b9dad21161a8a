import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../../../../../cli/arguments.ts';
import {
  isEngineThere,
  TEST_IMAGE,
} from '../../../../../infra/local/aws/test/instances/container/test-engine.ts';
import { isSandboxThere } from '../../../../../infra/local/aws/test/instances/sandbox/test-sandbox.ts';
import { existingApplication } from '../../../../../infra/local/run/application-source.ts';
import { chooseInstances } from '../../../../../infra/local/run/instances/choose-instances.ts';
import { touchesOf, touchesText } from '../../../../../infra/local/run/instances/scripts-on-machine.ts';
import { parseOptions, type RunOptions } from '../../../../../infra/local/run/options.ts';

const lockstep = {
  applications: [{ name: 'shop', port: 81, runtime: 'python' }],
  approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
  operators: ['operators@example.com'],
};

let directory: string;
const at = (...names: string[]) => path.join(directory, ...names);
beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-choice-')));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

/** A repository with these scripts as hooks, and other files. */
const application = (scripts: Record<string, string>, others: Record<string, string> = {}) => {
  const hooks = Object.keys(scripts).map((location) => `    - location: ${location}\n`);
  const appspec = `version: 0.0\nos: linux\nhooks:\n  ApplicationStart:\n${hooks.join('')}`;
  for (const [name, text] of Object.entries({ 'appspec.yml': appspec, ...scripts, ...others })) {
    fs.mkdirSync(path.dirname(at('app', name)), { recursive: true });
    fs.writeFileSync(at('app', name), text);
  }
  const git = (...args: string[]) => execFileSync('git', ['-C', at('app'), ...args]);
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=D', '-c', 'user.email=d@example.com', 'commit', '--quiet', '--message', 'x');
  return existingApplication(at('app'));
};

const bound = { 'scripts/start.sh': '#!/bin/sh\nmkdir -p "$DESTDIR/opt/shop"\n' };
const unbound = {
  'scripts/start.sh':
    '#!/bin/sh\n# /not/this\nrm -rf /opt/shop /usr/bin/env\nsystemctl restart shop >/var/log/shop.log\n',
};

describe('scripts on this machine', () => {
  it('tells those that do not use DESTDIR, and the absolute paths that they name', async () => {
    const touches = await touchesOf(await application({ ...unbound, './scripts/other.sh': 'echo $DESTDIR' }));
    expect(touches).toEqual({
      scripts: ['scripts/start.sh', 'scripts/other.sh'],
      unbound: ['scripts/start.sh'],
      paths: ['/opt/shop', '/var/log/shop.log'],
      systemd: ['scripts/start.sh'],
    });
    expect(touchesText(touches)).toContain(
      '  scripts/start.sh\nAbsolute paths that they name (there may be others):\n  /opt/shop',
    );
  });

  it('knows a script that uses DESTDIR by a file that it sources', async () => {
    const start = { 'scripts/start.sh': '#!/bin/sh\n. "$(dirname "$0")/common.sh"\nrm -rf "$root"\n' };
    const source = await application(start, { 'scripts/common.sh': 'root=$DESTDIR/opt' });
    expect((await touchesOf(source)).unbound).toEqual([]);
  });

  it('knows nothing of scripts that a build makes, so they count as unbound', async () => {
    const source = await application(
      {},
      { 'appspec.yml': 'hooks:\n  AfterInstall:\n    - location: made/install.sh\n' },
    );
    expect((await touchesOf(source)).unbound).toEqual([]);
    expect((await touchesOf(source, true)).unbound).toEqual(['made/install.sh, which the build makes']);
    const git = (...args: string[]) =>
      execFileSync(
        'git',
        ['-C', source.directory, '-c', 'user.name=D', '-c', 'user.email=d@example.com', ...args],
        {
          encoding: 'utf8',
        },
      ).trim();
    git('rm', '--quiet', 'appspec.yml');
    git('commit', '--quiet', '--allow-empty', '--message', 'Build it');
    const commitId = git('rev-parse', 'HEAD');
    expect((await touchesOf({ ...source, commitId }, true)).unbound).toEqual([
      'those of the appspec.yml that the build makes',
    ]);
  });

  it('says nothing of an appspec that is no YAML: no script runs', async () => {
    expect(await touchesOf(await application({}, { 'appspec.yml': 'a: [' }))).toEqual({
      scripts: [],
      unbound: [],
      paths: [],
      systemd: [],
    });
  });
});

describe('what instances are', () => {
  const choose = async (args: readonly string[], source?: Awaited<ReturnType<typeof application>>) =>
    chooseInstances(
      parseOptions([...args, '--state-dir', at('state')], '/') as RunOptions,
      source,
      lockstep,
      () => undefined,
    );

  it('directories for the sample, without a word', async () => {
    expect(await choose([])).toEqual({ notices: [] });
  });

  it('directories for an application that is written for them', async () => {
    const choice = await choose(['--instances', 'process'], await application(bound));
    expect(choice).toEqual({ notices: ['Instances are directories of this machine.'] });
  });

  it('fails before a script runs on this machine that was not written for it', async () => {
    const source = await application(unbound);
    const failure = choose(['--instances', 'process'], source);
    await expect(failure).rejects.toThrow(UsageError);
    await expect(failure).rejects.toThrow(
      /scripts\/start\.sh\n.*\n {2}\/opt\/shop\n[\s\S]*--run-scripts-on-this-machine/,
    );
    const { notices } = await choose(['--instances', 'process', '--run-scripts-on-this-machine'], source);
    expect(notices.join('\n')).toContain('  scripts/start.sh');
  });

  it('are what the state directory has, and fail to become something else', async () => {
    await choose(['--instances', 'process']);
    await expect(choose(['--instances', 'container'])).rejects.toThrow(
      /were started with --instances process, got container\. Leave --instances out, or name another --state-dir/,
    );
  });

  (isSandboxThere ? it : it.skip)(
    'sandboxes when asked for, at the configured port, with a word about scripts that call systemd',
    async () => {
      const source = await application(unbound);
      const { sandboxes, containers, notices } = await choose(['--instances', 'sandbox'], source);
      expect(containers).toBeUndefined();
      expect(sandboxes?.applicationPort({ Name: 'shop-prod' })).toBe(81);
      expect(notices[0]).toBe("Instances are sandboxes over this machine's own files.");
      expect(notices[1]).toMatch(/call systemd, which no sandbox has[\s\S]*\n {2}scripts\/start\.sh\n/);
      expect(fs.readdirSync(at('state', 'sandbox')).sort()).toEqual(['layer', 'layer.json']);
      expect((await choose([], source)).sandboxes).toBeDefined();
    },
  );

  (isSandboxThere && !isEngineThere ? it : it.skip)(
    'sandboxes for any application where there is no container, with the reason',
    async () => {
      const { sandboxes, notices } = await choose([], await application(unbound));
      expect(sandboxes).toBeDefined();
      expect(notices[0]).toMatch(/^Instances are sandboxes over this machine's own files: .*\S/);
    },
  );

  it('fail to be sandboxes where this machine has none, and says why', async () => {
    const { PATH } = process.env;
    process.env.PATH = at('no-programs');
    try {
      await expect(choose(['--instances', 'sandbox'])).rejects.toThrow(
        /This machine has no sandboxes \(.*\S.*\)\. Or leave --instances sandbox out/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  });

  (isEngineThere ? it : it.skip)(
    'containers for any application, with the reason, and at its port',
    async () => {
      const { containers, notices } = await choose(['--image', TEST_IMAGE], await application(unbound));
      expect(notices).toEqual([
        expect.stringMatching(`^Instances are containers of (podman|docker), from the image ${TEST_IMAGE}`),
      ]);
      expect(containers?.applicationPort({ Name: 'shop-prod' })).toBe(81);
      expect(containers?.applicationPort({ Name: 'shop-qat' })).toBe(81);
      expect((await choose([], await existingApplication(at('app')))).containers?.baseImage).toBe(TEST_IMAGE);
      await expect(choose(['--image', 'localhost/other'])).rejects.toThrow(/were started with --image/);
    },
  );
});

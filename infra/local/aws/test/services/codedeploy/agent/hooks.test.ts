import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bytePath, type FileChange, type InstanceCommand } from '../../../../instances/instance-system.ts';
import { runHook } from '../../../../services/codedeploy/agent/hooks.ts';

/** What an instance is asked to do, of one that has users or none. */
const asked = async (hasUsers: boolean) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-hook-'));
  const commands: InstanceCommand[] = [];
  const changes: FileChange[] = [];
  const warnings = await runHook({
    system: {
      hasUsers,
      files: {
        kindsOf: async (files) => new Map(files.map((file) => [file, 'file'])),
        tree: async () => [],
        apply: async (all) => void changes.push(...all),
        deleteTrees: async () => undefined,
      },
      run: async (command) => {
        commands.push(command);
        return { kind: 'exited', code: 0 };
      },
    },
    label: 'd-1/AfterInstall',
    event: 'AfterInstall',
    scripts: [{ location: 'run.sh', timeoutSeconds: 7, runas: 'web' }],
    archive: '/opt/archive',
    log: path.join(directory, 'log'),
    variables: { DEPLOYMENT_ID: 'd-1' },
  });
  fs.rmSync(directory, { recursive: true });
  return { commands, changes, warnings };
};

describe('a hook', () => {
  it('A23: runs as its user on an instance that has users', async () => {
    const { commands, changes, warnings } = await asked(true);
    const file = bytePath('/opt/archive/run.sh');
    expect(changes).toEqual([{ kind: 'executable', path: file }]);
    expect(commands).toMatchObject([
      { file, user: 'web', timeoutMs: 7_000, env: { DEPLOYMENT_ID: 'd-1', LIFECYCLE_EVENT: 'AfterInstall' } },
    ]);
    expect(warnings).toEqual([]);
  });

  it('A23: runs as the agent’s user elsewhere, with a warning', async () => {
    const { commands, warnings } = await asked(false);
    expect(commands[0]).not.toHaveProperty('user');
    expect(warnings).toEqual([expect.stringContaining('not as web')]);
  });
});

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findSandbox } from '../../../instances/sandbox/find-sandbox.ts';
import type { SandboxOptions } from '../../../instances/sandbox/sandbox-options.ts';

/** Whether the kernel lets this user lay an overlay over the machine's programs, in namespaces of its own. */
const canOverlay = (): boolean => {
  if (process.platform !== 'linux') return false;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-overlay-'));
  for (const name of ['upper', 'work']) fs.mkdirSync(path.join(directory, name));
  const mount = 'mount -t overlay overlay -o lowerdir=/usr,upperdir=upper,workdir=work,userxattr upper';
  const options = ['--user', '--map-root-user', '--mount', '--pid', '--net', '--fork', 'sh', '-c', mount];
  const { status } = spawnSync('unshare', options, { cwd: directory, stdio: 'ignore' });
  spawnSync('chmod', ['-R', 'u+rwx', directory]);
  fs.rmSync(directory, { recursive: true, force: true });
  return status === 0;
};

/** `it` and `describe` of what needs sandboxes; elsewhere they are counted as skipped. */
export const isSandboxThere = canOverlay();
export const describeWithSandbox = isSandboxThere ? describe : describe.skip;

/** With what sandboxes are made here. */
export const sandboxOptions = async (applicationPort = 80): Promise<SandboxOptions> => {
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-sandbox-'));
  const found = await findSandbox(stateDir);
  fs.rmSync(stateDir, { recursive: true, force: true });
  if ('why' in found) throw new Error(`There are no sandboxes: ${found.why}`);
  return { identities: found, applicationPort: () => applicationPort };
};

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockStateDirectory } from '../../../../infra/local/run/state-lock.ts';

describe('lock of a state directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-lock-'));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  it('is refused while another process holds it, and says which; it is waited for while that one ends', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(holder, 'spawn');
    fs.writeFileSync(path.join(directory, 'lock'), `${holder.pid}\n`);
    await expect(lockStateDirectory(directory, 0)).rejects.toThrow(`in use by process ${holder.pid}`);
    const taking = lockStateDirectory(directory);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await taking)();
    expect(fs.existsSync(path.join(directory, 'lock'))).toBe(false);
  });

  it('takes over what a killed process or a torn write left', async () => {
    fs.writeFileSync(path.join(directory, 'lock'), '');
    const release = await lockStateDirectory(directory);
    expect(fs.readFileSync(path.join(directory, 'lock'), 'utf8')).toBe(`${process.pid}\n`);
    release();
    expect(fs.existsSync(path.join(directory, 'lock'))).toBe(false);
  });
});

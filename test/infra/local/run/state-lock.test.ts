import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listProcesses } from '../../../../infra/local/aws/instances/processes.ts';
import { lockStateDirectory } from '../../../../infra/local/run/state-lock.ts';

describe('lock of a state directory', () => {
  let directory: string;
  let lock: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-lock-'));
    lock = path.join(directory, 'lock');
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  const startedAt = (pid: number | undefined) => listProcesses().find((one) => one.pid === pid)?.startedAt;

  it('is not given while another process holds it, and says which; it is waited for while that one ends', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(holder, 'spawn');
    fs.writeFileSync(lock, `${holder.pid} ${startedAt(holder.pid)}\n`);
    await expect(lockStateDirectory(directory, 0)).rejects.toThrow(`in use by process ${holder.pid}`);
    const taking = lockStateDirectory(directory);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await taking)();
    expect(fs.existsSync(lock)).toBe(false);
  });

  it('takes over at once what a killed process or a torn write left, also when its number is another process now', async () => {
    for (const left of ['', `${process.ppid}`, `${process.ppid} another boot:1\n`, `${process.pid} x\n`]) {
      fs.writeFileSync(lock, left);
      const release = await lockStateDirectory(directory, 0);
      expect(fs.readFileSync(lock, 'utf8')).toBe(`${process.pid} ${startedAt(process.pid)}\n`);
      release();
      expect(fs.existsSync(lock)).toBe(false);
    }
  });

  it.each([
    ['a file', (at: string) => at, /it is a file/],
    ['under a file', (at: string) => path.join(at, 'deeper'), /a part of its path is a file/],
  ])('says of a state directory that is %s what is wrong', async (_, of, message) => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, '');
    await expect(lockStateDirectory(of(file))).rejects.toThrow(message);
    await expect(lockStateDirectory(of(file))).rejects.toThrow('Choose another with --state-dir.');
  });

  it.each([
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'you may not write there'],
    ['ENOSPC', 'the disk is full'],
  ])('says of %s while the lock is written: %s', async (code, message) => {
    const write = jest.spyOn(fs, 'writeFileSync').mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
    try {
      await expect(lockStateDirectory(directory)).rejects.toThrow(message);
    } finally {
      write.mockRestore();
    }
  });
});

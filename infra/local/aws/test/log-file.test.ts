import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createLogFile } from '../log-file.ts';

let directory: string;
const file = () => path.join(directory, 'lockstep.log');
const read = (name: string) => fs.readFileSync(name, 'utf8').split('\n').slice(0, -1);

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-log-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

it('keeps the newest lines, and no more than twice the limit, over restarts', () => {
  for (let count = 0; count < 40; count++) createLogFile(file(), 30)(`line ${count}`);
  const write = createLogFile(file(), 30);
  for (let count = 40; count < 81; count++) write(`line ${count}`);
  expect(fs.readdirSync(directory)).toEqual(['lockstep.log', 'lockstep.log.1']);
  expect([...read(`${file()}.1`), ...read(file())]).toEqual([
    'line 74',
    'line 75',
    'line 76',
    'line 77',
    'line 78',
    'line 79',
    'line 80',
  ]);
});

it('goes on with the log of an earlier run', () => {
  createLogFile(file())('first');
  createLogFile(file())('second');
  expect(read(file())).toEqual(['first', 'second']);
});

it('drops a line that cannot be written, and goes on: a full disk is told by the journal', () => {
  const write = createLogFile(file());
  const full = jest.spyOn(fs, 'appendFileSync').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  });
  write('lost');
  full.mockRestore();
  write('kept');
  expect(read(file())).toEqual(['kept']);
});

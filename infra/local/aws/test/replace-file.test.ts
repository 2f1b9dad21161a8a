import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { replaceFile } from '../replace-file.ts';

let directory: string;
const file = () => path.join(directory, 'note');

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-replace-'));
});

afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(directory, { recursive: true, force: true });
});

it('writes a file, replaces it, sets its mode, and leaves nothing beside it', () => {
  replaceFile(file(), 'one', 0o600);
  replaceFile(file(), Buffer.from('two'), 0o600);
  expect(fs.readFileSync(file(), 'utf8')).toBe('two');
  expect(fs.statSync(file()).mode & 0o777).toBe(0o600);
  expect(fs.readdirSync(directory)).toEqual(['note']);
});

it('leaves what was there when it is stopped halfway, and replaces it the next time', () => {
  replaceFile(file(), 'before');
  const { writeFileSync } = fs;
  jest.spyOn(fs, 'writeFileSync').mockImplementationOnce((name, content, options) => {
    writeFileSync(name, String(content).slice(0, 2), options);
    throw new Error('killed');
  });
  expect(() => replaceFile(file(), 'after')).toThrow('killed');
  expect(fs.readFileSync(file(), 'utf8')).toBe('before');
  replaceFile(file(), 'after');
  expect(fs.readFileSync(file(), 'utf8')).toBe('after');
});

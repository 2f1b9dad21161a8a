import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { artifactFiles, NoArtifactsError, zipOf } from '../../../services/codebuild/artifact-files.ts';
import type { ArtifactSpec } from '../../../services/codebuild/buildspec.ts';
import { unpackBundle } from '../../../services/shared/unpack-bundle.ts';

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'artifacts-'));
  for (const file of [
    'appspec.yml',
    '.env',
    'target/app.jar',
    'target/app-sources.jar',
    'target/lib/a.jar',
    'deploy/start.sh',
  ])
    fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  for (const file of ['appspec.yml', '.env', 'target/app.jar', 'target/app-sources.jar', 'target/lib/a.jar'])
    fs.writeFileSync(path.join(directory, file), file);
  fs.writeFileSync(path.join(directory, 'deploy/start.sh'), 'start', { mode: 0o755 });
  fs.symlinkSync('app.jar', path.join(directory, 'target/current.jar'));
  fs.symlinkSync('/etc/hostname', path.join(directory, 'outside'));
  fs.symlinkSync('..', path.join(directory, 'target/lib/up'));
});
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

const spec = (files: readonly string[], change: Partial<ArtifactSpec> = {}): ArtifactSpec => ({
  files,
  baseDirectory: '.',
  discardsPaths: false,
  excludePaths: [],
  ...change,
});
const names = (of: ArtifactSpec) => artifactFiles(directory, of).map(({ name }) => name);

it.each<[string, ArtifactSpec, readonly string[]]>([
  ['one file', spec(['appspec.yml']), ['appspec.yml']],
  [
    'a folder without those in it',
    spec(['target/*']),
    ['target/app-sources.jar', 'target/app.jar', 'target/current.jar'],
  ],
  [
    'several patterns, each file once',
    spec(['appspec.yml', '*.yml', 'deploy/**/*']),
    ['appspec.yml', 'deploy/start.sh'],
  ],
  ['all below a base directory', spec(['**/*'], { baseDirectory: 'target/lib' }), ['a.jar']],
  [
    'all but what is excluded',
    spec(['target/**/*'], { excludePaths: ['target/lib/**/*', '**/*-sources.jar'] }),
    ['target/app.jar', 'target/current.jar'],
  ],
  [
    'files side by side',
    spec(['target/lib/*.jar', 'appspec.yml'], { discardsPaths: true }),
    ['appspec.yml', 'a.jar'],
  ],
])('takes %s', (_, of, expected) => {
  expect(names(of)).toEqual(expected);
});

it('takes everything, hidden files and what links lead to, but nothing outside', () => {
  expect(names(spec(['**/*']))).toEqual([
    '.env',
    'appspec.yml',
    'deploy/start.sh',
    'target/app-sources.jar',
    'target/app.jar',
    'target/current.jar',
    'target/lib/a.jar',
  ]);
});

it.each<[string, ArtifactSpec, string]>([
  ['a pattern that meets nothing', spec(['bin/app']), 'no matching artifact paths found for bin/app'],
  [
    'a base directory that is not there',
    spec(['*'], { baseDirectory: 'dist' }),
    'no matching base directory path found for dist',
  ],
  [
    'one outside the source',
    spec(['*'], { baseDirectory: '..' }),
    'no matching base directory path found for ..',
  ],
])('fails for %s', (_, of, message) => {
  expect(() => names(of)).toThrow(new NoArtifactsError(message));
});

it('keeps modes and contents in the archive', async () => {
  const unpacked = path.join(directory, '..', `${path.basename(directory)}-unpacked`);
  await unpackBundle(
    await zipOf(artifactFiles(directory, spec(['deploy/*', 'target/current.jar']))),
    unpacked,
  );
  expect(fs.statSync(path.join(unpacked, 'deploy/start.sh')).mode & 0o777).toBe(0o755);
  expect(fs.readFileSync(path.join(unpacked, 'target/current.jar'), 'utf8')).toBe('target/app.jar');
  fs.rmSync(unpacked, { recursive: true });
});

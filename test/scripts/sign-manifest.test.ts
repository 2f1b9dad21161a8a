import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { manifestKeysFrom } from '../../tasks/source/manifest.ts';
import { readSignedArchive } from '../../tasks/source/signed-archive.ts';
import { aKeyPair, zip } from '../tasks/source/support/archives.ts';

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/sign-manifest.mjs');
const key = aKeyPair();
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const hasOpenSsl = has('openssl', 'version');
const hasZip = has('zip', '--version') || has('zip', '-v');

let folder: string;
let repository: string;
let build: string;
let keyFile: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-C', repository, ...args], {
    encoding: 'utf8',
    env: {
      ...process.env,
      GIT_AUTHOR_NAME: 'Dana\u00e9',
      GIT_AUTHOR_EMAIL: 'dana@example.com',
      GIT_COMMITTER_NAME: 'Erin',
      GIT_COMMITTER_EMAIL: 'erin@example.com',
    },
  }).trim();

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-manifest-'));
  [repository, build, keyFile] = [
    path.join(folder, 'repository'),
    path.join(folder, 'build'),
    path.join(folder, 'key.pem'),
  ];
  fs.mkdirSync(repository);
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'First', '-m', 'Co-authored-by: Quinn <quinn@example.com>');
  git('commit', '-q', '--allow-empty', '--allow-empty-message', '-m', '');
  git('checkout', '-q', '-b', 'other', 'HEAD~1');
  git('commit', '-q', '--allow-empty', '-m', 'Other');
  git('checkout', '-q', 'main');
  git('merge', '-q', '--no-ff', '-m', 'Merge', 'other');
  fs.writeFileSync(keyFile, key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
beforeEach(() => {
  fs.rmSync(build, { recursive: true, force: true });
  fs.mkdirSync(path.join(build, 'app'), { recursive: true });
  fs.writeFileSync(path.join(build, 'appspec.yml'), 'version: 0.0');
  fs.writeFileSync(path.join(build, 'app/.hidden \u00e9'), 'x');
  fs.symlinkSync('appspec.yml', path.join(build, 'link.yml'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) =>
  spawnSync(
    process.execPath,
    [SCRIPT, '--directory', build, '--built-by', 'https://ci.example.com/builds/42', ...args],
    { cwd: repository, encoding: 'utf8' },
  );
const read = (bytes: Buffer) =>
  readSignedArchive(
    { size: bytes.length, read: async (start, end) => bytes.subarray(start, end) },
    manifestKeysFrom([key.encoded]),
    true,
  );
const filesBelow = (below: string): string[] =>
  fs
    .readdirSync(path.join(build, below))
    .map((name) => path.join(below, name))
    .flatMap((one) => (fs.statSync(path.join(build, one)).isDirectory() ? filesBelow(one) : one));

/** Packs the folder: as the recipe does, where there is `zip`. */
const packed = (): Buffer => {
  const archive = path.join(folder, 'orders.zip');
  fs.rmSync(archive, { force: true });
  if (!hasZip)
    return zip(filesBelow('').map((name) => ({ name, content: fs.readFileSync(path.join(build, name)) })));
  execFileSync('zip', ['-qr', archive, '.'], { cwd: build });
  return fs.readFileSync(archive);
};

it('signs what a build packs, with its whole history', async () => {
  const { status, stderr } = run('--key', keyFile, '--pushed-by', 'dana', '--pushed-by', 'erin');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const manifest = await read(packed());
  const head = git('rev-parse', 'HEAD');
  expect(manifest).toMatchObject({
    head,
    builtBy: 'https://ci.example.com/builds/42',
    pushedBy: ['dana', 'erin'],
  });
  expect([...manifest.contents.keys()].sort()).toEqual(['app/.hidden \u00e9', 'appspec.yml', 'link.yml']);
  expect([...manifest.commits.keys()].sort()).toEqual(git('rev-list', 'HEAD').split('\n').sort());
  expect(manifest.commits.get(head)).toEqual({
    commitId: head,
    parents: [git('rev-parse', 'HEAD^1'), git('rev-parse', 'HEAD^2')],
    author: { name: 'Dana\u00e9', email: 'dana@example.com' },
    committer: { name: 'Erin', email: 'erin@example.com' },
    message: 'Merge\n',
  });
  expect(manifest.commits.get(git('rev-parse', 'HEAD^1'))?.message).toBe('');
  expect(manifest.commits.get(git('rev-list', '--max-parents=0', 'HEAD'))?.message).toContain(
    'Co-authored-by: Quinn <quinn@example.com>',
  );
});

it('leaves the signature to openssl, or to who else holds the key', async () => {
  fs.writeFileSync(path.join(build, 'lockstep.json.sig'), 'of an earlier build');
  expect(run().status).toBe(0);
  expect(fs.existsSync(path.join(build, 'lockstep.json.sig'))).toBe(false);
  if (!hasOpenSsl) return;
  const signature = execFileSync('openssl', [
    'dgst',
    '-sha256',
    '-sign',
    keyFile,
    path.join(build, 'lockstep.json'),
  ]);
  // In lines, as the program base64 writes it.
  fs.writeFileSync(
    path.join(build, 'lockstep.json.sig'),
    signature.toString('base64').replace(/.{76}/g, '$&\n'),
  );
  expect(await read(packed())).toMatchObject({ head: git('rev-parse', 'HEAD') });
});

it('leaves out what leads to a commit that is in Prod', async () => {
  expect(run('--key', keyFile, '--base', 'HEAD^1').status).toBe(0);
  const { commits } = await read(packed());
  expect([...commits.keys()].sort()).toEqual([git('rev-parse', 'HEAD'), git('rev-parse', 'HEAD^2')].sort());
});

it('fails in a shallow clone, whose history ends without a sign of it', () => {
  const shallow = path.join(folder, 'shallow');
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repository}`, shallow]);
  const { status, stderr } = run('--repository', shallow);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining('Run "git fetch --unshallow" first.'),
  });
  expect(fs.existsSync(path.join(build, 'lockstep.json'))).toBe(false);
});

it('fails without a folder or a builder', () => {
  for (const args of [[], ['--directory', build], ['--built-by', 'x']])
    expect(spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('usage:'),
    });
});

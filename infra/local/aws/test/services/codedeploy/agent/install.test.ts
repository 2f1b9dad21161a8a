import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createDirectoryFiles } from '../../../../instances/directory-system.ts';
import { bytePath, type FileChange, type InstanceSystem } from '../../../../instances/instance-system.ts';
import { type AppSpec, parseAppSpec } from '../../../../services/codedeploy/agent/appspec.ts';
import { install } from '../../../../services/codedeploy/agent/install.ts';
import { BundleError, unpackBundle } from '../../../../services/shared/unpack-bundle.ts';
import { type BundleFile, zipOf } from '../../../instances/application.ts';

let directory: string;
const archive = () => path.join(root(), 'archive');
const root = () => path.join(directory, 'root');

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-install-'));
  fs.mkdirSync(root());
});

afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(directory, { recursive: true, force: true });
});

const specOf = (rest: string) => parseAppSpec(Buffer.from(`version: 0.0\nos: linux\n${rest}`));
const unpack = async (files: Record<string, BundleFile>) => unpackBundle(await zipOf(files), archive());
const installed = (
  spec: AppSpec,
  defaultBehavior: 'DISALLOW' | 'OVERWRITE' | 'RETAIN' = 'DISALLOW',
  system: Pick<InstanceSystem, 'files' | 'hasUsers' | 'hasContexts'> = {
    files: createDirectoryFiles(root()),
    hasUsers: false,
    hasContexts: false,
  },
) =>
  install({
    system,
    spec,
    archive: '/archive',
    cleanupFile: path.join(directory, 'agent', 'installed.json'),
    defaultBehavior,
  });
const read = (file: string) => fs.readFileSync(path.join(root(), file), 'utf8');
const modeOf = (file: string) => (fs.statSync(path.join(root(), file)).mode & 0o777).toString(8);

describe('unpacking', () => {
  it('keeps modes and symbolic links', async () => {
    await unpack({ 'run.sh': 'x', 'data/a': 'y', link: { text: 'data/a', mode: 0o120777 } });
    expect(fs.statSync(path.join(archive(), 'run.sh')).mode & 0o777).toBe(0o755);
    expect(fs.readlinkSync(path.join(archive(), 'link'))).toBe('data/a');
    expect(fs.readFileSync(path.join(archive(), 'link'), 'utf8')).toBe('y');
  });

  it('fails for what is no zip, and names that lead out', async () => {
    await expect(unpackBundle(Buffer.from('no zip'), archive())).rejects.toThrow(BundleError);
    const evil = await zipOf({ 'aa/evil': 'x' });
    const text = evil.toString('latin1').replaceAll('aa/evil', '../evil');
    await expect(unpackBundle(Buffer.from(text, 'latin1'), archive())).rejects.toThrow(BundleError);
    expect(fs.existsSync(path.join(directory, 'evil'))).toBe(false);
  });
});

describe('installing', () => {
  it('copies directories’ content and single files below the root', async () => {
    await unpack({ 'app/a.txt': 'a', 'app/deep/b.txt': 'b', 'conf.ini': 'c' });
    await installed(
      specOf(
        'files:\n  - {source: app, destination: /opt/app}\n  - {source: conf.ini, destination: /etc/app}\n',
      ),
    );
    expect([read('opt/app/a.txt'), read('opt/app/deep/b.txt'), read('etc/app/conf.ini')]).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('stays below the root for any destination', async () => {
    await unpack({ a: 'a' });
    await installed(specOf('files:\n  - {source: a, destination: /../../opt}\n'));
    expect(read('opt/a')).toBe('a');
  });

  it('removes what the deployment before installed, and nothing else', async () => {
    const spec = specOf('files:\n  - {source: app, destination: /opt/app}\n');
    await unpack({ 'app/old/a': 'a', 'app/b': 'b' });
    await installed(spec);
    fs.writeFileSync(path.join(root(), 'opt/app/data'), 'made by the application');
    await unpack({ 'app/b': 'new' });
    await installed(spec);
    expect(fs.readdirSync(path.join(root(), 'opt/app')).sort()).toEqual(['b', 'data']);
    expect(read('opt/app/b')).toBe('new');
  });

  it.each([
    ['DISALLOW', /already exists at this location: \/opt\/a\. Set file_exists_behavior/, 'theirs'],
    ['OVERWRITE', undefined, 'ours'],
    ['RETAIN', undefined, 'theirs'],
  ] as const)('with a file in the way and %s', async (behavior, error, content) => {
    await unpack({ a: 'ours' });
    fs.mkdirSync(path.join(root(), 'opt'));
    fs.writeFileSync(path.join(root(), 'opt/a'), 'theirs');
    const act = () => installed(specOf('files:\n  - {source: a, destination: /opt}\n'), behavior);
    if (error) await expect(act()).rejects.toThrow(error);
    else await act();
    expect(read('opt/a')).toBe(content);
  });

  it('lets the appspec’s behavior win over the deployment’s', async () => {
    await unpack({ a: 'ours' });
    fs.writeFileSync(path.join(root(), 'a'), 'theirs');
    await installed(specOf('files:\n  - {source: a, destination: /}\nfile_exists_behavior: OVERWRITE\n'));
    expect(read('a')).toBe('ours');
  });

  it('sets modes by pattern and type, and warns of owners that the instance does not have', async () => {
    await unpack({ 'app/a.sh': 'a', 'app/b.txt': 'b', 'app/keep.sh': 'k' });
    const notes = await installed(
      specOf(`files:
  - {source: app, destination: /opt/app}
permissions:
  - {object: /opt/app, pattern: "*.sh", except: [keep.sh], mode: "0500", type: [file], owner: web}
`),
    );
    expect([modeOf('opt/app/a.sh'), modeOf('opt/app/b.txt'), modeOf('opt/app/keep.sh')]).toEqual([
      '500',
      '644',
      '755',
    ]);
    expect(notes).toEqual([expect.stringContaining('owner is not set here')]);
  });

  it('sets mode, ACL, context and owner, in this order, on an instance that has users (A23)', async () => {
    await unpack({ 'app/a': 'a' });
    const files = createDirectoryFiles(root());
    const changes: FileChange[] = [];
    const needUsers = ['acl', 'context', 'owner'];
    const system = {
      hasUsers: true,
      hasContexts: true,
      files: {
        ...files,
        apply: async (all: readonly FileChange[]) => {
          changes.push(...all);
          await files.apply(all.filter(({ kind }) => !needUsers.includes(kind)));
        },
      },
    };
    const rule =
      '{object: /opt/app, owner: web, group: www, mode: "0640", acls: ["u:web:r"], context: {type: t}, type: [file]}';
    const spec = specOf(`files:\n  - {source: app, destination: /opt/app}\npermissions:\n  - ${rule}\n`);
    expect(await installed(spec, 'DISALLOW', system)).toEqual([]);
    const file = '/opt/app/a';
    expect(changes.slice(-5)).toEqual([
      { kind: 'copy', from: '/archive/app/a', path: file },
      { kind: 'mode', path: file, mode: 0o640 },
      { kind: 'acl', path: file, entries: ['user:web:r--'] },
      { kind: 'context', path: file, type: 't' },
      { kind: 'owner', path: file, owner: 'web', group: 'www' },
    ]);
  });

  it('leaves what it did not come to, if it fails, to whom it belongs', async () => {
    await unpack({ 'app/a': 'ours', 'app/b': { text: 'x', mode: 0o120777 }, 'app/c': 'ours' });
    fs.mkdirSync(path.join(root(), 'opt'));
    for (const name of ['b', 'c']) fs.writeFileSync(path.join(root(), 'opt', name), 'theirs');
    const spec = specOf('files:\n  - {source: app, destination: /opt}\n');
    await expect(installed(spec, 'OVERWRITE')).rejects.toThrow('EEXIST');
    await installed(specOf(''));
    expect(fs.existsSync(path.join(root(), 'opt/a'))).toBe(false);
    expect(read('opt/c')).toBe('theirs');
  });

  it('leads no path out of the instance, by no link', async () => {
    await unpack({ 'app/a': 'a', circle: { text: 'circle', mode: 0o120777 } });
    const files = createDirectoryFiles(root());
    const out = path.join(directory, 'out');
    fs.symlinkSync(out, path.join(root(), 'absolute'));
    fs.symlinkSync('../../../../../../../../out', path.join(root(), 'relative'));
    fs.symlinkSync(path.join(root(), 'place'), path.join(root(), 'destdir'));
    for (const link of ['absolute', 'relative', 'destdir'])
      await installed(specOf(`files:\n  - {source: app/a, destination: /${link}/dir}\n`)).catch(
        () => undefined,
      );
    expect(fs.existsSync(out)).toBe(false);
    expect(fs.existsSync('/out')).toBe(false);
    await expect(files.kindsOf([bytePath('/archive/circle')])).rejects.toThrow('Too many levels');
  });
});

describe('a process killed while it installs', () => {
  const spec = specOf(`files:
  - {source: app, destination: /opt/app}
permissions:
  - {object: /opt/app, pattern: "*.sh", mode: "0500", type: [file]}
`);

  /** The calls that change something. Writing may be stopped with half of it written; the others are done or not. */
  const changes = [
    'rmSync',
    'rmdirSync',
    'mkdirSync',
    'writeFileSync',
    'renameSync',
    'copyFileSync',
    'unlinkSync',
    'utimesSync',
    'chmodSync',
  ] as const;

  /** Lets so many changes through, and stops at the next; never at one if there are not as many. */
  const killAfter = (count: number) => {
    let done = 0;
    for (const name of changes) {
      const real = fs[name] as (...values: unknown[]) => unknown;
      jest.spyOn(fs, name).mockImplementation(((...values: unknown[]) => {
        if (done++ < count) return real(...values);
        if (name === 'writeFileSync') real(values[0], String(values[1]).slice(0, 3), values[2]);
        throw new Error('killed');
      }) as never);
    }
  };

  const tree = () =>
    fs
      .readdirSync(root(), { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => [name, modeOf(name), fs.statSync(path.join(root(), name)).isFile() && read(name)]);

  /** An instance with the old version, on which the new is to be installed. */
  const withOldVersion = async () => {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.mkdirSync(root(), { recursive: true });
    await unpack({ 'app/old/a': 'a', 'app/run.sh': 'old' });
    await installed(spec);
    await unpack({ 'app/new/b': 'b', 'app/run.sh': 'new' });
  };

  it('has the same installed when it does it again, at any change where it was killed', async () => {
    await withOldVersion();
    await installed(spec);
    const wanted = tree();
    expect(wanted.map(([name]) => name).filter((name) => !String(name).startsWith('archive'))).toEqual([
      'opt',
      'opt/app',
      'opt/app/new',
      'opt/app/new/b',
      'opt/app/run.sh',
    ]);
    let kills = 0;
    for (let killed = true; killed; ) {
      await withOldVersion();
      killAfter(kills);
      try {
        await installed(spec);
        killed = false;
      } catch (error) {
        expect((error as Error).message).toContain('killed');
        kills++;
      }
      jest.restoreAllMocks();
      if (killed) await installed(spec);
      expect(tree()).toEqual(wanted);
    }
    expect(kills).toBeGreaterThan(changes.length);
  });
});

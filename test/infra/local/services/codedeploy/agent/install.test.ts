import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { parseAppspec } from '../../../../../../infra/local/services/codedeploy/agent/appspec.ts';
import { BundleError, unpack } from '../../../../../../infra/local/services/codedeploy/agent/bundle.ts';
import {
  InstallError,
  installFiles,
} from '../../../../../../infra/local/services/codedeploy/agent/install.ts';

let directory: string;
beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-agent-')));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const zip = async (entries: Readonly<Record<string, { content: string; mode?: number }>>) => {
  const file = new ZipFile();
  for (const [name, { content, mode = 0o100644 }] of Object.entries(entries)) {
    file.addBuffer(Buffer.from(content), name, { mode });
  }
  file.end();
  return new Uint8Array(await buffer(file.outputStream));
};

describe('a bundle', () => {
  it('is unpacked with its modes and inner links, over what was there', async () => {
    const archive = path.join(directory, 'archive');
    fs.mkdirSync(archive);
    fs.writeFileSync(path.join(archive, 'old'), '');
    const bundle = await zip({
      'scripts/start.sh': { content: '#!/bin/sh\n', mode: 0o100755 },
      'server.js': { content: 'ok' },
      'current.js': { content: 'server.js', mode: 0o120777 },
    });
    await unpack(bundle, archive);
    expect(fs.readdirSync(archive).sort()).toEqual(['current.js', 'scripts', 'server.js']);
    expect(fs.statSync(path.join(archive, 'scripts/start.sh')).mode & 0o777).toBe(0o755);
    expect(fs.readFileSync(path.join(archive, 'current.js'), 'utf8')).toBe('ok');
  });

  it('fails when it is no zip', async () => {
    await expect(unpack(new Uint8Array([1, 2, 3]), directory)).rejects.toThrow(BundleError);
  });

  it('fails when a link leads outside', async () => {
    const bundle = await zip({ passwd: { content: '../../etc/passwd', mode: 0o120777 } });
    await expect(unpack(bundle, path.join(directory, 'archive'))).rejects.toThrow('which lies outside of it');
  });
});

describe('installing', () => {
  const appspec = (behaviour = 'DISALLOW', more = '') =>
    parseAppspec(
      `version: 0.0\nos: linux\nfile_exists_behavior: ${behaviour}\nfiles:\n  - source: /app\n    destination: /opt/orders\n${more}`,
    );
  const installation = (spec = appspec(), earlier: readonly string[] = []) => ({
    appspec: spec,
    archive: path.join(directory, 'archive'),
    root: path.join(directory, 'root'),
    earlier,
  });
  const onInstance = (file: string) => path.join(directory, 'root', file);
  const place = (file: string, content: string) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  };
  beforeEach(() => place(path.join(directory, 'archive/app/lib/server.js'), 'new'));

  it('copies directories and tells what it installed', () => {
    expect(installFiles(installation())).toEqual(['/opt/orders/lib/server.js']);
    expect(fs.readFileSync(onInstance('/opt/orders/lib/server.js'), 'utf8')).toBe('new');
  });

  it('copies a single file into the destination directory', () => {
    const spec = parseAppspec(
      'version: 0.0\nos: linux\nfiles:\n  - source: app/lib/server.js\n    destination: /srv\n',
    );
    expect(installFiles(installation(spec))).toEqual(['/srv/server.js']);
  });

  it('removes what an earlier deployment installed and this one does not', () => {
    place(onInstance('/opt/orders/old.js'), 'old');
    place(onInstance('/opt/orders/kept.txt'), 'not ours');
    installFiles(installation(appspec(), ['/opt/orders/old.js']));
    expect(fs.readdirSync(onInstance('/opt/orders')).sort()).toEqual(['kept.txt', 'lib']);
  });

  it('fails on a file that no deployment put there', () => {
    place(onInstance('/opt/orders/lib/server.js'), 'mine');
    expect(() => installFiles(installation())).toThrow(InstallError);
    expect(() => installFiles(installation())).toThrow(
      'already exists at this location: /opt/orders/lib/server.js',
    );
    expect(fs.readFileSync(onInstance('/opt/orders/lib/server.js'), 'utf8')).toBe('mine');
  });

  it.each([
    ['OVERWRITE', 'new'],
    ['RETAIN', 'mine'],
  ])('does as file_exists_behavior %s says', (behaviour, content) => {
    place(onInstance('/opt/orders/lib/server.js'), 'mine');
    installFiles(installation(appspec(behaviour)));
    expect(fs.readFileSync(onInstance('/opt/orders/lib/server.js'), 'utf8')).toBe(content);
  });

  it('replaces what an earlier deployment put there, and may be repeated', () => {
    place(onInstance('/opt/orders/lib/server.js'), 'older');
    const again = installation(appspec(), ['/opt/orders/lib/server.js']);
    installFiles(again);
    installFiles(again);
    expect(fs.readFileSync(onInstance('/opt/orders/lib/server.js'), 'utf8')).toBe('new');
  });

  it('sets modes on what a pattern means', () => {
    place(path.join(directory, 'archive/app/run.sh'), '');
    const permissions =
      'permissions:\n  - object: /opt/orders\n    pattern: "*.sh"\n    mode: 750\n    type: [file]\n';
    installFiles(installation(appspec('DISALLOW', permissions)));
    expect(fs.statSync(onInstance('/opt/orders/run.sh')).mode & 0o777).toBe(0o750);
    expect(fs.statSync(onInstance('/opt/orders/lib/server.js')).mode & 0o777).not.toBe(0o750);
  });

  it('fails on a source that the revision does not hold', () => {
    const spec = parseAppspec('version: 0.0\nos: linux\nfiles:\n  - source: dist\n    destination: /opt\n');
    expect(() => installFiles(installation(spec))).toThrow(
      '"dist" of appspec.yml\'s files is not in the revision',
    );
  });
});

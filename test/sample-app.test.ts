import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../infra/local/run/synthesize.ts';

const sample = path.join(projectRoot, 'infra/local/run/sample-app');

describe('the sample application', () => {
  it('T31: its files replace those in the way', () => {
    const appspec = parse(fs.readFileSync(path.join(sample, 'appspec.yml'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(appspec.file_exists_behavior).toBe('OVERWRITE');
  });

  it('T31: it can be stopped when it does not run, again and again, as a later revision’s deployment does', () => {
    const root = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-sample-'));
    const stop = () =>
      spawnSync('sh', [path.join(sample, 'scripts/application-stop.sh')], {
        env: { PATH: process.env.PATH ?? '', DESTDIR: root, PORT: '1' },
        encoding: 'utf8',
      });
    expect(stop()).toMatchObject({ status: 0, stdout: 'The server does not run.\n' });
    // The process that the file names has long ended.
    fs.mkdirSync(path.join(root, 'var/run'), { recursive: true });
    fs.writeFileSync(path.join(root, 'var/run/sample-app.pid'), '4194304\n');
    for (let time = 0; time < 2; time++)
      expect(stop()).toMatchObject({ status: 0, stdout: 'The server does not run.\n' });
    fs.rmSync(root, { recursive: true, force: true });
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hasEnvironment, listProcesses } from '../../../instances/processes.ts';
import type { DeploymentRecord } from '../../../services/codedeploy/records.ts';
import { openStore } from '../../../store.ts';
import { applicationOf } from '../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  eventually,
  get,
  setUpBlueGreen,
  setUpInPlace,
} from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

let stateDir: string;

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-resume-'));
});

afterEach(() => fs.rmSync(stateDir, { recursive: true, force: true }));

describe('a stopped run', () => {
  it('ends the applications, and starts them again on the same ports', async () => {
    const store = openStore(stateDir);
    const first = createFleetHost({ store, stateDir });
    const [instanceId = ''] = (await setUpInPlace(first)).instanceIds;
    await ended(first, await deploy(first, 'qat', await first.revision('one.zip', applicationOf('one'))));
    const port = first.instances.machine(instanceId)?.port;
    await first.stop();
    await expect(get(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    const second = createFleetHost({ store, stateDir });
    await second.start();
    expect(await get(`http://127.0.0.1:${port}/`)).toMatchObject({ body: 'one' });
    const door = second.autoscaling.frontDoorPort('qat');
    expect(await get(`http://localhost:${door}/`)).toMatchObject({ body: 'one' });
    await second.stop();
  });

  it('serves base images’ stubs and the load balancer again', async () => {
    const store = openStore(stateDir);
    const first = createFleetHost({ store, stateDir });
    const { url } = await setUpBlueGreen(first);
    await first.stop();
    const second = createFleetHost({ store, stateDir });
    await second.start();
    expect(await eventually(async () => ((await get(url)).status === 200 ? true : undefined))).toBe(true);
    await second.stop();
  });
});

describe('a killed run', () => {
  const start = () =>
    spawn(
      process.execPath,
      ['--import', 'tsx', path.join(import.meta.dirname, 'survivor.ts'), stateDir],
      // The loader is found from the project's root.
      {
        cwd: path.resolve(import.meta.dirname, '../../../../..'),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
  const deploying = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`It ended with ${code}`)));
    });
  const over = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const hooks = () => {
    const file = path.join(stateDir, 'hooks.log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
  };

  it('goes on at the lifecycle event at which it was killed, as often as it is', async () => {
    const outcome = path.join(stateDir, 'outcome.json');
    let kills = 0;
    for (const lines of [3, 9, 16, Number.POSITIVE_INFINITY]) {
      const child = start();
      await deploying(child);
      const gone = over(child);
      await eventually(() => hooks().length >= lines || fs.existsSync(outcome) || undefined, 30);
      if (child.exitCode === null && lines < Number.POSITIVE_INFINITY) {
        child.kill('SIGKILL');
        kills++;
      }
      await gone;
    }
    expect(kills).toBe(3);
    expect(JSON.parse(fs.readFileSync(outcome, 'utf8'))).toEqual({ status: 'Succeeded' });
    const store = openStore(stateDir);
    expect(store.table<DeploymentRecord>('codedeploy.deployments').keys()).toHaveLength(1);
    expect(store.table('autoscaling.groups').keys()).toHaveLength(1);
    store.close();
    // Only the hook in which the run was killed is done again (and ApplicationStart, to have the application back).
    const ends = hooks().filter((line) => line.startsWith('end ') && !line.includes('ApplicationStart'));
    expect(new Set(ends).size).toBe(10);
    expect(ends.length).toBeLessThanOrEqual(10 + kills);
    const strays = listProcesses().filter(({ pid }) =>
      fs
        .readdirSync(path.join(stateDir, 'instances'))
        .some((id) => hasEnvironment(pid, 'DESTDIR', path.join(stateDir, 'instances', id, 'root'))),
    );
    expect(strays).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hookNames, parseAppSpec } from '../../../../infra/local/aws/services/codedeploy/agent/appspec.ts';
import type { BundleFile } from '../../../../infra/local/aws/test/instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  type FleetHost,
  get,
  setUpBlueGreen,
  targets,
} from '../../../../infra/local/aws/test/instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(60_000);

const source = path.resolve(import.meta.dirname, '../../../../infra/local/run/sample-app');
const commit = '0123456789abcdef0123456789abcdef01234567';

/** The sample application as `git archive` gives it for a commit. */
const bundle = (): Record<string, BundleFile> => {
  const files = fs
    .readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const text = fs.readFileSync(file, 'utf8').replace('$Format:%H$', commit);
      return [path.relative(source, file), { text, mode: fs.statSync(file).mode }];
    }),
  );
};

describe('the sample application', () => {
  let fleet: FleetHost;
  beforeEach(() => {
    fleet = createFleetHost();
  });
  afterEach(() => fleet.dispose());

  it('deploys blue/green by its own scripts and shows commit, deployment and instance', async () => {
    const { url } = await setUpBlueGreen(fleet, 1);
    const deploymentId = await deploy(fleet, 'prod', await fleet.revision('app.zip', bundle()));
    const info = await ended(fleet, deploymentId);
    expect(info.errorInformation).toBeUndefined();
    const instanceId = (await targets(fleet, deploymentId)).find(
      (one) => one.instanceLabel === 'Green',
    )?.targetId;
    expect(JSON.parse((await get(`${url}version`)).body)).toMatchObject({
      commit,
      deploymentId,
      deploymentGroup: 'prod',
      instanceId,
    });
    expect(await get(`${url}health`)).toMatchObject({ status: 200, body: 'ok\n' });
    const page = (await get(url)).body;
    for (const text of [commit, deploymentId, instanceId]) expect(page).toContain(text);
  });
});

it('the sample application’s appspec has every hook, and every script can be executed', () => {
  const spec = parseAppSpec(fs.readFileSync(path.join(source, 'appspec.yml')));
  expect(Object.keys(spec.hooks).toSorted()).toEqual([...hookNames].toSorted());
  for (const script of Object.values(spec.hooks).flat())
    expect(fs.statSync(path.join(source, script.location)).mode & 0o111).not.toBe(0);
});

it('the sample application’s own tests pass', () => {
  // As an instance or a build would run them, without what this test runner leaves in the environment.
  const output = execFileSync(process.execPath, ['--test', '--test-reporter', 'tap'], {
    cwd: source,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  expect(output).toMatch(/# pass [1-9]/);
  expect(output).toContain('# fail 0');
});

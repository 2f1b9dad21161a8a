import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { localConfiguration } from '../../infra/local/run/local-configuration.ts';
import { startLocalRun } from '../../infra/local/run/local-run.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { readSystem } from '../../infra/local/run/system.ts';
import { freePorts } from '../support/ports.ts';
import { type Configuration, synthesizeWith } from './support/assemblies.ts';

jest.setTimeout(400_000);

const folder = path.join(projectRoot, 'examples');
const examples = fs.readdirSync(folder).filter((file) => file.endsWith('.json'));
const read = (file: string): unknown => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'));

/** What the local run leaves out of an example, or why it does not start with it. */
const expected: Readonly<Record<string, readonly string[] | RegExp>> = {
  'company-sign-in.json': ['signIn.providers[0]', 'signIn.passwords'],
  'https.json': ['approvalsSite', 'env', 'applications[0].https'],
  'notifications.json': [
    'notifications[0]',
    'notifications[1]',
    'applications[1].notifications[0]',
    'applications[1].notifications[1]',
  ],
  'own-image.json': ['applications[0].image.parent'],
  's3-source.json': ['applications[0].source'],
  'two-accounts.json': /places environments in another account or region \(lockstep\.environments\)/,
};

/** Those whose local configuration has something that no other scenario deploys. */
const deployedHere = ['deployment-settings.json', 'existing-vpc.json', 'no-internet.json'];

it.each(examples)('%s is taken, with what is left out, or the reason is given', (file) => {
  const want = expected[file] ?? [];
  if (want instanceof RegExp) expect(() => localConfiguration(read(file))).toThrow(want);
  else expect(localConfiguration(read(file)).leftOut).toEqual(want);
});

it.each(deployedHere)('%s is deployed into a fresh directory', async (file) => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-example-'));
  try {
    const assemblyDirectory = path.join(directory, 'cdk.out');
    const { lockstep } = localConfiguration(read(file));
    await synthesizeWith(assemblyDirectory, () => lockstep as Configuration);
    const run = await startLocalRun({
      stateDir: directory,
      ports: await freePorts(),
      assemblyDirectory,
    });
    try {
      const { applications } = await readSystem(run);
      expect(applications.map(({ name }) => name)).toEqual(['orders']);
      expect(run.host.accessReport().denied).toEqual([]);
    } finally {
      await run.stop();
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

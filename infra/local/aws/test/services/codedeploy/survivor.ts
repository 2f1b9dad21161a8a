/** A process of its own that deploys blue/green, or goes on with the deployment that it finds: made to be killed. */
import fs from 'node:fs';
import path from 'node:path';
import type { DeploymentRecord } from '../../../services/codedeploy/records.ts';
import { openStore } from '../../../store.ts';
import { applicationOf } from '../../instances/application.ts';
import { createFleetHost, deploy, ended, setUpBlueGreen } from '../../instances/fleet-host.ts';

const [stateDir = ''] = process.argv.slice(2);
const store = openStore(stateDir);
const fleet = createFleetHost({ store, stateDir });
await fleet.start();

const events = [
  'BeforeInstall',
  'AfterInstall',
  'ApplicationStart',
  'ValidateService',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
];
const journal = path.join(stateDir, 'hooks.log');
/** Writes down each time that a hook begins and ends; takes long enough to be killed in between. */
const hook =
  '#!/bin/sh\n' +
  `echo "begin $LIFECYCLE_EVENT $PORT" >> "${journal}"; sleep 0.05\n` +
  'if [ "$LIFECYCLE_EVENT" = ApplicationStart ]; then sh "$(dirname "$0")/start.sh" || exit 1; fi\n' +
  `echo "end $LIFECYCLE_EVENT $PORT" >> "${journal}"\n`;
const appspec = [
  'version: 0.0',
  'os: linux',
  'files:',
  '  - source: server.cjs',
  '    destination: /opt/app',
  'hooks:',
  ...events.map((event) => `  ${event}:\n    - location: hook.sh`),
].join('\n');

let id = store.table<DeploymentRecord>('codedeploy.deployments').keys()[0];
if (id === undefined) {
  await setUpBlueGreen(fleet);
  const files = applicationOf('one', { 'appspec.yml': appspec, 'hook.sh': hook });
  id = await deploy(fleet, 'prod', await fleet.revision('one.zip', files));
}
console.log('deploying');
const { status, errorInformation } = await ended(fleet, id);
fs.writeFileSync(path.join(stateDir, 'outcome.json'), JSON.stringify({ status, errorInformation }));
await fleet.stop();
process.exit(0);

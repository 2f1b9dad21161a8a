import type { Host } from '../../../host.ts';
import type { JournalLine } from '../../../journal-records.ts';
import type { Fleet } from '../../../services/codedeploy/deployment-fleet.ts';
import type { Steps } from '../../../services/codedeploy/deployment-steps.ts';
import { createSteps } from '../../../services/codedeploy/deployment-steps.ts';
import { deployInPlace } from '../../../services/codedeploy/in-place.ts';
import {
  codeDeployTables,
  type DeploymentRecord,
  type GroupRecord,
} from '../../../services/codedeploy/records.ts';
import { createMemoryStore } from '../../../store.ts';

const deployment = {
  id: 'd-1',
  applicationName: 'shop',
  groupName: 'qat',
  status: 'InProgress',
} as DeploymentRecord;

/** Deploys to three instances from what a journal holds. @returns which were deployed to */
const deploy = async (
  before: readonly JournalLine[],
  onLine: (line: JournalLine) => void = () => undefined,
) => {
  const host = { clock: { now: () => 0 }, store: createMemoryStore(before, onLine) } as Host;
  const tables = codeDeployTables(host);
  const real = createSteps(host, tables, {} as never);
  const done: string[] = [];
  const steps: Steps = {
    ...real,
    run: async ({ instanceId }) => {
      done.push(instanceId);
      return true;
    },
    succeed: async () => undefined,
  };
  const fleet = { instances: async () => ['i-1', 'i-2', 'i-3'] } as unknown as Fleet;
  await deployInPlace(tables, steps, fleet, {} as GroupRecord, deployment, { type: 'HOST_COUNT', value: 0 });
  return done;
};

it('deploys to every instance, after whichever of its first records it is taken up again', async () => {
  const created: JournalLine = { t: 'codedeploy.deployments', k: 'd-1', v: deployment };
  const lines = [created];
  await deploy([created], (line) => lines.push(line));
  expect(lines).toHaveLength(5);
  for (let length = 1; length <= lines.length; length++)
    expect(await deploy(lines.slice(0, length))).toEqual(['i-1', 'i-2', 'i-3']);
});

import type { Host } from '../../host.ts';
import { alarmsThatAreOn } from '../shared/alarm-states.ts';
import { DeploymentFailedError, DeploymentStoppedError } from './deployment-errors.ts';
import {
  type CodeDeployTables,
  changeDeployment,
  findDeployment,
  type GroupRecord,
  groupOf,
} from './records.ts';

/** The alarms that a deployment group watches. */
const watchedBy = ({ settings: { alarmConfiguration } }: GroupRecord): readonly string[] =>
  alarmConfiguration?.enabled === true
    ? (alarmConfiguration.alarms ?? []).flatMap(({ name }) => name ?? [])
    : [];

/**
 * Stops a deployment that somebody asked to stop, or whose alarms are on: from before it starts until blue is terminated. An
 * instance that Auto Scaling launched gets its revision all the same.
 * @throws DeploymentStoppedError
 * @see https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
 */
export const checkStop = (host: Host, tables: CodeDeployTables, deploymentId: string): void => {
  const deployment = findDeployment(tables, deploymentId);
  if (deployment.stop) throw new DeploymentStoppedError();
  const group = groupOf(tables, deployment);
  if (!group || deployment.launch) return;
  const alarms = alarmsThatAreOn(host, watchedBy(group));
  if (alarms.length === 0) return;
  const { enabled, events = [] } = group.settings.autoRollbackConfiguration ?? {};
  const rollsBack = enabled === true && events.includes('DEPLOYMENT_STOP_ON_ALARM');
  changeDeployment(tables, deploymentId, { stop: { rollsBack, alarms } });
  throw new DeploymentStoppedError();
};

/** CodeDeploy's words for a stop that alarms have asked for. */
export const alarmError = (alarms: readonly string[]): DeploymentFailedError =>
  new DeploymentFailedError(
    'ALARM_ACTIVE',
    `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${alarms.map((name) => `<${name}>`).join(', ')}`,
  );

/** Reads the states of alarms under the group's service role once: what it may not do is a failure of each poll on AWS. */
export const authorizeAlarms = (host: Host, group: GroupRecord, groupArn: string): void => {
  for (const name of watchedBy(group))
    host.authorize(
      host.assumeRole(group.settings.serviceRoleArn ?? '', 'codedeploy.amazonaws.com', groupArn),
      {
        action: 'cloudwatch:DescribeAlarms',
        resource: `arn:${host.partition}:cloudwatch:${host.region}:${host.accountId}:alarm:${name}`,
      },
    );
};

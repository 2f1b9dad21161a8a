/** CodeDeploy application and deployment group; another name is another fleet. */
export interface FleetNames {
  readonly applicationName: string;
  readonly deploymentGroupName: string;
}

/** Properties of the custom resource that keeps Prod's fleet: what the construct sets and the handlers read. */
export interface ProdFleetProperties extends FleetNames {
  /** CodeDeploy's service role (T06). */
  readonly serviceRoleArn: string;
  readonly deploymentConfigName: string;
  readonly targetGroupName: string;
  readonly targetGroupArn: string;
  /** What Prod launches from; its image is resolved from the SSM parameter (T11). */
  readonly launchTemplateId: string;
  /** What the first instances launch from: a public image, the CodeDeploy agent, a stub that answers the health check (T07). */
  readonly seedLaunchTemplateId: string;
  readonly subnetIds: readonly string[];
  readonly minSize: number;
  readonly maxSize: number;
  /** Instances that the first group starts with, at least 1. */
  readonly desiredCapacity: number;
  /** Seconds before a failing health check of the load balancer replaces a new instance. */
  readonly healthCheckGraceSeconds: number;
  /** Minutes that a deployment waits, before traffic moves, until the new instances are seen to be right; then CodeDeploy stops it. */
  readonly cutOverMinutes: number;
  /** Minutes that the old fleet stays after traffic has moved (T08). */
  readonly soakMinutes: number;
  /** Whether CodeDeploy takes a failed deployment back by itself. @default true */
  readonly rollbackOnFailure?: boolean;
  /** CloudWatch alarms that stop a deployment and take it back. @default none */
  readonly alarmNames?: readonly string[];
  /** Tags of the groups and their instances, beside Lockstep's own. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Tag by which Lockstep knows its Prod groups: CodeDeploy copies it from group to group (T05). */
export const FLEET_TAG = 'lockstep:fleet';

/** The tag's value, and the physical id of the custom resource. */
export const fleetKey = ({ applicationName, deploymentGroupName }: FleetNames): string =>
  `${applicationName}/${deploymentGroupName}`;

/** Name of the fleet's first Auto Scaling group. */
export const seedName = ({ applicationName, deploymentGroupName }: FleetNames): string =>
  `${applicationName}-${deploymentGroupName}-seed`;

const wrong = (raw: Readonly<Record<string, unknown>>, name: string, remedy: string): TypeError =>
  new TypeError(`Prod fleet: property ${name} is ${JSON.stringify(raw[name])}; ${remedy}`);
function textIn(raw: Readonly<Record<string, unknown>>, name: string): string {
  const value = raw[name];
  if (typeof value !== 'string' || value === '') throw wrong(raw, name, 'give a text');
  return value;
}
function numberIn(raw: Readonly<Record<string, unknown>>, name: string): number {
  const value = raw[name];
  if (!/^\d+$/.test(String(value))) throw wrong(raw, name, 'give a whole number of 0 or more');
  return Number(value);
}

/** The names alone, which are all that deleting needs, even if other properties are wrong. @throws TypeError as `readProdFleetProperties` */
export const readFleetNames = (raw: Readonly<Record<string, unknown>>): FleetNames => ({
  applicationName: textIn(raw, 'applicationName'),
  deploymentGroupName: textIn(raw, 'deploymentGroupName'),
});

const texts = [
  'applicationName',
  'deploymentGroupName',
  'serviceRoleArn',
  'deploymentConfigName',
  'targetGroupName',
  'targetGroupArn',
  'launchTemplateId',
  'seedLaunchTemplateId',
] as const;
const numbers = [
  'minSize',
  'maxSize',
  'desiredCapacity',
  'healthCheckGraceSeconds',
  'cutOverMinutes',
  'soakMinutes',
] as const;

/**
 * The properties as CloudFormation hands them over: it makes numbers text.
 * @throws TypeError that names the property, the value and the remedy
 */
export function readProdFleetProperties(raw: Readonly<Record<string, unknown>>): ProdFleetProperties {
  const { subnetIds, tags = {}, rollbackOnFailure = true, alarmNames = [] } = raw;
  if (!Array.isArray(subnetIds) || subnetIds.length === 0 || subnetIds.some((id) => typeof id !== 'string'))
    throw wrong(raw, 'subnetIds', 'give at least one subnet id');
  if (typeof tags !== 'object' || tags === null || Object.values(tags).some((tag) => typeof tag !== 'string'))
    throw wrong(raw, 'tags', 'give texts by name');
  if (!/^(true|false)$/.test(String(rollbackOnFailure)))
    throw wrong(raw, 'rollbackOnFailure', 'give true or false');
  if (!Array.isArray(alarmNames) || alarmNames.some((name) => typeof name !== 'string'))
    throw wrong(raw, 'alarmNames', 'give a list of names');
  const properties = {
    ...Object.fromEntries(texts.map((name) => [name, textIn(raw, name)])),
    ...Object.fromEntries(numbers.map((name) => [name, numberIn(raw, name)])),
    subnetIds,
    tags,
    rollbackOnFailure: String(rollbackOnFailure) === 'true',
    alarmNames,
  } as unknown as ProdFleetProperties;
  const { minSize, maxSize, desiredCapacity } = properties;
  if (desiredCapacity < 1 || desiredCapacity < minSize || desiredCapacity > maxSize)
    throw wrong(
      raw,
      'desiredCapacity',
      `give a number from ${Math.max(1, minSize)} to ${maxSize}: a deployment needs an instance to copy, and minSize and maxSize hold`,
    );
  return properties;
}

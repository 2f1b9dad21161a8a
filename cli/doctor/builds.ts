import { DescribeSecretCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import { paginateDescribeParameters } from '@aws-sdk/client-ssm';
import { allItems } from '../../tasks/all-items.ts';
import { declared, type SynthesizedStack } from './assembly.ts';
import { type Finding, fault } from './finding.ts';
import { type Place, placeName } from './place.ts';
import { limitOf, type Quota, quotaFindings } from './quotas.ts';

/** What a project of CodeBuild declares of its machine. */
interface BuildEnvironment {
  readonly Type?: string;
  readonly ComputeType?: string;
  readonly EnvironmentVariables?: readonly { readonly Type?: string; readonly Value?: unknown }[];
}

const environments = (stacks: readonly SynthesizedStack[]): readonly BuildEnvironment[] =>
  declared(stacks, 'AWS::CodeBuild::Project').map(
    ({ properties }) => (properties.Environment ?? {}) as BuildEnvironment,
  );

const concurrent = (machine: string, code: string): Quota => ({
  service: 'codebuild',
  code,
  title: `concurrent CodeBuild builds (${machine})`,
});

/**
 * By type and compute type; each has its own. Codes as Service Quotas lists them.
 * @see https://docs.aws.amazon.com/general/latest/gr/codebuild.html
 */
const quotas: Readonly<Record<string, Quota>> = {
  'LINUX_CONTAINER BUILD_GENERAL1_SMALL': concurrent('Linux/Small', 'L-9D07B6EF'),
  'LINUX_CONTAINER BUILD_GENERAL1_MEDIUM': concurrent('Linux/Medium', 'L-2DC20C30'),
  'LINUX_CONTAINER BUILD_GENERAL1_LARGE': concurrent('Linux/Large', 'L-4DDC4A99'),
  'ARM_CONTAINER BUILD_GENERAL1_SMALL': concurrent('ARM/Small', 'L-5ED1D25B'),
  'ARM_CONTAINER BUILD_GENERAL1_LARGE': concurrent('ARM/Large', 'L-596BEAB4'),
};

/**
 * Whether CodeBuild runs a build at all: a new account may have a quota of 0, at which each start fails. One is enough, as builds beyond
 * it wait.
 * @see https://docs.aws.amazon.com/codebuild/latest/userguide/builds-working.html
 */
export const checkBuildQuotas = async (place: Place): Promise<readonly Finding[]> => {
  const machines = environments(place.stacks).map(({ Type, ComputeType }) => `${Type} ${ComputeType}`);
  const findings: Finding[] = [];
  for (const machine of new Set(machines)) {
    const quota = quotas[machine];
    if (quota === undefined) continue;
    const limit = await limitOf(place.clients.quotas, quota);
    findings.push(...quotaFindings(place, quota, { limit, inUse: 0, needed: 1 }));
  }
  return findings;
};

/** What builds read of one kind, each once. */
const read = ({ stacks }: Pick<Place, 'stacks'>, kind: string): readonly string[] => [
  ...new Set(
    environments(stacks)
      .flatMap(({ EnvironmentVariables = [] }) => EnvironmentVariables)
      .flatMap(({ Type, Value }) => (Type === kind && typeof Value === 'string' ? [Value] : [])),
  ),
];

/** Names that DescribeParameters takes in one filter. */
const MOST_NAMES = 50;

/** Parameters that builds read; only whether they are there, not what they hold. */
export const checkBuildParameters = async (place: Place): Promise<readonly Finding[]> => {
  const names = read(place, 'PARAMETER_STORE');
  const missing = new Set(names);
  for (let start = 0; start < names.length; start += MOST_NAMES) {
    const Values = names.slice(start, start + MOST_NAMES);
    const found = await allItems(
      paginateDescribeParameters(
        { client: place.clients.ssm },
        { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values }] },
      ),
      ({ Parameters }) => Parameters,
    );
    for (const { Name = '' } of found) missing.delete(Name);
  }
  return [...missing].map((name) =>
    fault(
      `A parameter that builds read is missing in ${placeName(place)}`,
      name,
      `aws ssm put-parameter --name ${name} --type SecureString --value … --region ${place.region}`,
    ),
  );
};

/** A secret's ARN, of a variable's value: `<arn>` or `<arn>:<key of its JSON>`. */
const secretArn = (value: string): string => value.split(':').slice(0, 7).join(':');

/** What is wrong with a secret. @param found undefined if there is none */
export const secretFindings = (
  place: Pick<Place, 'account' | 'region'>,
  arn: string,
  found: { readonly DeletedDate?: Date | undefined } | undefined,
): readonly Finding[] => {
  if (found === undefined)
    return [
      fault(
        `A secret that builds read is missing in ${placeName(place)}`,
        arn,
        'Create it, and give its ARN in the configuration: a secret that is created again has another one.',
      ),
    ];
  return found.DeletedDate === undefined
    ? []
    : [
        fault(
          `A secret that builds read is scheduled for deletion in ${placeName(place)}`,
          arn,
          `aws secretsmanager restore-secret --secret-id ${arn} --region ${place.region}`,
        ),
      ];
};

/** Secrets that builds read; only whether they are there, not what they hold. */
export const checkBuildSecrets = async (place: Place): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const SecretId of new Set(read(place, 'SECRETS_MANAGER').map(secretArn)))
    try {
      const found = await place.clients.secrets.send(new DescribeSecretCommand({ SecretId }));
      findings.push(...secretFindings(place, SecretId, found));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      findings.push(...secretFindings(place, SecretId, undefined));
    }
  return findings;
};

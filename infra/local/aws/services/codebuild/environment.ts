import type { Host, Principal } from '../../host.ts';
import { BuildFailure } from './build-failure.ts';
import type { Buildspec } from './buildspec.ts';
import { type BuildRecord, buildArn, type Variable } from './records.ts';

/** What the commands see: CodeBuild's own variables, the buildspec's, the project's, and the role's credentials. */
export const environmentOf = async (
  host: Host,
  role: Principal,
  { id, project, sourceVersion = '', source: given, ...build }: BuildRecord,
  spec: Buildspec,
  directory: string,
  source: string,
): Promise<Record<string, string>> => {
  // Variables that a build is started with replace the project's.
  const variables = new Map([...project.variables, ...build.variables].map((one) => [one.name, one]));
  const ofType = (wanted: Variable['type']) =>
    Object.fromEntries(
      [...variables.values()].flatMap(({ name, type, value }) => (type === wanted ? [[name, value]] : [])),
    );
  const parameters = { ...spec.parameters, ...ofType('PARAMETER_STORE') };
  const secrets = { ...spec.secrets, ...ofType('SECRETS_MANAGER') };
  const credentials = host.credentialsFor(role);
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: directory,
    LANG: process.env.LANG ?? 'C.UTF-8',
    AWS_REGION: host.region,
    AWS_DEFAULT_REGION: host.region,
    AWS_ENDPOINT_URL: host.endpointUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    CODEBUILD_BUILD_ID: id,
    CODEBUILD_BUILD_ARN: buildArn(host, id),
    CODEBUILD_INITIATOR: given === undefined ? 'lockstep' : 'codepipeline',
    CODEBUILD_RESOLVED_SOURCE_VERSION: sourceVersion,
    CODEBUILD_SRC_DIR: source,
    LOCKSTEP_BUILD: directory,
    ...spec.variables,
    ...(await parameterValues(host, role, parameters)),
    ...(await secretValues(host, role, secrets)),
    ...ofType('PLAINTEXT'),
  };
};

const parameterValues = async (
  host: Host,
  role: Principal,
  parameters: Readonly<Record<string, string>>,
): Promise<Record<string, string>> => {
  const names = [...new Set(Object.values(parameters))];
  const values = new Map<string, string>();
  if (names.length > 0) {
    try {
      const answer = await host.call<{
        Parameters?: { Name?: string; Value?: string }[];
        InvalidParameters?: string[];
      }>(role, 'ssm', 'GetParameters', { Names: names, WithDecryption: true });
      for (const { Name = '', Value = '' } of answer.Parameters ?? []) values.set(Name, Value);
    } catch (error) {
      throw new BuildFailure(
        'DOWNLOAD_SOURCE',
        'CLIENT_ERROR',
        `The SSM parameters ${names.join(', ')} cannot be read: ${(error as Error).message}`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([variable, name]) => {
      const value = values.get(name);
      if (value === undefined)
        throw new BuildFailure(
          'DOWNLOAD_SOURCE',
          'CLIENT_ERROR',
          `The variable ${variable} comes from the SSM parameter ${name}, which does not exist. ` +
            `Create it (aws ssm put-parameter --name ${name} --type SecureString --value …), then start again.`,
        );
      return [variable, value];
    }),
  );
};

/** `<id>:<key of its JSON>`: an ARN has six colons of its own. */
const partsOfReference = (reference: string): readonly [id: string, key: string | undefined] => {
  const [, arn, key] = /^(arn:(?:[^:]*:){5}[^:]+)(?::([^:]*))?/.exec(reference) ?? [];
  if (arn !== undefined) return [arn, key === '' ? undefined : key];
  const [id = '', name] = reference.split(':');
  return [id, name === '' ? undefined : name];
};

const secretValues = async (
  host: Host,
  role: Principal,
  secrets: Readonly<Record<string, string>>,
): Promise<Record<string, string>> => {
  const values: Record<string, string> = {};
  for (const [variable, reference] of Object.entries(secrets)) {
    const [SecretId, key] = partsOfReference(reference);
    const fail = (reason: string) =>
      new BuildFailure(
        'DOWNLOAD_SOURCE',
        'CLIENT_ERROR',
        `The variable ${variable} comes from the secret ${SecretId}, which ${reason}`,
      );
    const { SecretString = '' } = await host
      .call<{ SecretString?: string }>(role, 'secretsmanager', 'GetSecretValue', { SecretId })
      .catch((error: unknown) => {
        throw fail(`cannot be read: ${(error as Error).message}`);
      });
    const value = key === undefined ? SecretString : fieldOf(SecretString, key);
    if (value === undefined) throw fail(`holds no JSON with the key ${key}.`);
    values[variable] = value;
  }
  return values;
};

const fieldOf = (json: string, key: string): string | undefined => {
  try {
    const value = (JSON.parse(json) as Readonly<Record<string, unknown>>)[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
};

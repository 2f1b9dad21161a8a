import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Environment } from './payloads.ts';

/**
 * Variables that lead a function to an environment in another account or region. A function has them only if the environment
 * is elsewhere, and the function has something to do there.
 */
export const environmentAccessVariables = {
  qat: { role: 'QAT_ROLE_ARN', region: 'QAT_REGION' },
  prod: { role: 'PROD_ROLE_ARN', region: 'PROD_REGION' },
} as const satisfies Record<Environment, { role: string; region: string }>;

/** Credentials of a role that was assumed. */
interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** What SDK clients are made with to call an environment; nothing if it is where the function is. */
interface EnvironmentAccess {
  readonly region?: string;
  readonly credentials?: () => Promise<SessionCredentials>;
}

/** Assumes a role, by its ARN. */
type AssumeRole = (roleArn: string) => Promise<SessionCredentials>;

/** Only one of the two variables that lead to an environment is set, or STS gave no credentials. */
class EnvironmentAccessError extends Error {
  override readonly name = 'EnvironmentAccessNotConfigured';
}

/** Milliseconds before its end in which a session is replaced: longer than any call of a function takes. */
const RENEW_BEFORE = 5 * 60_000;

/** Keeps each role's session until shortly before its end; callers meanwhile wait for the same one. */
export function cachedSessions(assume: AssumeRole, now: () => number): AssumeRole {
  const sessions = new Map<string, Promise<SessionCredentials>>();
  const begin = (roleArn: string): Promise<SessionCredentials> => {
    const session = assume(roleArn);
    sessions.set(roleArn, session);
    session.catch(() => {
      // The next call assumes the role again.
      if (sessions.get(roleArn) === session) sessions.delete(roleArn);
    });
    return session;
  };
  return async function cachedSessions(roleArn) {
    const current = sessions.get(roleArn) ?? begin(roleArn);
    const session = await current;
    if (session.expiration.getTime() - now() > RENEW_BEFORE) return session;
    const latest = sessions.get(roleArn);
    return latest === undefined || latest === current ? begin(roleArn) : latest;
  };
}

/** Assumes roles by STS, for an hour. @param sessionName what CloudTrail of the other account shows */
export function createAssumeRole(sessionName: string, client = new STSClient({})): AssumeRole {
  return async function createAssumeRole(RoleArn) {
    const { Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = {} } =
      await client.send(
        // IAM takes at most 64 characters.
        new AssumeRoleCommand({ RoleArn, RoleSessionName: sessionName.slice(0, 64), DurationSeconds: 3600 }),
      );
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
      throw new EnvironmentAccessError(`STS assumed ${RoleArn} without giving credentials; try again`);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

const given = (variables: Variables, name: string): string | undefined => variables[name] || undefined;

/**
 * How clients reach an environment by a function's variables: as the function itself, or by the role that they name and in its
 * region.
 * @throws EnvironmentAccessError if only one of the two variables is set
 */
export function environmentAccessBy(
  environment: Environment,
  variables: Variables,
  assume: AssumeRole,
): EnvironmentAccess {
  const names = environmentAccessVariables[environment];
  const role = given(variables, names.role);
  const region = given(variables, names.region);
  if (role === undefined && region === undefined) return {};
  if (role === undefined || region === undefined)
    throw new EnvironmentAccessError(
      `The environment variable ${role === undefined ? names.role : names.region} is missing, and ${role === undefined ? names.region : names.role} is set: set both, or neither if ${environment} is in the function's own account and region`,
    );
  return { region, credentials: () => assume(role) };
}

let sessions: AssumeRole | undefined;

/** How this function's clients reach an environment. @throws EnvironmentAccessError */
export const environmentAccess = (environment: Environment): EnvironmentAccess =>
  environmentAccessBy(environment, process.env, (roleArn) => {
    sessions ??= cachedSessions(
      createAssumeRole(process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'lockstep'),
      Date.now,
    );
    return sessions(roleArn);
  });

/** The region of an environment. @param own the function's own */
export const regionOfEnvironment = (environment: Environment, own: string): string =>
  environmentAccess(environment).region ?? own;

/** The environment that a deployment pipeline is for: the last word of its name. */
export const environmentOfPipeline = (pipelineName: string): Environment =>
  pipelineName.endsWith('-prod') ? 'prod' : 'qat';

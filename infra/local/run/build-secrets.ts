import type { Assembly, EmulatorServices, Host } from '@lockstep/aws-emulator';

/** What stands for the text of a secret that only an account has. */
const STANDS_IN = 'stands-in-on-the-local-run';

interface ProjectProperties {
  readonly Environment?: {
    readonly EnvironmentVariables?: readonly { readonly Type?: string; readonly Value?: unknown }[];
  };
}

/** The secrets that builds and tests read, by ARN, each with the keys of its JSON that are meant. */
export const buildSecrets = ({
  stacks,
}: Pick<Assembly, 'stacks'>): ReadonlyMap<string, readonly string[]> => {
  const secrets = new Map<string, readonly string[]>();
  for (const { template } of stacks)
    for (const { Type, Properties } of Object.values(
      (template.Resources ?? {}) as Readonly<
        Record<string, { readonly Type?: string; readonly Properties?: ProjectProperties }>
      >,
    )) {
      if (Type !== 'AWS::CodeBuild::Project') continue;
      for (const { Type: kind, Value } of Properties?.Environment?.EnvironmentVariables ?? []) {
        const [, arn, key] = /^(arn:(?:[^:]*:){5}[^:]+)(?::([^:]+))?$/.exec(String(Value)) ?? [];
        if (kind === 'SECRETS_MANAGER' && arn !== undefined)
          secrets.set(arn, [...(secrets.get(arn) ?? []), ...(key === undefined ? [] : [key])]);
      }
    }
  return secrets;
};

/**
 * Makes stand-ins for the secrets of builds and tests, which an account has; one that is there stays.
 * @returns what to tell people
 */
export const prepareBuildSecrets = (
  { store }: Pick<Host, 'store'>,
  { secretsmanager }: Pick<EmulatorServices, 'secretsmanager'>,
  assembly: Pick<Assembly, 'stacks'>,
): readonly string[] =>
  [...buildSecrets(assembly)].flatMap(([arn, keys]) => {
    if (store.table('secretsmanager.secrets').has(arn)) return [];
    const fields = Object.fromEntries(keys.map((key) => [key, STANDS_IN]));
    secretsmanager.keep(arn, keys.length === 0 ? STANDS_IN : JSON.stringify(fields));
    return [`Builds get "${STANDS_IN}" for the secret ${arn}, which only an AWS account has.`];
  });

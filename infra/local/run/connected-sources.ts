import type { Assembly, EmulatorServices } from '@lockstep/aws-emulator';

/** A resource of a template, as far as it tells of sources. */
interface Resource {
  readonly Type?: string;
  readonly Properties?: {
    readonly Stages?: readonly {
      readonly Actions?: readonly { readonly Configuration?: Readonly<Record<string, unknown>> }[];
    }[];
    readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
  };
}

/** Variable of a function that names the secret with the token of a repository's provider, or `none`. */
const SECRET_VARIABLE = 'SOURCE_TOKEN_SECRET_ARN';

/** Variable of a function that names the provider of its repository, or `none`. */
const PROVIDER_VARIABLE = 'SOURCE_PROVIDER';

type Stack = Assembly['stacks'][number];

const resourcesOf = ({ template }: Stack): readonly Resource[] =>
  Object.values((template.Resources ?? {}) as Readonly<Record<string, Resource>>);

/** Address of the forge's REST API in the form that a stack's functions read; undefined if they read none. */
export const forgeApiUrl = (
  stack: Stack,
  apiUrls: EmulatorServices['forge']['apiUrls'],
): string | undefined => {
  const urls: Readonly<Record<string, string>> = apiUrls;
  return resourcesOf(stack)
    .map(({ Properties }) => urls[String(Properties?.Environment?.Variables?.[PROVIDER_VARIABLE])])
    .find((url) => url !== undefined);
};

/** Repositories that pipelines read through connections, and the secrets that functions read them with. */
export const connectedSources = ({
  stacks,
}: Pick<Assembly, 'stacks'>): {
  readonly repositories: readonly string[];
  readonly secrets: readonly string[];
} => {
  const repositories = new Set<string>();
  const secrets = new Set<string>();
  for (const stack of stacks)
    for (const { Properties } of resourcesOf(stack)) {
      for (const { Actions = [] } of Properties?.Stages ?? [])
        for (const { Configuration } of Actions)
          if (typeof Configuration?.FullRepositoryId === 'string')
            repositories.add(Configuration.FullRepositoryId);
      const secret = Properties?.Environment?.Variables?.[SECRET_VARIABLE];
      if (typeof secret === 'string' && secret.startsWith('arn:')) secrets.add(secret);
    }
  return { repositories: [...repositories], secrets: [...secrets] };
};

/** Makes on the forge what the templates take for granted: the repositories, and a token that reads them in the secrets. */
export const prepareForge = async (
  { forge, secretsmanager }: Pick<EmulatorServices, 'forge' | 'secretsmanager'>,
  assembly: Pick<Assembly, 'stacks'>,
): Promise<void> => {
  const { repositories, secrets } = connectedSources(assembly);
  for (const repository of repositories) await forge.createRepository(repository);
  for (const secret of secrets) secretsmanager.keep(secret, forge.readOnlyToken());
};

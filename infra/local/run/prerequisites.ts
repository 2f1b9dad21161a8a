import type { GetParametersResult } from '@aws-sdk/client-ssm';
import { administrator } from '@lockstep/aws-emulator';
import { awsCommand } from './commands.ts';
import type { LocalRun } from './local-run.ts';

/** An SSM parameter that a build or a test gives to its commands. */
export interface NamedParameter {
  /** Where the configuration names it. */
  readonly key: 'build' | 'test';
  readonly variable: string;
  readonly parameter: string;
}

interface ProjectEnvironment {
  readonly EnvironmentVariables?: readonly {
    readonly Name?: string;
    readonly Type?: string;
    readonly Value?: string;
  }[];
}

/** The SSM parameters that builds and tests name and that do not exist: without them they fail for every commit. */
export const missingParameters = async ({ host, stacks }: LocalRun): Promise<readonly NamedParameter[]> => {
  const named = stacks.resourcesOfType('AWS::CodeBuild::Project').flatMap(({ properties }) =>
    ((properties.Environment as ProjectEnvironment).EnvironmentVariables ?? [])
      .filter(({ Type }) => Type === 'PARAMETER_STORE')
      .map(({ Name = '', Value = '' }) => ({
        key: String(properties.Name).endsWith('-build') ? ('build' as const) : ('test' as const),
        variable: Name,
        parameter: Value,
      })),
  );
  if (named.length === 0) return [];
  const { InvalidParameters = [] }: GetParametersResult = await host.call(
    administrator,
    'ssm',
    'GetParameters',
    { Names: [...new Set(named.map(({ parameter }) => parameter))] },
  );
  return named.filter(({ parameter }) => InvalidParameters.includes(parameter));
};

/** Says what is missing and how to make it. */
export const missingParametersText = (
  missing: readonly NamedParameter[],
  { host }: Pick<LocalRun, 'host'>,
): string =>
  [
    `The configuration names ${missing.length === 1 ? 'an SSM parameter that does' : 'SSM parameters that do'} not exist here: ${missing.map(({ key, variable, parameter }) => `${parameter} (${key}.environment.${variable})`).join(', ')}.`,
    'This is a fault of the environment, not of the commit. Create it while the local run serves (npm start without --unattended):',
    ...new Set(
      missing.map(({ parameter }) =>
        awsCommand(host, `ssm put-parameter --name ${parameter} --type String --value …`),
      ),
    ),
  ].join('\n');

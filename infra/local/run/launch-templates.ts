import { type Assembly, type Host, keepLaunchTemplate } from '@lockstep/aws-emulator';

interface DistributionProperties {
  readonly Distributions?: readonly {
    readonly LaunchTemplateConfigurations?: readonly { readonly LaunchTemplateId?: unknown }[];
  }[];
}

/** The launch templates that images are distributed into, by id. */
const launchTemplatesIn = ({ stacks }: Pick<Assembly, 'stacks'>): readonly string[] => {
  const resources = stacks.flatMap(({ template }) =>
    Object.values(
      (template.Resources ?? {}) as Readonly<
        Record<string, { readonly Type?: string; readonly Properties?: DistributionProperties }>
      >,
    ),
  );
  return [
    ...new Set(
      resources
        .filter(({ Type }) => Type === 'AWS::ImageBuilder::DistributionConfiguration')
        .flatMap(({ Properties }) => Properties?.Distributions ?? [])
        .flatMap((one) => one.LaunchTemplateConfigurations ?? [])
        .map(({ LaunchTemplateId }) => String(LaunchTemplateId)),
    ),
  ];
};

/**
 * Makes stand-ins for the team's own launch templates, which an account has; one that is there stays.
 * @returns what to tell people
 */
export const prepareLaunchTemplates = (host: Host, assembly: Pick<Assembly, 'stacks'>): readonly string[] =>
  launchTemplatesIn(assembly).flatMap((id) =>
    keepLaunchTemplate(host, id)
      ? [`An empty launch template stands for ${id}, which only an AWS account has.`]
      : [],
  );

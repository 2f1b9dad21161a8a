import type {
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { describeLaunchTemplate, findLaunchTemplate } from './launch-templates.ts';
import { type Ec2Tables, ec2Arn, ec2Tables } from './records.ts';

/** CreateLaunchTemplateVersion, ModifyLaunchTemplate: versions that somebody adds beside CloudFormation. */
export const launchTemplateVersionOperations = (
  host: Host,
  tables: Ec2Tables,
): Readonly<Record<string, Operation>> => {
  const onTemplate =
    (action: string) =>
    ({ LaunchTemplateId, LaunchTemplateName }: ModifyLaunchTemplateRequest) => ({
      action,
      resource: ec2Arn(
        host,
        `launch-template/${findLaunchTemplate(tables, { LaunchTemplateId, LaunchTemplateName }).template.id}`,
      ),
    });

  const createVersion: Operation<CreateLaunchTemplateVersionRequest, CreateLaunchTemplateVersionResult> = {
    requires: onTemplate('ec2:CreateLaunchTemplateVersion'),
    run: ({ SourceVersion, LaunchTemplateData, VersionDescription, ClientToken, ...reference }) => {
      const { template } = findLaunchTemplate(tables, reference);
      const answer = (number: number) => ({
        LaunchTemplateVersion: {
          LaunchTemplateId: template.id,
          LaunchTemplateName: template.name,
          VersionNumber: number,
        },
      });
      const made = template.versions.findIndex(
        ({ clientToken }) => clientToken !== undefined && clientToken === ClientToken,
      );
      if (made !== -1) return answer(made + 1);
      const source =
        SourceVersion === undefined
          ? undefined
          : findLaunchTemplate(tables, { ...reference, Version: SourceVersion }).version.data;
      tables.launchTemplates.put(template.id, {
        ...template,
        versions: [
          ...template.versions,
          {
            createdAt: host.clock.now(),
            data: { ...source, ...LaunchTemplateData },
            ...(VersionDescription !== undefined && { description: VersionDescription }),
            ...(ClientToken !== undefined && { clientToken: ClientToken }),
          },
        ],
      });
      return answer(template.versions.length + 1);
    },
  };

  const modify: Operation<ModifyLaunchTemplateRequest, ModifyLaunchTemplateResult> = {
    requires: onTemplate('ec2:ModifyLaunchTemplate'),
    run: ({ DefaultVersion, ...reference }) => {
      if (DefaultVersion === undefined)
        throw new AwsError(
          'MissingParameter',
          'The request must contain the parameter DefaultVersion, such as 2.',
        );
      const { template, number } = findLaunchTemplate(tables, { ...reference, Version: DefaultVersion });
      const changed = { ...template, defaultVersion: number };
      tables.launchTemplates.put(template.id, changed);
      return { LaunchTemplate: describeLaunchTemplate(tables, changed) };
    },
  };

  return { CreateLaunchTemplateVersion: createVersion, ModifyLaunchTemplate: modify };
};

/**
 * Makes an empty launch template that no stack has.
 * @returns false if there is one of this id
 */
export const keepLaunchTemplate = (host: Host, id: string): boolean => {
  const { launchTemplates } = ec2Tables(host);
  if (launchTemplates.has(id)) return false;
  const createdAt = host.clock.now();
  launchTemplates.put(id, {
    id,
    name: `stands-for-${id}`,
    createdAt,
    defaultVersion: 1,
    versions: [{ createdAt, data: {} }],
  });
  return true;
};

import type {
  GetApplicationInput,
  GetApplicationOutput,
  GetApplicationRevisionInput,
  GetApplicationRevisionOutput,
  ListApplicationsInput,
  ListApplicationsOutput,
  RegisterApplicationRevisionInput,
  RevisionLocation,
} from '@aws-sdk/client-codedeploy';
import { AwsError, type Host, type Operation } from '../../host.ts';
import { checkRevision } from './deployment-operations.ts';
import { applicationArn, type CodeDeployTables, findApplication } from './records.ts';

/** Operations on applications and their revisions. */
export const applicationOperations = (host: Host, tables: CodeDeployTables): Record<string, Operation> => {
  const onApplication = (action: string) => (input: { applicationName?: string | undefined }) => ({
    action: `codedeploy:${action}`,
    resource: applicationArn(host, input.applicationName ?? '*'),
  });

  const get: Operation<GetApplicationInput, GetApplicationOutput> = {
    requires: onApplication('GetApplication'),
    run: ({ applicationName }) => {
      const { id, name, createdAt } = findApplication(tables, applicationName);
      return {
        application: {
          applicationId: id,
          applicationName: name,
          createTime: new Date(createdAt),
          linkedToGitHub: false,
          computePlatform: 'Server',
        },
      };
    },
  };
  const list: Operation<ListApplicationsInput, ListApplicationsOutput> = {
    requires: () => ({ action: 'codedeploy:ListApplications', resource: applicationArn(host, '*') }),
    run: () => ({ applications: tables.applications.keys() }),
  };
  const register: Operation<RegisterApplicationRevisionInput, object> = {
    requires: onApplication('RegisterApplicationRevision'),
    run: ({ applicationName, revision, description }) => {
      const { name } = findApplication(tables, applicationName);
      checkRevision(revision);
      tables.revisions.put(revisionKey(name, revision), {
        applicationName: name,
        revision: revision as RevisionLocation,
        ...(description === undefined ? {} : { description }),
        registeredAt: host.clock.now(),
      });
      return {};
    },
  };
  const getRevision: Operation<GetApplicationRevisionInput, GetApplicationRevisionOutput> = {
    requires: onApplication('GetApplicationRevision'),
    run: ({ applicationName, revision }) => {
      const { name } = findApplication(tables, applicationName);
      const registered = tables.revisions.get(revisionKey(name, revision));
      const used = tables.deployments
        .values()
        .filter((one) => one.applicationName === name)
        .filter((one) => revisionKey(name, one.revision) === revisionKey(name, revision));
      const first = registered?.registeredAt ?? used[0]?.createdAt;
      if (first === undefined) {
        throw new AwsError(
          'RevisionDoesNotExistException',
          `The revision ${JSON.stringify(revision)} is not registered with application ${name}.`,
        );
      }
      return {
        applicationName: name,
        revision,
        revisionInfo: {
          ...(registered?.description === undefined ? {} : { description: registered.description }),
          deploymentGroups: [...new Set(used.map(({ groupName }) => groupName))],
          registerTime: new Date(first),
          firstUsedTime: new Date(used[0]?.createdAt ?? first),
          lastUsedTime: new Date(used.at(-1)?.createdAt ?? first),
        },
      };
    },
  };

  return {
    GetApplication: get,
    ListApplications: list,
    RegisterApplicationRevision: register,
    GetApplicationRevision: getRevision,
  };
};

const revisionKey = (applicationName: string, revision: RevisionLocation | undefined): string => {
  const { bucket, key, version } = revision?.s3Location ?? {};
  return `${applicationName} s3://${bucket}/${key} ${version ?? ''}`;
};

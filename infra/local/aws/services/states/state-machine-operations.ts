import type {
  CreateStateMachineInput,
  CreateStateMachineOutput,
  DescribeStateMachineInput,
  DescribeStateMachineOutput,
  ListStateMachinesInput,
  ListStateMachinesOutput,
  LoggingConfiguration,
  TracingConfiguration,
  UpdateStateMachineInput,
  UpdateStateMachineOutput,
} from '@aws-sdk/client-sfn';
import { type Access, AwsError, type Operation } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { checkMaxResults, stateMachineDeleting } from './input-checks.ts';
import type { Machines, StateMachine } from './state-machines.ts';

const access = (action: string, resource = '*'): Access => ({ action: `states:${action}`, resource });

/** The caller that gives a machine its role must be allowed to pass that role. */
const passRole = (roleArn: string | undefined): readonly Access[] =>
  roleArn === undefined
    ? []
    : [
        {
          action: 'iam:PassRole',
          resource: roleArn,
          context: { 'iam:PassedToService': 'states.amazonaws.com' },
        },
      ];

/** Settings of logging and tracing are kept and told; nothing is logged or traced here. */
export const settingsOf = (machine: StateMachine | undefined) => ({
  loggingConfiguration: (machine?.loggingConfiguration ?? {
    level: 'OFF',
    includeExecutionData: false,
  }) as LoggingConfiguration,
  tracingConfiguration: (machine?.tracingConfiguration ?? { enabled: false }) as TracingConfiguration,
  encryptionConfiguration: { type: 'AWS_OWNED_KEY' as const },
});

const defined = <Key extends string, Value>(key: Key, value: Value | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [Name in Key]?: Value };

const rejectVersions = (publish: boolean | undefined): void => {
  if (publish) {
    throw new AwsError('ValidationException', 'The emulator serves no versions: leave publish out.');
  }
};

/** Operations on state machines, by name. */
export const stateMachineOperations = (machines: Machines): Readonly<Record<string, Operation>> => {
  const create: Operation<CreateStateMachineInput, CreateStateMachineOutput> = {
    requires: ({ name, roleArn }) => [
      access('CreateStateMachine', machines.arnOf(name ?? '')),
      ...passRole(roleArn),
    ],
    run: (input) => {
      if (input.type !== undefined && input.type !== 'STANDARD') {
        throw new AwsError(
          'StateMachineTypeNotSupported',
          `State Machine Type is not supported: '${input.type}'`,
        );
      }
      rejectVersions(input.publish);
      const machine = machines.create(input.name ?? '', {
        definition: input.definition ?? '',
        roleArn: input.roleArn ?? '',
        ...defined('loggingConfiguration', input.loggingConfiguration),
        ...defined('tracingConfiguration', input.tracingConfiguration),
        tags: (input.tags ?? []).map(({ key = '', value = '' }) => ({ key, value })),
      });
      return { stateMachineArn: machine.arn, creationDate: new Date(machine.createdAt) };
    },
  };

  const update: Operation<UpdateStateMachineInput, UpdateStateMachineOutput> = {
    requires: ({ stateMachineArn, roleArn }) => [
      access('UpdateStateMachine', stateMachineArn),
      ...passRole(roleArn),
    ],
    run: (input) => {
      const machine = machines.get(input.stateMachineArn);
      if (machine.isDeleting) throw stateMachineDeleting(machine.arn);
      rejectVersions(input.publish);
      const changes = {
        ...defined('definition', input.definition),
        ...defined('roleArn', input.roleArn),
        ...defined('loggingConfiguration', input.loggingConfiguration),
        ...defined('tracingConfiguration', input.tracingConfiguration),
      };
      if (Object.keys(changes).length === 0) {
        throw new AwsError(
          'MissingRequiredParameter',
          'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
        );
      }
      const updated = machines.update(machine, changes);
      return { updateDate: new Date(updated.updatedAt), revisionId: updated.revisionId };
    },
  };

  const describe: Operation<DescribeStateMachineInput, DescribeStateMachineOutput> = {
    requires: ({ stateMachineArn }) => access('DescribeStateMachine', stateMachineArn),
    run: ({ stateMachineArn }) => {
      const machine = machines.get(stateMachineArn);
      return {
        stateMachineArn: machine.arn,
        name: machine.name,
        status: machine.isDeleting ? 'DELETING' : 'ACTIVE',
        definition: machines.definitions.text(machine.definition),
        roleArn: machine.roleArn,
        type: 'STANDARD',
        creationDate: new Date(machine.createdAt),
        ...settingsOf(machine),
        ...defined('revisionId', machine.revisionId),
      };
    },
  };

  const list: Operation<ListStateMachinesInput, ListStateMachinesOutput> = {
    requires: () => access('ListStateMachines'),
    run: ({ maxResults, nextToken }) => {
      const size = checkMaxResults(maxResults);
      const { items, ...rest } = page(machines.list(), nextToken, size, { errorName: 'InvalidToken' });
      return {
        stateMachines: items.map(({ arn, name, createdAt }) => ({
          stateMachineArn: arn,
          name,
          type: 'STANDARD' as const,
          creationDate: new Date(createdAt),
        })),
        ...rest,
      };
    },
  };

  return {
    CreateStateMachine: create,
    UpdateStateMachine: update,
    DescribeStateMachine: describe,
    ListStateMachines: list,
  };
};

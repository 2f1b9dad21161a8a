import { randomUUID } from 'node:crypto';
import type {
  DescribeExecutionInput,
  DescribeExecutionOutput,
  DescribeStateMachineForExecutionInput,
  DescribeStateMachineForExecutionOutput,
  RedriveExecutionInput,
  RedriveExecutionOutput,
  StartExecutionInput,
  StartExecutionOutput,
  StopExecutionInput,
  StopExecutionOutput,
} from '@aws-sdk/client-sfn';
import { PAYLOAD_BYTES } from '../../engine/limits.ts';
import { type Access, AwsError, type Host, type Operation } from '../../host.ts';
import type { Executions, Run } from './executions.ts';
import {
  checkArn,
  checkLength,
  checkName,
  executionDoesNotExist,
  stateMachineDeleting,
} from './input-checks.ts';
import { settingsOf } from './state-machine-operations.ts';
import type { Machines } from './state-machines.ts';
import { redriveStatus } from './status-change-events.ts';

const access = (action: string, resource = '*'): Access => ({ action: `states:${action}`, resource });

/** How long a client token stands for the redrive that it asked for, in ms [API reference of RedriveExecution]. */
const CLIENT_TOKEN_MS = 15 * 60 * 1000;
const ERROR_CHARACTERS = 256;
const CAUSE_CHARACTERS = 32_768;

/** @throws AwsError `InvalidArn`, `ExecutionDoesNotExist` */
export const executionOf = (executions: Executions, arn: string | undefined): Run => {
  const checked = checkArn('execution', arn);
  const run = executions.find(checked);
  // One whose start is still being written does not exist yet.
  if (!run || run.execution.lastEventId === 0) throw executionDoesNotExist(checked);
  return run;
};

/** Error and cause as a caller gives them, those that there are. @throws AwsError `ValidationException` */
export const checkFailure = (given: { error?: string | undefined; cause?: string | undefined }) => ({
  ...(given.error !== undefined && { error: checkLength('error', given.error, 0, ERROR_CHARACTERS) }),
  ...(given.cause !== undefined && { cause: checkLength('cause', given.cause, 0, CAUSE_CHARACTERS) }),
});

const checkInput = (input: string): void => {
  const invalid = (problem: string) =>
    new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${problem}'`);
  if (input === '') throw invalid('Invalid execution input.');
  checkLength('input', input, 1, PAYLOAD_BYTES);
  try {
    JSON.parse(input);
  } catch (error) {
    throw invalid((error as Error).message);
  }
};

/** Operations on single executions, by name. */
export const executionOperations = (
  host: Host,
  machines: Machines,
  executions: Executions,
): Readonly<Record<string, Operation>> => {
  const start: Operation<StartExecutionInput, StartExecutionOutput> = {
    requires: ({ stateMachineArn }) => access('StartExecution', stateMachineArn),
    run: async ({ stateMachineArn, name = randomUUID(), input = '{}' }) => {
      await executions.load();
      const machine = machines.get(stateMachineArn);
      if (machine.isDeleting) throw stateMachineDeleting(machine.arn);
      checkName(name);
      checkInput(input);
      const executionArn = executions.arnOf(machine.name, name);
      const known = executions.find(executionArn);
      if (known && (known.execution.status !== 'RUNNING' || known.start.input !== input)) {
        throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
      }
      if (!known) {
        await executions.start(executionArn, {
          name,
          stateMachineArn: machine.arn,
          stateMachineName: machine.name,
          roleArn: machine.roleArn,
          input,
          definition: machine.definition,
          machineUpdatedAt: machine.updatedAt,
        });
      }
      const startDate = executions.find(executionArn)?.execution.startDate;
      return { executionArn, startDate: new Date(startDate || host.clock.now()) };
    },
  };

  const describe: Operation<DescribeExecutionInput, DescribeExecutionOutput> = {
    requires: ({ executionArn }) => access('DescribeExecution', executionArn),
    run: async ({ executionArn }) => {
      await executions.load();
      const { execution } = executionOf(executions, executionArn);
      const { status, output, error, cause, stopDate, redriveDate } = execution;
      return {
        executionArn: execution.arn,
        stateMachineArn: execution.stateMachineArn,
        name: execution.name,
        status,
        startDate: new Date(execution.startDate),
        ...(stopDate !== null && { stopDate: new Date(stopDate) }),
        input: execution.input,
        inputDetails: { included: true },
        ...(output !== null && { output, outputDetails: { included: true } }),
        ...(error !== null && { error }),
        ...(cause !== null && { cause }),
        redriveCount: execution.redriveCount,
        ...(redriveDate !== null && { redriveDate: new Date(redriveDate) }),
        ...redriveStatus(execution, host.clock.now()),
      };
    },
  };

  const describeMachine: Operation<
    DescribeStateMachineForExecutionInput,
    DescribeStateMachineForExecutionOutput
  > = {
    requires: ({ executionArn }) => access('DescribeStateMachineForExecution', executionArn),
    run: async ({ executionArn }) => {
      await executions.load();
      const { start } = executionOf(executions, executionArn);
      return {
        stateMachineArn: start.stateMachineArn,
        name: start.stateMachineName,
        definition: machines.definitions.text(start.definition),
        roleArn: start.roleArn,
        updateDate: new Date(start.machineUpdatedAt),
        ...settingsOf(machines.find(start.stateMachineArn)),
      };
    },
  };

  const stop: Operation<StopExecutionInput, StopExecutionOutput> = {
    requires: ({ executionArn }) => access('StopExecution', executionArn),
    run: async ({ executionArn, ...given }) => {
      await executions.load();
      const run = executionOf(executions, executionArn);
      // On what has ended already it does nothing, and tells when that was.
      await executions.tell(run.arn, { type: 'stopped', ...checkFailure(given) });
      return { stopDate: new Date(run.execution.stopDate ?? host.clock.now()) };
    },
  };

  const redrive: Operation<RedriveExecutionInput, RedriveExecutionOutput> = {
    requires: ({ executionArn }) => access('RedriveExecution', executionArn),
    run: async ({ executionArn, clientToken }) => {
      await executions.load();
      const run = executionOf(executions, executionArn);
      const now = host.clock.now();
      const earlier = run.clientTokens.find(
        ({ token, redriveDate }) => token === clientToken && now - redriveDate <= CLIENT_TOKEN_MS,
      );
      if (earlier) return { redriveDate: new Date(earlier.redriveDate) };
      const told = clientToken === undefined ? {} : { clientToken };
      const { redriveStatusReason } = redriveStatus(run.execution, now);
      if (redriveStatusReason || !(await executions.tell(run.arn, { type: 'redriven' }, told))) {
        const reason = redriveStatusReason ?? `Execution is ${run.execution.status} and cannot be redriven`;
        throw new AwsError(
          'ExecutionNotRedrivable',
          `Execution ${run.arn} invalid for redrive as: ${reason}`,
        );
      }
      return { redriveDate: new Date(run.execution.redriveDate ?? now) };
    },
  };

  return {
    StartExecution: start,
    DescribeExecution: describe,
    DescribeStateMachineForExecution: describeMachine,
    StopExecution: stop,
    RedriveExecution: redrive,
  };
};

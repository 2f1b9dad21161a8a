import type {
  ExecutionListItem,
  GetExecutionHistoryInput,
  GetExecutionHistoryOutput,
  ListExecutionsInput,
  ListExecutionsOutput,
  HistoryEvent as SdkHistoryEvent,
} from '@aws-sdk/client-sfn';
import type { Execution } from '../../engine/execution.ts';
import type { HistoryEvent } from '../../engine/history-event.ts';
import { type Access, AwsError, type Operation } from '../../host.ts';
import { executionOf } from './execution-operations.ts';
import type { Executions } from './executions.ts';
import { checkMaxResults, validationError } from './input-checks.ts';
import type { Machines } from './state-machines.ts';

const access = (action: string, resource = '*'): Access => ({ action: `states:${action}`, resource });

/** In the order in which AWS lists them. */
const STATUSES = ['SUCCEEDED', 'TIMED_OUT', 'PENDING_REDRIVE', 'ABORTED', 'FAILED', 'RUNNING'];

/** Tokens hold the place where the next page begins, which later events and executions do not move. */
const tokenOf = (place: number): string => Buffer.from(String(place)).toString('base64url');

const placeOf = (token: string): number => {
  const place = Buffer.from(token, 'base64url').toString('utf8');
  if (/^\d{1,9}$/.test(place)) return Number(place);
  throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
};

const listItem = (execution: Execution): ExecutionListItem => ({
  executionArn: execution.arn,
  stateMachineArn: execution.stateMachineArn,
  name: execution.name,
  status: execution.status,
  startDate: new Date(execution.startDate),
  ...(execution.stopDate !== null && { stopDate: new Date(execution.stopDate) }),
  redriveCount: execution.redriveCount,
  ...(execution.redriveDate !== null && { redriveDate: new Date(execution.redriveDate) }),
});

/** Members that hold an execution's data. */
const DATA = ['input', 'output', 'assignedVariables', 'assignedVariablesDetails'];

/** An event in the SDK's shape: its time as a date, its data only if asked for. */
const toSdkEvent = ({ timestamp, ...event }: HistoryEvent, withData: boolean): SdkHistoryEvent => {
  const entries = withData
    ? []
    : Object.entries(event).flatMap(([member, details]) => {
        if (typeof details !== 'object') return [];
        return [[member, Object.fromEntries(Object.entries(details).filter(([key]) => !DATA.includes(key)))]];
      });
  return { ...event, ...Object.fromEntries(entries), timestamp: new Date(timestamp) } as SdkHistoryEvent;
};

/** Operations that list executions and what happened in them, by name. */
export const listOperations = (
  machines: Machines,
  executions: Executions,
): Readonly<Record<string, Operation>> => {
  const list: Operation<ListExecutionsInput, ListExecutionsOutput> = {
    requires: ({ stateMachineArn }) => access('ListExecutions', stateMachineArn),
    run: async ({ stateMachineArn, statusFilter, redriveFilter, maxResults, nextToken }) => {
      await executions.load();
      const size = checkMaxResults(maxResults);
      if (statusFilter !== undefined && !STATUSES.includes(statusFilter)) {
        const constraint = `Member must satisfy enum value set: [${STATUSES.join(', ')}]`;
        throw validationError('statusFilter', statusFilter, constraint);
      }
      if (stateMachineArn === undefined) {
        throw new AwsError('ValidationException', 'The emulator has no map runs: name a stateMachineArn.');
      }
      if (redriveFilter !== undefined) {
        const problem = 'RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN';
        throw new AwsError('ValidationException', problem);
      }
      const runs = executions.of(machines.get(stateMachineArn).arn);
      const found: ExecutionListItem[] = [];
      let place = nextToken === undefined ? runs.length : Math.min(placeOf(nextToken), runs.length);
      for (; place > 0; place--) {
        const execution = runs[place - 1]?.execution;
        // An execution whose start is being written has no events yet.
        if (!execution || execution.lastEventId === 0) continue;
        if (statusFilter !== undefined && execution.status !== statusFilter) continue;
        if (found.length === size) return { executions: found, nextToken: tokenOf(place) };
        found.push(listItem(execution));
      }
      return { executions: found };
    },
  };

  const history: Operation<GetExecutionHistoryInput, GetExecutionHistoryOutput> = {
    requires: ({ executionArn }) => access('GetExecutionHistory', executionArn),
    run: async ({ executionArn, reverseOrder, includeExecutionData = true, maxResults, nextToken }) => {
      await executions.load();
      const size = checkMaxResults(maxResults);
      const { arn } = executionOf(executions, executionArn);
      const events = await executions.history(arn);
      const first = nextToken === undefined ? (reverseOrder ? events.length - 1 : 0) : placeOf(nextToken);
      const step = reverseOrder ? -1 : 1;
      const found: SdkHistoryEvent[] = [];
      let place = first;
      for (; place >= 0 && place < events.length && found.length < size; place += step) {
        const event = events[place];
        if (event) found.push(toSdkEvent(event, includeExecutionData));
      }
      const isMore = place >= 0 && place < events.length;
      return { events: found, ...(isMore && { nextToken: tokenOf(place) }) };
    },
  };

  return { ListExecutions: list, GetExecutionHistory: history };
};

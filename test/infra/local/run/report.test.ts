import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { stateAttempts } from '../../../../infra/local/run/report.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const entered = (second: number, name: string): HistoryEvent => ({
  id: second,
  timestamp: at(second),
  type: 'TaskStateEntered',
  stateEnteredEventDetails: { name },
});
const exited = (second: number, name: string): HistoryEvent => ({
  id: second,
  timestamp: at(second),
  type: 'TaskStateExited',
  stateExitedEventDetails: { name },
});
const other = (second: number, type: HistoryEvent['type']): HistoryEvent => ({
  id: second,
  timestamp: at(second),
  type,
});

describe('attempts of states', () => {
  it('tells states that were left from the one that the execution failed in and was redriven at', () => {
    const attempts = stateAttempts([
      other(0, 'ExecutionStarted'),
      entered(1, 'Build QAT image'),
      exited(2, 'Build QAT image'),
      entered(3, 'Deploy to QAT'),
      other(4, 'TaskFailed'),
      other(5, 'ExecutionFailed'),
      other(6, 'ExecutionRedriven'),
      exited(7, 'Deploy to QAT'),
      entered(8, 'Promoted'),
    ]);
    expect(attempts.map(({ name, attempt, status }) => [name, attempt, status])).toEqual([
      ['Build QAT image', 1, 'SUCCEEDED'],
      ['Deploy to QAT', 1, 'FAILED'],
      ['Deploy to QAT', 2, 'SUCCEEDED'],
      ['Promoted', 1, 'RUNNING'],
    ]);
    expect(attempts[2]).toMatchObject({ enteredAt: at(6).toISOString(), exitedAt: at(7).toISOString() });
    expect(attempts[3]).not.toHaveProperty('exitedAt');
  });

  it.each([
    ['ExecutionAborted', 'ABORTED'],
    ['ExecutionTimedOut', 'TIMED_OUT'],
    ['ExecutionSucceeded', 'SUCCEEDED'],
  ] as const)('ends the open state as %s says', (type, status) => {
    expect(stateAttempts([entered(1, 'QC approval'), other(2, type)])).toEqual([
      {
        name: 'QC approval',
        attempt: 1,
        status,
        enteredAt: at(1).toISOString(),
        exitedAt: at(2).toISOString(),
      },
    ]);
  });
});

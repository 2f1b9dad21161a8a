import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { createProgress } from '../../../../infra/local/run/progress.ts';
import { createTerminal } from '../../../../infra/local/run/terminal.ts';
import { RECALLED, STALE, SUPERSEDED } from '../../../../tasks/payloads.ts';

const at = (second: number) => new Date(2026, 0, 1, 12, 0, second);
const events: HistoryEvent[] = [
  { id: 1, type: 'ExecutionStarted', timestamp: at(0) },
  { id: 2, type: 'TaskStateEntered', timestamp: at(0), stateEnteredEventDetails: { name: 'Deploy to QAT' } },
  { id: 3, type: 'TaskSubmitted', timestamp: at(1) },
  {
    id: 4,
    type: 'TaskFailed',
    timestamp: at(3),
    taskFailedEventDetails: {
      resourceType: 'lambda',
      resource: 'invoke.waitForTaskToken',
      error: 'DeploymentFailed',
      cause: 'start.sh exited with 1\n\u001b[2Jport taken',
    },
  },
  {
    id: 5,
    type: 'ExecutionFailed',
    timestamp: at(3),
    executionFailedEventDetails: { error: 'DeploymentFailed' },
  },
  { id: 6, type: 'ExecutionRedriven', timestamp: at(10) },
  { id: 7, type: 'TaskStateExited', timestamp: at(12), stateExitedEventDetails: { name: 'Deploy to QAT' } },
  { id: 8, type: 'SucceedStateEntered', timestamp: at(12), stateEnteredEventDetails: { name: 'Promoted' } },
  { id: 9, type: 'ExecutionSucceeded', timestamp: at(12) },
];

describe('progress of a promotion', () => {
  it('tells each state, its failure and its redrive, with how long each took', () => {
    const progress = createProgress();
    expect(
      events.flatMap(progress).map(({ kind, state, tookMs, detail }) => [kind, state, tookMs, detail]),
    ).toEqual([
      ['started', 'Deploy to QAT', 0, undefined],
      ['waiting', 'Deploy to QAT', 1000, undefined],
      ['failed', 'Deploy to QAT', 3000, 'DeploymentFailed: start.sh exited with 1\n\u001b[2Jport taken'],
      ['ended', undefined, undefined, 'FAILED'],
      ['redriven', 'Deploy to QAT', undefined, undefined],
      ['done', 'Deploy to QAT', 2000, undefined],
      ['ended', undefined, undefined, 'SUCCEEDED'],
    ]);
  });

  it('tells a state that a newer promotion or a bad mark ended as no failure of it', () => {
    const overtaken = (error: string): HistoryEvent[] => [
      ...events.slice(0, 3),
      {
        id: 4,
        type: 'TaskFailed',
        timestamp: at(3),
        taskFailedEventDetails: { resourceType: 'lambda', resource: 'invoke', error, cause: 'Newer: abc' },
      },
      {
        id: 5,
        type: 'TaskStateExited',
        timestamp: at(3),
        stateExitedEventDetails: { name: 'Deploy to QAT' },
      },
      { id: 6, type: 'ExecutionFailed', timestamp: at(3), executionFailedEventDetails: { error } },
    ];
    for (const [error, status, words] of [
      [SUPERSEDED, 'SUPERSEDED', 'ended by a newer promotion'],
      [STALE, 'STALE', 'ended by a newer promotion'],
      [RECALLED, 'RECALLED', 'recalled'],
    ] as const) {
      const written: string[] = [];
      const terminal = createTerminal({ write: (part: string) => written.push(part) }, false);
      for (const line of overtaken(error).flatMap(createProgress())) terminal.progress(line);
      const text = written.join('');
      expect(text).toContain(
        `12:00:03  – Deploy to QAT                    ${words} after 3.0 s\n            Newer: abc\n`,
      );
      expect(text).toContain(`Promotion                        ${status}\n`);
      expect(text).not.toContain('✘');
    }
  });

  it('is written with its time, and without control characters of causes', () => {
    const written: string[] = [];
    const terminal = createTerminal({ write: (text: string) => written.push(text) }, false);
    const progress = createProgress();
    for (const line of events.flatMap(progress)) terminal.progress(line);
    const text = written.join('');
    expect(text).toContain('12:00:03  ✘ Deploy to QAT                    failed after 3.0 s\n');
    expect(text).toContain('            DeploymentFailed: start.sh exited with 1\n            port taken\n');
    expect(text).toContain('12:00:12  ✔ Deploy to QAT                    2.0 s\n');
    expect(text).not.toContain('\u001b');
  });
});

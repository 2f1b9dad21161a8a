import fc from 'fast-check';
import { applyEvent } from '../../engine/apply-event.ts';
import type { Execution } from '../../engine/execution.ts';
import type { HistoryEvent } from '../../engine/history-event.ts';
import { block, callback, Drive, executionOf, lambda, machineOf, seconds, type Told } from './drive.ts';

const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 4, MaxAttempts: 2, JitterStrategy: 'FULL' }];

/** Holds each kind of state, randomness and time, so that any difference would show in the history. */
const machine = machineOf(
  {
    Init: {
      Type: 'Pass',
      Assign: { id: '{% $uuid() %}', r: '{% $random() %}', at: '{% $now() %}' },
      Next: 'Wait',
    },
    Wait: { Type: 'Wait', Seconds: '{% $round($random() * 10) %}', Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        block({ Ask: callback({ TimeoutSeconds: 20, HeartbeatSeconds: 9, Retry: retry }) }),
        block({
          Each: {
            Type: 'Map',
            Items: '{% $range(1, 3, 1) %}',
            MaxConcurrency: 2,
            ItemProcessor: block({ Work: lambda({ Arguments: { u: '{% $uuid() %}' }, Retry: retry }) }),
            End: true,
          },
        }),
      ],
      Catch: [{ ErrorEquals: ['Caught'], Next: 'Again' }],
      Next: 'Done',
    },
    Again: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $random() < 0.5 %}', Next: 'Init' }],
      Default: 'Rejected',
    },
    Rejected: { Type: 'Fail', Error: 'Rejected' },
    Done: { Type: 'Pass', Output: { id: '{% $id %}', r: '{% $r %}', at: '{% $at %}' }, End: true },
  },
  { TimeoutSeconds: 120 },
);

type Action = 'start' | 'succeed' | 'fail' | 'fail for good' | 'beat' | 'elapse' | 'stop' | 'redrive';
const actions = fc.array(
  fc.tuple(
    fc.constantFrom<Action>(
      'start',
      'succeed',
      'succeed',
      'fail',
      'fail for good',
      'beat',
      'elapse',
      'elapse',
      'stop',
      'redrive',
    ),
    fc.nat(12),
  ),
  { maxLength: 40 },
);

const act = async (drive: Drive, action: Action, choice: number): Promise<void> => {
  const tasks = Object.values(drive.execution.tasks);
  const taskId = tasks[choice % Math.max(1, tasks.length)]?.id ?? 'none';
  if (action === 'elapse') await drive.elapse(seconds(choice));
  else if (action === 'stop') await drive.tell({ type: 'stopped', cause: 'asked for' });
  else if (action === 'redrive') await drive.tell({ type: 'redriven' });
  else if (action === 'start') await drive.tell({ type: 'taskStarted', taskId });
  else if (action === 'succeed')
    await drive.tell({ type: 'taskSucceeded', taskId, output: `{"n":${choice}}` });
  else if (action === 'beat') await drive.tell({ type: 'taskHeartbeat', taskId });
  else await drive.tell({ type: 'taskFailed', taskId, error: action === 'fail' ? 'Caught' : 'Fatal' });
};

const replay = async (told: readonly Told[], from: Execution) => {
  let execution = from;
  const history: HistoryEvent[] = [];
  for (const { event, at } of told) {
    const result = await applyEvent(machine, execution, event, at);
    expect(result.applied).toBe(true);
    execution = result.execution;
    history.push(...result.history);
  }
  return { execution, history };
};

describe('replay', () => {
  it('gives the same history byte for byte, wherever the input events are cut', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.nat(), async (steps, cut) => {
        const drive = new Drive(machine, { some: 'input' });
        await drive.tell({ type: 'started' });
        for (const [action, choice] of steps) await act(drive, action, choice);

        const place = cut % (drive.told.length + 1);
        const first = await replay(drive.told.slice(0, place), executionOf({ some: 'input' }));
        // What is between two events is plain JSON: it may be written down there.
        const stored = JSON.parse(JSON.stringify(first.execution)) as Execution;
        const rest = await replay(drive.told.slice(place), stored);
        expect(JSON.stringify([...first.history, ...rest.history])).toBe(JSON.stringify(drive.history));
        expect(JSON.stringify(rest.execution)).toBe(JSON.stringify(drive.execution));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps the laws of a history: ids count up, each event hangs on an earlier one, the end comes last', async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const drive = new Drive(machine);
        await drive.tell({ type: 'started' });
        for (const [action, choice] of steps) await act(drive, action, choice);
        const { history, execution } = drive;
        expect(history.map((event) => event.id)).toEqual(history.map((_, i) => i + 1));
        expect(history.every((event) => event.previousEventId < event.id)).toBe(true);
        expect(history.at(-1)?.id).toBe(execution.lastEventId);
        const isEnded = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(history.at(-1)?.type ?? '');
        expect(isEnded).toBe(execution.status !== 'RUNNING');
        // A running execution always waits for something.
        if (!isEnded) {
          expect(Object.keys(execution.tasks).length + Object.keys(execution.timers).length).toBeGreaterThan(
            0,
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('changes nothing that it is given', async () => {
    const drive = new Drive(machine);
    await drive.tell({ type: 'started' });
    await drive.elapse(seconds(11));
    const before = JSON.stringify(drive.execution);
    const { id } = Object.values(drive.execution.tasks)[0] ?? { id: '' };
    await applyEvent(machine, drive.execution, { type: 'taskFailed', taskId: id, error: 'Fatal' }, drive.now);
    expect(JSON.stringify(drive.execution)).toBe(before);
  });
});

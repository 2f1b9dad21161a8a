import { progressOf, transitionKey } from '../../../tasks/executions/progress.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import { createHistory, type History } from '../../approvals-ui/support/history.ts';
import { untilPmo, untilProd, untilQc } from '../../approvals-ui/support/scene.ts';

const START = Date.parse('2026-11-22T10:00:00.000Z');
const read = (write: (history: History) => History) => progressOf(write(createHistory(START)).events);
const short = ({ attempts }: ReturnType<typeof progressOf>) =>
  attempts.map(({ state, number, status }) => `${state} ${number} ${status}`);

describe('attempts', () => {
  it('follow the states that were entered, with their times', () => {
    const { attempts } = read(untilQc);
    expect(attempts[0]).toEqual({
      state: names.lockQat,
      number: 1,
      status: 'SUCCEEDED',
      startedAt: START + 900,
      endedAt: START + 900 + 83,
    });
    expect(attempts.at(-1)).toMatchObject({ state: names.qcApproval, status: 'RUNNING' });
    expect(attempts.at(-1)).not.toHaveProperty('endedAt');
    expect(attempts).toHaveLength(6);
  });

  it('end with error and cause when a task fails', () => {
    const { attempts } = read((history) =>
      untilProd(history)
        .enter(names.buildProdImage)
        .schedule()
        .wait(5000)
        .taskFailed('ImageBuildFailed', 'the log')
        .executionFailed('ImageBuildFailed', 'the log'),
    );
    expect(attempts.at(-1)).toMatchObject({ status: 'FAILED', error: 'ImageBuildFailed', cause: 'the log' });
  });

  it('begin again with a redrive, which enters no state again', () => {
    const progress = read((history) =>
      untilProd(history)
        .enter(names.buildProdImage)
        .schedule()
        .taskFailed('ImageBuildFailed', 'x')
        .executionFailed('ImageBuildFailed', 'x')
        .redrive(names.buildProdImage),
    );
    expect(short(progress).slice(-2)).toEqual([
      `${names.buildProdImage} 1 FAILED`,
      `${names.buildProdImage} 2 RUNNING`,
    ]);
  });

  it('begin again with a Retry', () => {
    const progress = read((history) =>
      history
        .enter(names.pointQatAtImage)
        .schedule()
        .taskFailed('Lambda.ServiceException', 'busy')
        .wait(1000)
        .schedule(),
    );
    expect(short(progress)).toEqual([
      `${names.pointQatAtImage} 1 FAILED`,
      `${names.pointQatAtImage} 2 RUNNING`,
    ]);
  });

  it('tell a timeout from a failure', () => {
    const { attempts } = read((history) =>
      untilQc(history).wait(1000).taskTimedOut().executionFailed('States.Timeout'),
    );
    expect(attempts.at(-1)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  });

  it('are all ended by a stop, whose event follows nothing', () => {
    const progress = read((history) => untilPmo(history).wait(1000).aborted());
    expect(short(progress).at(-1)).toBe(`${names.pmoApproval} 1 ABORTED`);
  });

  it('fail at an expression that cannot be evaluated', () => {
    const { attempts } = read((history) => {
      history.enter(names.didQcApprove, 'Choice').add('EvaluationFailed', {
        evaluationFailedEventDetails: {
          error: 'States.QueryEvaluationError',
          cause: 'returned nothing',
          state: names.didQcApprove,
        },
      });
      return history.executionFailed('States.QueryEvaluationError', 'returned nothing');
    });
    expect(attempts).toEqual([
      expect.objectContaining({
        status: 'FAILED',
        error: 'States.QueryEvaluationError',
        cause: 'returned nothing',
      }),
    ]);
  });

  it('end at a Fail state with its error', () => {
    const { attempts } = read((history) =>
      history.enter(names.rejected, 'Fail').executionFailed('Rejected', 'QC rejected: quinn'),
    );
    expect(attempts).toEqual([
      expect.objectContaining({ state: names.rejected, status: 'FAILED', error: 'Rejected' }),
    ]);
  });
});

describe('ways', () => {
  it('are taken between states that followed each other, and no others', () => {
    const { taken } = read(untilPmo);
    expect(taken).toContain(transitionKey(names.didQcApprove, names.pmoApproval));
    expect(taken).not.toContain(transitionKey(names.didQcApprove, names.rejected));
    expect(taken.size).toBe(7);
  });
});

import { resumePoint } from '../../tasks/redrive/resume-point.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { anExecution } from '../tasks/redrive/redrive-context.ts';
import { renderDefinition } from './support/rendered.ts';

const definition = JSON.stringify(renderDefinition());

/** What advice on a redrive knows of a state that has failed, by the definition alone. */
const failedAt = (state: string, of = definition) => {
  const execution = anExecution(
    (history) => history.enter(state).schedule().taskTimedOut().executionFailed('States.Timeout'),
    { definition: of },
  );
  const { work, environment, next } = resumePoint(execution, [], []) ?? {};
  return [work, environment, next?.at(0)];
};

it('follows the way of a go-back: no QAT, and no image is built', () => {
  const execution = anExecution(
    (history) =>
      history
        .choose(names.isGoBack)
        .enter(names.checkRelease)
        .schedule()
        .taskTimedOut()
        .executionFailed('ReleaseGone'),
    { definition },
  );
  const point = resumePoint(execution, [], [], true);
  expect([point?.work, point?.environment]).toEqual(['function', undefined]);
  expect(point?.next).toEqual([
    names.pmoApproval,
    names.lockProd,
    names.confirmApprovers,
    names.pointProdAtImage,
    names.deployToProd,
    names.verifyProd,
  ]);
});

it('gives redrive advice what each state does, for which environment, and what follows', () => {
  expect(
    Object.fromEntries(
      [
        names.lockQat,
        names.buildQatImage,
        names.pointQatAtImage,
        names.refreshQatInstance,
        names.deployToQat,
        names.qcApproval,
        names.pmoApproval,
        names.lockProd,
        names.confirmApprovers,
        names.buildProdImage,
        names.pointProdAtImage,
        names.deployToProd,
        names.verifyProd,
      ].map((state) => [state, failedAt(state)]),
    ),
  ).toEqual({
    [names.lockQat]: ['lock', 'qat', names.buildQatImage],
    [names.buildQatImage]: ['job', 'qat', names.pointQatAtImage],
    [names.pointQatAtImage]: ['function', 'qat', names.refreshQatInstance],
    [names.refreshQatInstance]: ['job', 'qat', names.deployToQat],
    [names.deployToQat]: ['job', 'qat', names.qcApproval],
    [names.qcApproval]: ['approval', 'qat', names.pmoApproval],
    [names.pmoApproval]: ['approval', undefined, names.lockProd],
    [names.lockProd]: ['lock', 'prod', names.confirmApprovers],
    [names.confirmApprovers]: ['function', 'prod', names.buildProdImage],
    [names.buildProdImage]: ['job', 'prod', names.pointProdAtImage],
    [names.pointProdAtImage]: ['function', 'prod', names.deployToProd],
    [names.deployToProd]: ['job', 'prod', names.verifyProd],
    [names.verifyProd]: ['function', 'prod', undefined],
  });
});

it('takes the scan of a commit for work on QAT that a redrive repeats', () => {
  expect(failedAt(names.scanCommit, JSON.stringify(renderDefinition({ secretScan: 'warn' })))).toEqual([
    'function',
    'qat',
    names.buildQatImage,
  ]);
});

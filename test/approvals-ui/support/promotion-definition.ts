import { stateNames as names } from '../../../workflows/state-names.ts';

const task = (next: string, payload?: Record<string, unknown>) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  ...(payload && { Arguments: { Payload: payload } }),
  Next: next,
});
const lock = (environment: string, next: string) =>
  task(next, { environment, pushedAt: '{% $states.input.pushedAt %}' });
const choice = (yes: string) => ({
  Type: 'Choice',
  Choices: [{ Condition: "{% $decision = 'approve' %}", Next: yes }],
  Default: names.rejected,
});

/** A definition with the promotion's states and ways, and of what they do only the kind. */
export const promotionDefinition = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: names.lockQat,
  States: {
    [names.lockQat]: lock('qat', names.buildQatImage),
    [names.buildQatImage]: task(names.pointQatAtImage, { kind: 'image-build' }),
    [names.pointQatAtImage]: task(names.refreshQatInstance, { parameterName: '/shop/qat/image' }),
    [names.refreshQatInstance]: task(names.deployToQat, { kind: 'instance-refresh' }),
    [names.deployToQat]: task(names.qcApproval, { kind: 'pipeline-run' }),
    [names.qcApproval]: task(names.didQcApprove, { role: 'qc' }),
    [names.didQcApprove]: choice(names.pmoApproval),
    [names.pmoApproval]: task(names.didPmoApprove, { role: 'pmo' }),
    [names.didPmoApprove]: choice(names.lockProd),
    [names.lockProd]: lock('prod', names.confirmApprovers),
    [names.confirmApprovers]: task(names.buildProdImage),
    [names.buildProdImage]: task(names.pointProdAtImage, { kind: 'image-build' }),
    [names.pointProdAtImage]: task(names.deployToProd, { parameterName: '/shop/prod/image' }),
    [names.deployToProd]: task(names.verifyProd, { kind: 'pipeline-run' }),
    [names.verifyProd]: task(names.promoted),
    [names.promoted]: { Type: 'Succeed' },
    [names.rejected]: { Type: 'Fail', Error: 'Rejected' },
  },
});

import { stateNames as names } from '../../../workflows/state-names.ts';

const task = (next: string) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Next: next });
const choice = (yes: string) => ({
  Type: 'Choice',
  Choices: [{ Condition: "{% $decision = 'approve' %}", Next: yes }],
  Default: names.refused,
});

/** A definition with the promotion's states and ways, without what they do. */
export const promotionDefinition = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: names.buildQatImage,
  States: {
    [names.buildQatImage]: task(names.pointQatAtImage),
    [names.pointQatAtImage]: task(names.refreshQatInstance),
    [names.refreshQatInstance]: task(names.deployToQat),
    [names.deployToQat]: task(names.qcApproval),
    [names.qcApproval]: task(names.didQcApprove),
    [names.didQcApprove]: choice(names.pmoApproval),
    [names.pmoApproval]: task(names.didPmoApprove),
    [names.didPmoApprove]: choice(names.confirmApproversDiffer),
    [names.confirmApproversDiffer]: task(names.buildProdImage),
    [names.buildProdImage]: task(names.pointProdAtImage),
    [names.pointProdAtImage]: task(names.deployToProd),
    [names.deployToProd]: task(names.verifyProd),
    [names.verifyProd]: task(names.promoted),
    [names.promoted]: { Type: 'Succeed' },
    [names.refused]: { Type: 'Fail', Error: 'Refused' },
  },
});

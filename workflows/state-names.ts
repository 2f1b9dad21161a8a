/** Names of the states, as people know them. Pages, alarms, the runbook and reports use these. */
export const stateNames = {
  buildQatImage: 'Build QAT image',
  pointQatAtImage: 'Point QAT at image',
  refreshQatInstance: 'Refresh QAT instance',
  deployToQat: 'Deploy to QAT',
  qcApproval: 'QC approval',
  didQcApprove: 'Did QC approve?',
  pmoApproval: 'PMO approval',
  didPmoApprove: 'Did PMO approve?',
  confirmApproversDiffer: 'Confirm approvers differ',
  buildProdImage: 'Build Prod image',
  pointProdAtImage: 'Point Prod at image',
  deployToProd: 'Deploy to Prod',
  verifyProd: 'Verify Prod',
  promoted: 'Promoted',
  refused: 'Refused',
} as const;

/** The ledger has no decision of QC or PMO: the state machine was told something that nobody decided. */
export class ApproversNotRecordedError extends Error {
  override readonly name = 'ApproversNotRecorded';
}

/** One person approved in both roles. */
export class ApproversMustDifferError extends Error {
  override readonly name = 'ApproversMustDiffer';
}

/** What helps against any of these. */
export const PUSH_AGAIN = 'Push the commit again to start a new promotion.';

/** The ledger has no decision of QC or PMO: a task token was completed without one. */
export class ApproversNotRecordedError extends Error {
  override readonly name = 'ApproversNotRecorded';
}

/** One person approved in both roles, or somebody whose address is not verified did. */
export class ApproversMustDifferError extends Error {
  override readonly name = 'ApproversMustDiffer';
}

/** Somebody approved a change of their own. */
export class ApproverMadeChangeError extends Error {
  override readonly name = 'ApproverMadeChange';
}

/** A recorded approval is about something else than what would be built. */
export class ApprovedSomethingElseError extends Error {
  override readonly name = 'ApprovedSomethingElse';
}

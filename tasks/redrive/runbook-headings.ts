/** Headings of RUNBOOK.md that advice leads to. One about states names each of them, with commas between. */
export const runbookHeadings = [
  'Build revision',
  'Build QAT image, Build Prod image',
  'Point QAT at image, Point Prod at image',
  'The gate stops an image',
  'Refresh QAT instance',
  'Deploy to QAT, Deploy to Prod',
  'QC approval, PMO approval',
  'QC image approval, PMO image approval',
  'Lock QAT, Lock Prod',
  'Check release',
  'Scan commit',
  'Confirm approvers, Confirm image approvers',
  'Verify Prod',
  'Rejected',
  'Superseded',
  'Stale',
  'Recalled',
  'A hook of what is live fails',
  'A deployment is stopped before traffic moves',
  'A soak',
  'An alarm is on before a deployment',
  'An environment is locked',
  'An environment is frozen',
  'QAT has changed',
  "A state's function fails",
  'The state machine itself fails',
  'A promotion was stopped',
  'A redrive is not offered',
  'New vulnerabilities are known',
] as const;

/** One of them. */
export type RunbookHeading = (typeof runbookHeadings)[number];

/** The heading about a state; of one that has none, the heading about functions in general. */
export const headingOfState = (state: string | undefined): RunbookHeading =>
  runbookHeadings.find((heading) => state !== undefined && heading.split(', ').includes(state)) ??
  "A state's function fails";

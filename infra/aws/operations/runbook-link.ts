/** Headings of RUNBOOK.md that alarms lead to. */
export type RunbookHeading =
  | 'An event was given up'
  | 'The reconciler has stopped'
  | 'A build failed'
  | 'The approvals site fails'
  | 'Mail is not delivered'
  | 'Events are not published'
  | 'A notification was given up'
  | 'Prod has no healthy instance'
  | 'Prod has too few instances'
  | 'Prod answers with errors'
  | 'Prod answers slowly';

/** Where the heading stands, by the anchor that Markdown gives it. */
export const runbookLink = (heading: RunbookHeading): string =>
  `RUNBOOK.md#${heading.toLowerCase().replaceAll(' ', '-')}`;

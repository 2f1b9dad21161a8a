/**
 * Why a promotion that Step Functions does not offer a redrive for has none.
 * @param status the promotion's
 */
export const whyNotRedrivable = (status: string): string => {
  if (status === 'RUNNING') return 'The promotion is in progress; there is nothing to redrive.';
  if (status === 'SUCCEEDED') return 'The promotion has succeeded; there is nothing to redrive.';
  if (status === 'REFUSED') return 'An approver refused. A refusal is final; push a new commit instead.';
  return 'Step Functions does not offer a redrive: it ended more than 14 days ago, or its history is full.';
};

/**
 * Why a promotion that Step Functions does not offer a redrive for has none.
 * @param status the promotion's
 */
export const whyNotRedrivable = (status: string): string => {
  if (status === 'RUNNING') return 'The promotion is in progress; there is nothing to redrive.';
  if (status === 'SUCCEEDED') return 'The promotion has succeeded; there is nothing to redrive.';
  if (status === 'REFUSED') return 'An approver refused. A refusal is final; push a new commit instead.';
  if (status === 'SUPERSEDED')
    return 'A newer promotion took its place, and goes on with the newer commit. Push this commit again if it must come after it.';
  if (status === 'STALE')
    return 'Prod ran a newer commit when its turn came. Push this commit again if it must come after it.';
  return 'Step Functions does not offer a redrive: it ended more than 14 days ago, or its history is full.';
};

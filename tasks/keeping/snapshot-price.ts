/** What a snapshot costs: the list price that `npm run costs` and `lockstep images` reckon with. */
export const snapshotPrice = {
  /** USD for a GiB and month, in the standard tier. */
  gibMonth: 0.05,
  region: 'us-east-1',
  date: '2025-06-30',
  source: 'Amazon EBS pricing',
} as const;

/** What snapshots of so many GiB cost a month, at most: they store only blocks that are used, and share what they have in common. */
export const monthlyCost = (gib: number): number => Number((gib * snapshotPrice.gibMonth).toFixed(4));

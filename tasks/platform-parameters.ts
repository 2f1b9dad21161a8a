/**
 * Names of the SSM parameters by which the command line finds a deployed Lockstep. No application can be called
 * `platform`, so they are nobody else's.
 */
export const platformParameters = {
  ledgerTable: '/lockstep/platform/ledger-table',
  evidenceBucket: '/lockstep/platform/evidence-bucket',
  evidenceKeyArn: '/lockstep/platform/evidence-key',
} as const;

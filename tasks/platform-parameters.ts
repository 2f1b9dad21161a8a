/**
 * Names of the SSM parameters by which the command line finds a deployed Lockstep. No application can be called
 * `platform`, so they are nobody else's.
 */
export const platformParameters = {
  ledgerTable: '/lockstep/platform/ledger-table',
  evidenceBucket: '/lockstep/platform/evidence-bucket',
  evidenceKeyArn: '/lockstep/platform/evidence-key',
  /** JSON: the version of each application's configuration as it is deployed. */
  configurationVersions: '/lockstep/platform/configuration-versions',
} as const;

/** Names of the applications that the versions are of. */
export const applicationsOf = (json: string): readonly string[] => Object.keys(JSON.parse(json));

/** Reads the versions. @returns the version of an application's configuration; `none` of one that is no longer configured */
export function readConfigurationVersions(json: string): (application: string) => string {
  const versions = JSON.parse(json) as Readonly<Record<string, string>>;
  return (application) => versions[application] ?? 'none';
}

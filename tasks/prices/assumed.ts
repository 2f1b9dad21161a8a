/** What costs are computed with where nothing records or configures it. */
export const assumed = {
  /** What an image build fetches from the internet, in GB. */
  imageBuildGb: 1,
  /** All functions of a promotion: how often they are invoked, their seconds together, and their memory in GB. */
  invocations: 60,
  functionSeconds: 60,
  functionGb: 0.5,
  /** How many of an application's releases are kept: each has an image for QAT and one for Prod. */
  keptReleases: 10,
} as const;

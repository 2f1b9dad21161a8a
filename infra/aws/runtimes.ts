/** Runtimes that an application's images can carry, by the name used in the configuration. */
export const runtimes = {
  nodejs: 'runtime-nodejs',
  java: 'runtime-java',
  python: 'runtime-python',
} as const;

/** Name of a runtime in the configuration. */
export type Runtime = keyof typeof runtimes;

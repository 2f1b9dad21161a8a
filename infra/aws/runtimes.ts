/** Documents of the runtimes that are added to an application's images, by the name used in the configuration. */
export const runtimes = {
  nodejs: 'runtime-nodejs',
  java: 'runtime-java',
  python: 'runtime-python',
  none: undefined,
} as const;

/** Name of a runtime in the configuration. */
export type Runtime = keyof typeof runtimes;

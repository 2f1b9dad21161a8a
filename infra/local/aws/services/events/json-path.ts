/** Reads one place of an event; `undefined` where there is nothing. */
type PathReader = (event: unknown) => unknown;

const STEP = /\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]/y;

/**
 * Compiles the JSON paths that EventBridge knows in input paths: `$`, `$.detail.state`, `$.resources[0]`, `$['a b']`.
 * @throws Error for anything else
 */
export const compilePath = (path: string): PathReader => {
  const steps: string[] = [];
  if (!path.startsWith('$')) throw new Error(`The path ${JSON.stringify(path)} must start with "$".`);
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const from = STEP.lastIndex;
    const match = STEP.exec(path);
    if (!match)
      throw new Error(
        `The path ${JSON.stringify(path)} cannot be read at character ${from}; use dots, [n] and ['name'].`,
      );
    steps.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return (event) =>
    steps.reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined,
      event,
    );
};

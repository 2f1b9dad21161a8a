/** An error in one line. */
export const errorText = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/**
 * Throws all failures of independent steps, if there are any.
 * @param what begins the message
 * @throws AggregateError
 */
export function throwFailures(failures: readonly unknown[], what: string): void {
  if (failures.length > 0)
    throw new AggregateError(failures, `${what}: ${failures.map(errorText).join('; ')}`);
}

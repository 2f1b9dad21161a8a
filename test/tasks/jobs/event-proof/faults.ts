import { clientFault } from './services.ts';

/** What may go wrong with one call. */
export type Fate =
  | 'crash before'
  | 'crash after'
  | 'throttled'
  /** It was done, and the response was lost. */
  | 'response lost'
  /** The service says no; of calls that start something only. */
  | 'denied'
  /** An index of the table shows what it held a moment ago; of look-ups by index only. */
  | 'stale';

/** The function's process ended between two awaits. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

const indexed = ['jobByExternalId', 'openJobs'];

/**
 * Wraps what functions call, so that others run before each call and some calls fail.
 * @param between lets others run
 * @param fateOf the fate of the nth call of that name, from 0; undefined when nothing happens to it
 */
export const createFaults = (
  between: () => Promise<void>,
  fateOf: (name: string, nth: number) => Fate | undefined,
) => {
  const calls = new Map<string, number>();
  let happened = 0;
  let calm = false;
  const earlier = new Map<string, unknown>();

  const mortal =
    <Parameters extends unknown[], Result>(name: string, work: (...given: Parameters) => Promise<Result>) =>
    async (...given: Parameters): Promise<Result> => {
      await between();
      const nth = calls.get(name) ?? 0;
      calls.set(name, nth + 1);
      const fate = calm ? undefined : fateOf(name, nth);
      const isIndex = indexed.includes(name);
      const key = `${name} ${JSON.stringify(given)}`;
      if (fate === 'stale' && isIndex && earlier.has(key)) {
        happened += 1;
        return earlier.get(key) as Result;
      }
      if (fate === 'crash before' || fate === 'throttled' || (fate === 'denied' && name === 'start')) {
        happened += 1;
        throw fate === 'crash before'
          ? new Crashed(name)
          : clientFault(fate === 'denied' ? 'AccessDeniedException' : 'ThrottlingException');
      }
      const result = await work(...given);
      if (isIndex) earlier.set(key, structuredClone(result));
      if (fate === 'crash after' || fate === 'response lost') {
        happened += 1;
        throw fate === 'crash after' ? new Crashed(name) : new Error('socket hang up');
      }
      return result;
    };

  return {
    /** Everything that the target can be asked for, some of which fails. */
    all: <Target extends object>(target: Target): Target =>
      Object.fromEntries(
        Object.entries(target).map(([name, work]) => [
          name,
          mortal(name, work as (...given: unknown[]) => Promise<unknown>),
        ]),
      ) as Target,
    happened: () => happened,
    /** Nothing goes wrong any more. */
    end: () => {
      calm = true;
    },
  };
};

/** A clock that only moves from one thing that happens to the next. Times in ms since the epoch. */
export const createTimeline = (start: number) => {
  let now = start;
  let order = 0;
  const waiting: { readonly at: number; readonly order: number; readonly happen: () => void }[] = [];
  return {
    now: () => now,
    /** How long it is until something happens, in ms. */
    wait: (): number => (waiting[0]?.at ?? Number.POSITIVE_INFINITY) - now,
    in: (ms: number, happen: () => void): void => {
      waiting.push({ at: now + ms, order: order++, happen });
      waiting.sort((a, b) => a.at - b.at || a.order - b.order);
    },
    /** Lets the next thing happen. @returns false if there is none */
    step: (): boolean => {
      const next = waiting.shift();
      if (next === undefined) return false;
      now = next.at;
      next.happen();
      return true;
    },
  };
};

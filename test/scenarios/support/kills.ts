/** Longest time from a kill's step to the kill, in ms: it hits between steps as well, and into starts. */
export const LATEST_MS = 250;

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
export const randomNumbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

/** The whole number that a text is, in decimal digits; undefined if it is none, or not from `least` to `most`. */
export const wholeNumberIn = (
  text: string,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
};

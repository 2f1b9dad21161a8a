import { createHash } from 'node:crypto';

/** Randomness that the same seed repeats: a replayed execution must take the same values again. */
export interface Random {
  /** The next number in [0, 1). */
  readonly number: () => number;
  /** The next version 4 UUID. */
  readonly uuid: () => string;
}

const digest = (seed: string, counter: number): Buffer =>
  createHash('sha256').update(`${seed}\n${counter}`).digest();

/** 53 bits of a digest as a number in [0, 1). */
const fraction = (bytes: Buffer): number =>
  (bytes.readUIntBE(0, 6) * 32 + (bytes.readUInt8(6) >> 3)) / 2 ** 53;

/** The random sequence of a seed. */
export const randomFrom = (seed: string): Random => {
  let counter = 0;
  return {
    number: () => fraction(digest(seed, counter++)),
    uuid: () => {
      const hex = [...digest(seed, counter++).toString('hex').slice(0, 32)];
      hex[12] = '4';
      hex[16] = '89ab'[Number.parseInt(hex[16] ?? '0', 16) & 3] ?? '8';
      const text = hex.join('');
      return [0, 8, 12, 16, 20].map((start, i) => text.slice(start, [8, 12, 16, 20, 32][i])).join('-');
    },
  };
};

/** The first number in [0, 1) of a seed. */
export const seededNumber = (seed: string): number => fraction(digest(seed, 0));

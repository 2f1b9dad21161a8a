/** Something to do before Lockstep works as it is configured. */
export interface Finding {
  /** `could-not-look`: nobody knows whether something is in the way. */
  readonly kind: 'fault' | 'could-not-look';
  /** What is wrong, in a few words. */
  readonly what: string;
  /** What AWS says. */
  readonly value: string;
  /** What to do. */
  readonly remedy: string;
}

/** A fault. */
export const fault = (what: string, value: string, remedy: string): Finding => ({
  kind: 'fault',
  what,
  value,
  remedy,
});

import { CommandError } from '../system.ts';

/** Time, as a tear-down uses it. */
export interface Waiting {
  readonly now: () => Date;
  /** Waits until the next look. */
  readonly pause: () => Promise<void>;
  /** Tells the person at the terminal what goes on. */
  readonly tell: (text: string) => void;
}

/**
 * Looks again and again until nothing is left to wait for, and tells each change.
 * @param look what is waited for, as text; undefined if there is nothing any more
 * @param minutes how long at most
 * @param remedy what to do after that time
 * @throws CommandError naming what was waited for
 */
export async function waitFor(
  { now, pause, tell }: Waiting,
  look: () => Promise<string | undefined>,
  minutes: number,
  remedy: string,
): Promise<void> {
  const deadline = now().getTime() + minutes * 60_000;
  let told: string | undefined;
  for (;;) {
    const text = await look();
    if (text === undefined) return;
    if (text !== told) tell(text);
    told = text;
    if (now().getTime() >= deadline) throw new CommandError(`${text} Waited ${minutes} minutes. ${remedy}`);
    await pause();
  }
}

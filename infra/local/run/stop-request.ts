import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** Signals that ask the program to end: Ctrl-C, `kill`, a closed terminal. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof stopSignals)[number];

/**
 * How long signals after the first count as the same request, in ms: npm passes on what the terminal has already sent to the
 * whole process group.
 */
const SAME_REQUEST_MS = 1_000;

/** A request to stop in order. `signal.reason` is the operating system's signal. */
export interface StopRequest {
  readonly signal: AbortSignal;
  /** Stops as that signal of the operating system does. */
  readonly stop: (reason: StopSignal) => void;
}

/** Exit code of a program that a signal has ended, as shells tell it. */
export const exitCodeOf = (reason: StopSignal): number => 128 + constants.signals[reason];

/**
 * Takes the signals that end a program as requests to stop in order. A request that comes more than a second after the first
 * ends the program at once.
 * @param streams whose reader may go away (a closed terminal, `| head`), which is a request as well
 */
export const listenForStop = (
  process: Pick<NodeJS.Process, 'on' | 'exit'>,
  streams: readonly Pick<Writable | Readable, 'on'>[],
): StopRequest => {
  const controller = new AbortController();
  let first = 0;
  const stop = (reason: StopSignal) => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(reason);
    } else if (performance.now() - first > SAME_REQUEST_MS) process.exit(exitCodeOf(reason));
  };
  for (const signal of stopSignals) process.on(signal, () => stop(signal));
  // Nobody reads any more; a later write must not end the program before it has stopped its applications.
  for (const stream of streams)
    stream.on('error', () => {
      if (!controller.signal.aborted) stop('SIGHUP');
    });
  return { signal: controller.signal, stop };
};

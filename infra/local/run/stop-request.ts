import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** Signals that ask the program to end: Ctrl-C, `kill`, a closed terminal. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof stopSignals)[number];

/**
 * How long after the first request another Ctrl-C counts as the same one, in ms: npm passes on what the terminal has already
 * sent to the whole process group.
 */
const SAME_REQUEST_MS = 2_000;

/** A request to stop in order. `signal.reason` is the operating system's signal. */
export interface StopRequest {
  readonly signal: AbortSignal;
  /** Stops as that signal of the operating system does; later calls do nothing more. */
  readonly stop: (reason: StopSignal) => void;
}

/** Exit code of a program that a signal has ended, as shells tell it. */
export const exitCodeOf = (reason: StopSignal): number => 128 + constants.signals[reason];

/**
 * Takes the signals that end a program as requests to stop in order. A closed terminal and a killed npm bring several, so that
 * only another Ctrl-C, two seconds after the first request or later, ends the program at once.
 * @param streams whose reader may go away (a closed terminal, `| head`), which is a request as well
 */
export const listenForStop = (
  process: Pick<NodeJS.Process, 'on' | 'exit'>,
  streams: readonly Pick<Writable | Readable, 'on'>[],
): StopRequest => {
  const controller = new AbortController();
  let first = 0;
  const stop = (reason: StopSignal) => {
    if (controller.signal.aborted) return;
    first = performance.now();
    controller.abort(reason);
  };
  for (const signal of stopSignals)
    process.on(signal, () => {
      const isAnother = controller.signal.aborted && performance.now() - first > SAME_REQUEST_MS;
      if (isAnother && signal === 'SIGINT') process.exit(exitCodeOf(signal));
      stop(signal);
    });
  // Nobody reads any more; a later write must not end the program before it has stopped its applications.
  for (const stream of streams) stream.on('error', () => stop('SIGHUP'));
  return { signal: controller.signal, stop };
};

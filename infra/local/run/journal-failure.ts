import type { StateDirectoryError } from '@lockstep/aws-emulator';

/** Waits for the moment from which on nothing can be journaled: the disk is full, for example. */
export interface JournalFailure {
  /** For the store to tell. */
  readonly tell: (error: StateDirectoryError) => void;
  readonly hasFailed: () => boolean;
  /** Gives what the work gives. @throws StateDirectoryError as soon as nothing can be journaled */
  readonly orFail: <Result>(work: Promise<Result>) => Promise<Result>;
}

/**
 * From that moment on each write throws the same error, also in timers, where nobody catches it: it must not end the process
 * before the run has stopped its servers and applications.
 */
export const createJournalFailure = (process: Pick<NodeJS.Process, 'on'>): JournalFailure => {
  let hasFailed = false;
  let fail: (error: StateDirectoryError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Nobody may be waiting at that moment.
  failed.catch(() => undefined);
  return {
    tell: (error) => {
      hasFailed = true;
      process.on('uncaughtException', () => undefined);
      fail(error);
    },
    hasFailed: () => hasFailed,
    orFail: (work) => Promise.race([work, failed]),
  };
};

import { EventEmitter } from 'node:events';
import { StateDirectoryError } from '@lockstep/aws-emulator';
import { createJournalFailure } from '../../../../infra/local/run/journal-failure.ts';

describe('a journal that takes nothing more', () => {
  it('ends the work that waits, and the work that comes after', async () => {
    const failure = createJournalFailure(new EventEmitter() as unknown as NodeJS.Process);
    expect(await failure.orFail(Promise.resolve('done'))).toBe('done');
    const work = failure.orFail(new Promise(() => undefined));
    expect(failure.hasFailed()).toBe(false);
    failure.tell(new StateDirectoryError('the disk is full'));
    await expect(work).rejects.toThrow('the disk is full');
    await expect(failure.orFail(new Promise(() => undefined))).rejects.toThrow('the disk is full');
    expect(failure.hasFailed()).toBe(true);
  });

  it('does not end the process by what throws in a timer, so that the run can stop in order', () => {
    const process = new EventEmitter();
    const failure = createJournalFailure(process as unknown as NodeJS.Process);
    expect(process.listenerCount('uncaughtException')).toBe(0);
    failure.tell(new StateDirectoryError('the disk is full'));
    expect(process.listenerCount('uncaughtException')).toBe(1);
  });
});

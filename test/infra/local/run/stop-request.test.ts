import { EventEmitter } from 'node:events';
import { exitCodeOf, listenForStop } from '../../../../infra/local/run/stop-request.ts';

describe('a request to stop', () => {
  const listening = () => {
    const program = Object.assign(new EventEmitter(), { exit: jest.fn() });
    const output = new EventEmitter();
    const { signal, stop } = listenForStop(program as never, [output as never]);
    return { program, output, signal, stop };
  };
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('comes as %s', (name) => {
    const { program, signal } = listening();
    expect(signal.aborted).toBe(false);
    program.emit(name);
    expect([signal.aborted, signal.reason]).toEqual([true, name]);
  });

  it('comes when nobody reads the output any more, and later writes end nothing', () => {
    const { program, output, signal } = listening();
    output.emit('error', new Error('write EIO'));
    expect(signal.reason).toBe('SIGHUP');
    jest.advanceTimersByTime(3_000);
    output.emit('error', new Error('write EIO'));
    expect(program.exit).not.toHaveBeenCalled();
  });

  it('counts once though npm passes it on and ends itself; another Ctrl-C ends the program at once', () => {
    const { program, stop } = listening();
    program.emit('SIGINT');
    program.emit('SIGINT');
    jest.advanceTimersByTime(3_000);
    program.emit('SIGTERM');
    program.emit('SIGHUP');
    stop('SIGTERM');
    expect(program.exit).not.toHaveBeenCalled();
    program.emit('SIGINT');
    expect(program.exit).toHaveBeenCalledWith(130);
    expect(exitCodeOf('SIGTERM')).toBe(143);
  });
});

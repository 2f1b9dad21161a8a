import { inOrder } from '../../../../infra/local/run/in-order.ts';
import type { ProgressLine } from '../../../../infra/local/run/progress.ts';
import { createTerminal } from '../../../../infra/local/run/terminal.ts';

describe('a terminal on which several promotions are told', () => {
  let text: string;
  beforeEach(() => {
    text = '';
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  const write = (part: string) => {
    text += part;
  };
  const terminal = () => inOrder(createTerminal({ write }, false));
  const line = (second: number, state: string): ProgressLine => ({
    at: new Date(2026, 10, 22, 10, 0, second),
    kind: 'done',
    state,
  });
  const told = () => text.split('\n').map((one) => one.replace(/ +/g, ' ').trimEnd());

  it('shows them in the order of their times, and one that comes too late without its time', () => {
    const { progress } = terminal();
    progress(line(5, 'Newer'));
    progress(line(3, 'Older'));
    expect(text).toBe('');
    jest.advanceTimersByTime(1_000);
    expect(told()).toEqual(['10:00:03 ✔ Older', '10:00:05 ✔ Newer', '']);
    progress(line(4, 'Late'));
    progress(line(6, 'Next'));
    jest.advanceTimersByTime(1_000);
    expect(told().slice(2)).toEqual([' ✔ Late', '10:00:06 ✔ Next', '']);
  });

  it('shows what it holds before anything else', () => {
    const { progress, line: say } = terminal();
    progress(line(5, 'Newer'));
    say('Stopping …');
    expect(told()).toEqual(['10:00:05 ✔ Newer', 'Stopping …', '']);
  });
});

import { stripVTControlCharacters, styleText } from 'node:util';
import type { ProgressLine } from './progress.ts';

type Style = Parameters<typeof styleText>[0];

type TimelessLine = Omit<ProgressLine, 'at'>;

/** Writes for people: lines of text, in colour where the terminal shows it. */
export interface Terminal {
  readonly line: (text?: string) => void;
  /** A heading with labelled values below it. */
  readonly block: (title: string, rows: readonly (readonly [label: string, value: string])[]) => void;
  /** One thing that happened in a promotion; without `at`, its time is not shown. */
  readonly progress: (line: TimelessLine & { readonly at?: Date }, hint?: string) => void;
  readonly error: (message: string) => void;
}

const marks: Readonly<Record<ProgressLine['kind'], readonly [mark: string, style: Style]>> = {
  started: ['▸', 'dim'],
  waiting: ['…', 'yellow'],
  done: ['✔', 'green'],
  failed: ['✘', 'red'],
  overtaken: ['–', 'yellow'],
  recalled: ['–', 'yellow'],
  redriven: ['↻', 'cyan'],
  ended: ['■', 'bold'],
};

/** The longest state name, and in front of it a short commit where several promotions are told, so that times stand in a column. */
const NAME_WIDTH = 32;

/** Kinds of lines that tell how long a state took before it ended, and why it ended early. */
const early: readonly ProgressLine['kind'][] = ['failed', 'overtaken', 'recalled'];

const clockTime = (at: Date) => at.toTimeString().slice(0, 8);

/** `0.9 s`, `12.4 s`, `3 min 20 s`. */
export const duration = (ms: number): string => {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
};

/** Text from elsewhere (commit messages, causes) without control characters that would steer the terminal. */
export const plain = (text: string): string =>
  [...stripVTControlCharacters(text)].filter((c) => c === '\n' || c === '\t' || c >= ' ').join('');

/**
 * @param output where lines go
 * @param colour whether the output shows colours
 */
export const createTerminal = (output: { write(text: string): unknown }, colour: boolean): Terminal => {
  const paint = (style: Style, text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const line = (text = '') => output.write(`${text}\n`);
  const indented = (text: string) => {
    for (const part of plain(text).split('\n')) line(`            ${part}`);
  };

  return {
    line,
    block: (title, rows) => {
      line();
      line(paint('bold', title));
      const width = Math.max(...rows.map(([label]) => label.length));
      for (const [label, value] of rows) line(`  ${paint('dim', label.padEnd(width))}  ${value}`);
      line();
    },
    progress: ({ at, kind, state, tookMs, detail }, hint) => {
      const [mark, style] = marks[kind];
      const name = state ?? 'Promotion';
      const took = tookMs !== undefined && (kind === 'done' || early.includes(kind)) ? duration(tookMs) : '';
      const words = {
        waiting: 'waiting',
        redriven: 'redriven',
        started: '',
        done: '',
        failed: 'failed',
        overtaken: 'ended by a newer promotion',
        recalled: 'recalled',
        ended: detail ?? '',
      };
      const status = [words[kind], took && kind !== 'done' ? `after ${took}` : took]
        .filter(Boolean)
        .join(' ');
      line(
        `${paint('dim', at ? clockTime(at) : ' '.repeat(8))}  ${paint(style, mark)} ${name.padEnd(NAME_WIDTH)} ${paint(style, status)}`.trimEnd(),
      );
      if (early.includes(kind) && detail) indented(detail);
      if (hint) indented(hint);
    },
    error: (message) => {
      line();
      line(`${paint('red', 'lockstep:')} ${plain(message)}`);
    },
  };
};

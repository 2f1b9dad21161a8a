/** One command of a shell script, as far as it can be told without running it. */
export interface ShellCommand {
  /** The first is 1. */
  readonly line: number;
  /** As it is written. */
  readonly source: string;
  /** Without variables, `sudo` and keywords in front, and without redirections. */
  readonly words: readonly string[];
  /** Whether the script does not wait for it. */
  readonly isBackground: boolean;
}

/** Words that stand before a command. */
const PREFIXES = new Set(
  '! { ( then else do if elif while until time exec sudo env nohup setsid nice command'.split(' '),
);

/** A character outside quotes, or a piece in quotes; what the shell puts in its place stays as it is. */
const PIECE =
  /\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\{[^}]*\}|&>>?|\d?>>?&\d?|<&\d?|&&|\|\|?|;;?|&|\s+|[^\s\\'"$`&|;<>]+|[\s\S]/g;

/** Lines that the shell reads as one, without comments and here-documents, each with its number. */
const logicalLines = (text: string): { readonly line: number; readonly text: string }[] => {
  const lines = text.split(/\r?\n/);
  const found: { line: number; text: string }[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    let whole = lines[index] ?? '';
    while (/(?:^|[^\\])\\$/.test(whole) && index + 1 < lines.length)
      whole = `${whole.slice(0, -1)} ${lines[++index] ?? ''}`;
    const code = whole.replace(/(^|[\s;])#.*$/, (comment, before: string) =>
      isInQuotes(whole, whole.indexOf(comment)) ? comment : before,
    );
    found.push({ line, text: code });
    const delimiter = /<<-?\s*(['"]?)([A-Za-z_]\w*)\1/.exec(code)?.[2];
    if (delimiter === undefined) continue;
    while (index + 1 < lines.length && lines[++index]?.trim() !== delimiter);
  }
  return found;
};

const isInQuotes = (text: string, offset: number): boolean =>
  (text.slice(0, offset).match(/(?<!\\)["']/g) ?? []).length % 2 === 1;

const SEPARATORS = new Set(['&&', '||', '|', ';', ';;', '&']);

const wordsOf = (source: string): string[] => {
  const words: string[] = [];
  let word = '';
  const end = () => {
    if (word !== '') words.push(word);
    word = '';
  };
  const withoutRedirections = source.replace(
    /(?:\d?>>?&\d|&>>?|\d?>>?|\d?<)\s*(?:"[^"]*"|'[^']*'|[^\s)]*)/g,
    ' ',
  );
  for (const [piece] of withoutRedirections.matchAll(PIECE))
    if (/^\s+$/.test(piece)) end();
    else word += piece;
  end();
  while (words.length > 0 && (PREFIXES.has(words[0] ?? '') || /^\w+=/.test(words[0] ?? ''))) words.shift();
  return words
    .map((one) => one.replace(/^\(+/, '').replace(/(?<!\([^)]*)[)}]+$/, ''))
    .filter((one) => one !== '');
};

/** The commands of a shell script, in order. It is read line by line, as people write hooks; what is generated is not seen. */
export function shellCommands(text: string): readonly ShellCommand[] {
  return logicalLines(text).flatMap(({ line, text: code }) => {
    const commands: ShellCommand[] = [];
    let source = '';
    const end = (isBackground: boolean) => {
      const words = wordsOf(source);
      if (source.trim() !== '') commands.push({ line, source: source.trim(), words, isBackground });
      source = '';
    };
    for (const [piece] of code.matchAll(PIECE))
      if (SEPARATORS.has(piece)) end(piece === '&');
      else source += piece;
    end(false);
    return commands;
  });
}

/** A word as the shell hands it on, as far as it is written out. */
export const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/s, '$2');

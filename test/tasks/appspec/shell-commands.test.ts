import fc from 'fast-check';
import { shellCommands } from '../../../tasks/appspec/shell-commands.ts';

const words = (text: string) => shellCommands(text).map((one) => one.words);

describe('commands of a shell script', () => {
  it.each<[string, string, string[][]]>([
    ['words', 'cp -r a "b c"', [['cp', '-r', 'a', '"b c"']]],
    ['comments', '# one\ntwo # three\necho "a # b"', [['two'], ['echo', '"a # b"']]],
    ['several in a line', 'a && b || c; d | e', [['a'], ['b'], ['c'], ['d'], ['e']]],
    ['separators in quotes', `echo 'a; b' "c && d"`, [['echo', `'a; b'`, '"c && d"']]],
    ['what stands before a command', 'sudo X=1 nohup node a.js', [['node', 'a.js']]],
    ['keywords', 'if ! test -f a; then b; fi', [['test', '-f', 'a'], ['b'], ['fi']]],
    ['redirections', 'a >b 2>&1 </dev/null', [['a']]],
    ['groups', '(cd /a && b)', [['cd', '/a'], ['b']]],
    ['lines that go on', 'a \\\n  b\nc', [['a', 'b'], ['c']]],
    ['here-documents', "cat <<'END'\nnot ; a command\nEND\na", [['cat'], ['a']]],
    ['substitutions', '. "$(dirname "$0")/common.sh"', [['.', '"$(dirname "$0")/common.sh"']]],
  ])('are told apart: %s', (_, text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each<[string, boolean]>([
    ['a &', true],
    ['a >b 2>&1 &', true],
    ['a &>b', false],
    ['a && b', false],
    ['a 2>&1', false],
    ["echo 'a &'", false],
  ])('%s runs in the background: %s', (text, expected) => {
    expect(shellCommands(text).some(({ isBackground }) => isBackground)).toBe(expected);
  });

  it('have their lines', () => {
    expect(shellCommands('\na\nb \\\nc\nd').map(({ line }) => line)).toEqual([2, 3, 5]);
  });

  it('are read from any text', () => {
    const part = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '"',
      "'",
      '\\',
      '$(',
      ')',
      '`',
      '&',
      '|',
      ';',
      '<<A',
      '>',
      '#',
      '{',
      '}',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        const lines = text.split('\n').length;
        for (const { line } of shellCommands(text)) expect(line >= 1 && line <= lines).toBe(true);
      }),
    );
  });
});

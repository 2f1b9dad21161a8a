import fc from 'fast-check';
import { commitTitle, isTitleCut, visibleAddress, visibleLines, visibleText } from '../../tasks/words.ts';

it.each([
  ['Dana', 'Dana'],
  ['José Łukasz-Müller', 'José Łukasz-Müller'],
  ['Дана', 'Дана'],
  ['田中 さくら', '田中 さくら'],
  ['D\u0430na', 'D\\u0430na'],
  ['\u202eanaD', '\\u202eanaD'],
  ['Da\u200bna\u00a0X', 'Da\\u200bna\\u00a0X'],
  ['\u001b[2J', '\\u001b[2J'],
  ['\u{e0041}Dana', '\\u{e0041}Dana'],
  ['Fixバグ 修正api 버그fix', 'Fixバグ 修正api 버그fix'],
  ['👩‍💻 👍🏽‍🤝 fix', '👩‍💻 👍🏽‍🤝 fix'],
  ['fi\u200dx', 'fi\\u200dx'],
])('shows the name %j as %j', (name, expected) => {
  expect(visibleText(name)).toBe(expected);
});

it('shows an address in ASCII alone, and two that differ as two', () => {
  expect(visibleAddress('d\u0430na@example.com')).toBe('d\\u0430na@example.com');
  const odd = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\\'));
  fc.assert(
    fc.property(odd, odd, (a, b) => {
      expect(visibleAddress(a)).toMatch(/^[\x20-\x7e]*$/);
      expect(visibleAddress(a) === visibleAddress(b)).toBe(a === b);
    }),
  );
});

it('shows lines as lines, with their tabs, by any line end', () => {
  expect(visibleLines('a\tb\r\nc\u202e\rd\n\u0007')).toBe('a\tb\nc\\u202e\nd\n\\u0007');
});

describe('the title of a commit', () => {
  const titleOf = (commitMessage: string) => commitTitle({ commitId: '8f0c9c1f00', commitMessage });
  it('is its first line, with what it hides, or its first digits', () => {
    expect(titleOf('Fix \u202ethis\nmore')).toBe('Fix \\u202ethis');
    expect(titleOf(' ')).toBe('Commit 8f0c9c1f');
  });
  it('is cut if it is long', () => {
    expect(titleOf('x'.repeat(120))).toBe('x'.repeat(120));
    expect(titleOf('x'.repeat(121))).toBe(`${'x'.repeat(120)}…`);
    expect([
      isTitleCut({ commitMessage: 'x'.repeat(120) }),
      isTitleCut({ commitMessage: 'x'.repeat(121) }),
    ]).toEqual([false, true]);
  });
});

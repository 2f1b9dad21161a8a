import fc from 'fast-check';
import { visibleAddress, visibleName } from '../../tasks/words.ts';

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
])('shows the name %j as %j', (name, expected) => {
  expect(visibleName(name)).toBe(expected);
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

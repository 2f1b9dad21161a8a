import { wholeNumberIn } from '../../tasks/whole-number.ts';

it.each([
  ['0', 0],
  ['42', 42],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['two', undefined],
  ['99999999999999999999', undefined],
])('%j is the whole number %s', (text, number) => {
  expect(wholeNumberIn(text)).toBe(number);
});

it('is one of those between the limits alone', () => {
  expect([0, 1, 9, 10].map((number) => wholeNumberIn(`${number}`, 1, 9))).toEqual([
    undefined,
    1,
    9,
    undefined,
  ]);
});

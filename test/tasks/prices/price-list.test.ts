import { moneyText, priceText } from '../../../tasks/prices/cost-line.ts';
import { PriceListError, readPriceList, usEast1 } from '../../../tasks/prices/price-list.ts';

const changed = (change: object) => readPriceList(JSON.stringify({ ...usEast1, ...change }), 'prices.json');

describe('a price list', () => {
  it('is valid as we ship it, and for another region and currency', () => {
    expect(changed({})).toEqual(usEast1);
    expect(changed({ region: 'eu-central-1', currency: 'EUR' })).toMatchObject({ region: 'eu-central-1' });
  });

  it.each<[string, object, RegExp]>([
    ['no date', { date: undefined }, /date: a date is needed/],
    ['a date that is none', { date: '2025-13-01' }, /date: a date is needed, such as 2025-06-30/],
    ['no source', { sources: [] }, /sources: at least one address is needed/],
    ['a source that is no address', { sources: ['a friend'] }, /sources\.0: an address is needed/],
    ['a region that is none', { region: 'Frankfurt' }, /region: a region is needed, such as eu-central-1/],
    ['a price that is text', { prices: { ...usEast1.prices, keyMonth: '1' } }, /prices\.keyMonth: /],
    ['a price below zero', { prices: { ...usEast1.prices, keyMonth: -1 } }, /prices\.keyMonth: /],
    ['a price that is missing', { prices: { ...usEast1.prices, keyMonth: undefined } }, /prices\.keyMonth: /],
    ['a price that nothing reads', { prices: { ...usEast1.prices, keyYear: 1 } }, /prices: .*keyYear/],
  ])('fails with %s', (_, change, message) => {
    expect(() => changed(change)).toThrow(PriceListError);
    expect(() => changed(change)).toThrow(message);
    expect(() => changed(change)).toThrow(
      /^prices\.json is no price list: .* Copy tasks\/prices\/us-east-1\.json/,
    );
  });

  it('fails for what is no JSON', () => {
    expect(() => readPriceList('{', 'prices.json')).toThrow('prices.json is no price list: the file: ');
  });
});

it.each([
  [0.0208, 'USD', '$0.0208'],
  [0.0000002, 'USD', '$0.0000002'],
  [0.0208 / 60, 'USD', '$0.000346667'],
  [1, 'EUR', '1 EUR'],
])('the price %d in %s is written %s', (price, currency, text) => {
  expect(priceText(price, currency)).toBe(text);
});

it.each([
  [0, 'USD', '$0.00'],
  [0.0004, 'USD', '$0.00040'],
  [12.345, 'EUR', '12.35 EUR'],
])('the amount %d in %s is written %s', (amount, currency, text) => {
  expect(moneyText(amount, currency)).toBe(text);
});

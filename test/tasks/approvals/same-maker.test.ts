import fc from 'fast-check';
import { foldedAddress, isSameMaker, withPerson } from '../../../tasks/approvals/same-maker.ts';
import { aMaker } from '../doubles/samples.ts';

const dots = ['gmail.com'];
const dana = { name: 'dana', verifiedEmail: 'dana@example.com' };
const pusher = (name: string) => ({
  name,
  address: '',
  arn: `arn:aws:sts::000000000000:assumed-role/Dev/${name}`,
});

describe('a maker is a person', () => {
  it.each<[string, Parameters<typeof isSameMaker>[0], Parameters<typeof isSameMaker>[1], boolean]>([
    ['by address', dana, aMaker('dana@example.com'), true],
    ['by address in another case', dana, aMaker('DANA@Example.COM'), true],
    ['by address with a suffix', dana, aMaker('dana+git@example.com'), true],
    [
      'by an address whose dots do not count',
      { ...dana, verifiedEmail: 'd.ana@gmail.com' },
      aMaker('dan.a@gmail.com'),
      true,
    ],
    ['not by dots elsewhere', dana, aMaker('da.na@example.com'), false],
    ['not by a name in a commit', dana, { name: 'dana', address: 'x@example.com' }, false],
    ['not without a verified address', { name: 'x', verifiedEmail: '' }, { name: '', address: '' }, false],
    ['as pusher by user name', dana, pusher('Dana'), true],
    ['as pusher by address', dana, pusher('dana+cli@example.com'), true],
    ['as pusher by a further name', dana, { ...pusher('ci-7'), person: 'Dana@example.com' }, true],
    ['by a further address', dana, { ...aMaker('d@home'), person: 'dana@example.com' }, true],
    ['not by a letter that looks the same', dana, aMaker('d\u0430na@example.com'), false],
    [
      'not by the Kelvin sign',
      { name: 'k', verifiedEmail: 'k@example.com' },
      aMaker('\u212a@example.com'),
      false,
    ],
    ['not by an address with a hidden character', dana, aMaker('dana\u200b@example.com'), false],
    ['not by an address that is turned around', dana, aMaker('\u202edana@example.com'), false],
    [
      'by the very same characters, whichever',
      { name: 'x', verifiedEmail: 'дана@example.com' },
      aMaker('дана@example.com'),
      true,
    ],
  ])('%s', (_, person, maker, expected) => {
    expect(isSameMaker(person, maker, dots)).toBe(expected);
  });
});

const local = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);

it('is the same with another case, suffix or dots, and nobody else', () => {
  fc.assert(
    fc.property(local, local, local, fc.boolean(), (name, other, suffix, upper) => {
      const written = `${[...name].join('.')}+${suffix}@gmail.com`;
      const person = { name: '', verifiedEmail: `${name}@gmail.com` };
      expect(isSameMaker(person, aMaker(upper ? written.toUpperCase() : written), dots)).toBe(true);
      expect(isSameMaker(person, aMaker(`${other}@gmail.com`), dots)).toBe(name === other);
      expect(isSameMaker(person, aMaker(`${name}@gmail.example`), dots)).toBe(false);
    }),
  );
});

it('compares text with a character outside ASCII as equal to itself alone', () => {
  const odd = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /[^\x20-\x7e]/.test(text));
  fc.assert(
    fc.property(odd, fc.string({ unit: 'grapheme' }), (text, other) => {
      expect(foldedAddress(text, dots)).toBe(text);
      expect(foldedAddress(text, dots) === foldedAddress(other, dots)).toBe(text === other);
    }),
  );
});

it('finds the person whose further name a maker has', () => {
  const people = [
    { email: 'dana@example.com', pusherNames: ['ci-dana'], commitAddresses: ['d.ana@gmail.com'] },
  ];
  const personOf = (maker: Parameters<typeof withPerson>[0]) =>
    withPerson(maker, { people, dotsIgnoredIn: dots }).person;
  expect(personOf({ ...pusher('CI-Dana'), because: [] })).toBe('dana@example.com');
  expect(personOf(aMaker('Dana+x@gmail.com'))).toBe('dana@example.com');
  expect(personOf(aMaker('erin@example.com'))).toBeUndefined();
  // A name in a commit is free text: only what IAM says counts as an IAM name.
  expect(personOf(aMaker('x@example.com', { name: 'ci-dana' }))).toBeUndefined();
});

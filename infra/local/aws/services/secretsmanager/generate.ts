import { randomInt } from 'node:crypto';

/** How a random secret is made; the members of `GenerateSecretString`, with Secrets Manager's defaults. */
interface PasswordRules {
  /** @default 32 */
  readonly length?: number | undefined;
  readonly excludeCharacters?: string | undefined;
  readonly excludeLowercase?: boolean | undefined;
  readonly excludeUppercase?: boolean | undefined;
  readonly excludeNumbers?: boolean | undefined;
  readonly excludePunctuation?: boolean | undefined;
  readonly includeSpace?: boolean | undefined;
  /** Whether each kind of character that is allowed occurs. @default true */
  readonly requireEachIncludedType?: boolean | undefined;
}

/** What Secrets Manager's GetRandomPassword draws from. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * A random secret.
 * @throws RangeError if no character is left, or the length leaves no room for each kind
 */
export const generatePassword = (rules: PasswordRules): string => {
  const { length = 32, excludeCharacters = '' } = rules;
  const kinds = [
    rules.excludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.excludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.excludeNumbers ? '' : '0123456789',
    rules.excludePunctuation ? '' : PUNCTUATION,
    rules.includeSpace ? ' ' : '',
  ]
    .map((characters) => [...characters].filter((character) => !excludeCharacters.includes(character)))
    .filter((characters) => characters.length > 0);
  const all = kinds.flat();
  if (all.length === 0) throw new RangeError('every character is excluded');
  const required = rules.requireEachIncludedType === false ? [] : kinds;
  if (length < required.length)
    throw new RangeError(`a length of ${length} has no room for every kind of character`);
  const chosen = [
    ...required.map(pick),
    ...Array.from({ length: length - required.length }, () => pick(all)),
  ];
  for (let index = chosen.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [chosen[index], chosen[other]] = [chosen[other] as string, chosen[index] as string];
  }
  return chosen.join('');
};

const pick = (characters: readonly string[]): string => characters[randomInt(characters.length)] as string;

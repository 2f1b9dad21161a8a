/** The beginning of a text, in UTF-16 code units at most. It ends before a character that would be cut in two. */
export const beginningOf = (text: string, most: number): string =>
  text.slice(0, most).replace(/[\ud800-\udbff]$/, '');

/** The end of a text, in UTF-16 code units at most. It begins after a character that would be cut in two. */
export const endOf = (text: string, most: number): string =>
  text.slice(Math.max(0, text.length - most)).replace(/^[\udc00-\udfff]/, '');

/** A text as it is, or its beginning and `…` if it is longer. */
export const cutText = (text: string, most: number): string =>
  text.length > most ? `${beginningOf(text, most)}…` : text;

/** The first of many sentences, and how many more there are. */
export const firstSentences = (sentences: readonly string[], most: number): readonly string[] =>
  sentences.length > most ? [...sentences.slice(0, most), `And ${sentences.length - most} more.`] : sentences;

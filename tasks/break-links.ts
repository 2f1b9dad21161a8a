/** Schemes that mail programs make links of without slashes. */
const SCHEMES = /\b(mailto|tel|sms|callto|skype|facetime|javascript|data|file|news|xmpp)[:：](?=\S)/giu;
/** What domain names take for a dot (UTS 46), before a part that has a letter. */
const DOTS = /(?<=[\p{L}\p{M}\p{N}_-])[.。．｡](?=[\p{N}\p{M}_-]*\p{L})/gu;

/**
 * A text that somebody else wrote, so that mail programs make no links of it: `https[:]//example[.]com`, and so with
 * addresses, names such as `www.…`, and shares (`\\host\…`).
 */
export const breakLinks = (text: string): string =>
  text
    .replace(/[:：](?=[/\\／]{2})/gu, '[:]')
    .replace(SCHEMES, '$1[:]')
    .replace(/\\\\(?=[^\s\\])/gu, '[\\\\]')
    .replace(DOTS, '[.]');

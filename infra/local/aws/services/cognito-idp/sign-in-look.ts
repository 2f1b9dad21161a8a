/** How the sign-in pages look. */
export interface SignInLook {
  /** Name of the product that people sign in to. */
  readonly productName: string;
  /** Text of the pages' style sheet. */
  readonly styleSheet: string;
  /** Text of an SVG image, for the page and the browser's tab. */
  readonly icon: string;
}

/** A plain page in the browser's own fonts and colors. */
export const plainLook: SignInLook = {
  productName: 'AWS emulator',
  styleSheet:
    ':root { color-scheme: light dark; font-family: sans-serif; } main { max-width: 40rem; margin: 2rem auto; }',
  icon: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#888"/></svg>',
};

/** The files that the pages refer to, by path on the sign-in port. */
export const lookAssets = {
  styleSheet: '/assets/style.css',
  icon: '/assets/icon.svg',
} as const;

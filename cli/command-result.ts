/** What a command gives: text for people, a value for `--json`. */
export interface Outcome {
  readonly text: string;
  readonly json: unknown;
  /** @default true */
  readonly isGood?: boolean;
}

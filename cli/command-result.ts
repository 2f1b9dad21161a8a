/** What a command gives: text for people, a value for `--json`. */
export interface Outcome {
  readonly text: string;
  readonly json: unknown;
  /** `failed`: not done. `not-valid`: a record is not complete, sealed and as it was recorded. @default 'done' */
  readonly end?: 'failed' | 'not-valid';
  /** Of another program that the command ran to its end, instead of `end`. */
  readonly exitCode?: number;
}

/** What a scanner found, with the construct's path from the app. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly message: string;
}

declare module 'asl-validator' {
  /** Checks a definition against the Amazon States Language. */
  function validate(definition: object): {
    readonly isValid: boolean;
    readonly errors: readonly object[];
    readonly errorsText: (separator?: string) => string;
  };
  export = validate;
}

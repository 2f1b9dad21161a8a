/** Takes errors of these classes for an outcome: for `.catch`, which then gives undefined. Others are thrown on. */
export const ignoring =
  (...classes: readonly (new (...parameters: never[]) => Error)[]) =>
  (error: unknown): undefined => {
    if (!classes.some((one) => error instanceof one)) throw error;
  };

/** A build that ends before or after its commands, with CodeBuild's name for it. */
export class BuildFailure extends Error {
  override readonly name = 'BuildFailure';
  constructor(
    readonly phase: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

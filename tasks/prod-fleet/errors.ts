/** Something else serves in Prod than what was approved, or the fleet could not be told. */
export class ProdNotVerifiedError extends Error {
  override readonly name = 'ProdNotVerified';
}

/** DynamoDB on loopback; the package carries no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  const dynalite: (options?: { readonly createTableMs?: number }) => Server;
  export = dynalite;
}

import type { Identities } from './identities.ts';

/** What the sandboxes that stand for instances are made with. */
export interface SandboxOptions {
  /** Whose ids the users in them have. */
  readonly identities: Identities;
  /** The port on which the application listens in an instance with these tags. */
  readonly applicationPort: (tags: Readonly<Record<string, string>>) => number;
}

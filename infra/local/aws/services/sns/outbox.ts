import type { Store } from '../../store.ts';

/** A mail that SNS would have sent: nothing leaves the machine. */
export interface Mail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly message: string;
  readonly topicArn: string;
  /** Message attributes by name, as text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** When it was published, in ms. */
  readonly at: number;
}

/** The outbox's table. */
export const outboxOf = (store: Store) => store.table<Mail>('sns.outbox');

/** Every mail so far, oldest first. */
export const readOutbox = (store: Store): Mail[] => outboxOf(store).values();

import type { InputEvent } from '../../engine/apply-event.ts';
import type { Host } from '../../host.ts';

/** What an execution is started with, beside its ARN. */
export interface StartRecord {
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  readonly input: string;
  /** Hash of the definition that the execution is pinned to. */
  readonly definition: string;
  /** When the state machine had been changed last, in ms since the epoch. */
  readonly machineUpdatedAt: number;
}

/** One input event, as the journal keeps it. The same records, in order, give the same executions. */
export interface JournalRecord {
  readonly executionArn: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: InputEvent;
  /** With `started` only. */
  readonly start?: StartRecord;
  /** With `redriven` only: the caller's token. */
  readonly clientToken?: string;
}

/** The journal of all executions, in the order in which things happened. */
export const openJournal = (host: Host) => host.store.log<JournalRecord>('states.journal');

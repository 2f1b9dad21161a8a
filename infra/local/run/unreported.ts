import type { Host } from '@lockstep/aws-emulator';
import type { DeployedApplication } from './system.ts';

/** What an unattended start has set out to promote and not reported yet. */
interface Unreported {
  readonly commitId: string;
  /** The newest execution that had promoted the commit before; null if none had. */
  readonly before: string | null;
}

/** The promotion that an application's last unattended start has not reported. */
export interface UnreportedPromotion {
  /** Whether that execution is one of this commit that the earlier start did not live to report. */
  readonly is: (commitId: string, executionArn: string) => boolean;
  /** Notes what is set out for, before it is: a start that finds the note goes on with that promotion. */
  readonly note: (commitId: string, before: string | undefined) => void;
  /** The outcome has been told. */
  readonly reported: () => void;
}

/** Looks into the store, where the note outlives a kill. */
export const unreportedPromotion = (host: Host, { name }: DeployedApplication): UnreportedPromotion => {
  const notes = host.store.table<Unreported>('run.unreported');
  return {
    is: (commitId, executionArn) => {
      const note = notes.get(name);
      return note?.commitId === commitId && note.before !== executionArn;
    },
    note: (commitId, before) => notes.put(name, { commitId, before: before ?? null }),
    reported: () => notes.delete(name),
  };
};

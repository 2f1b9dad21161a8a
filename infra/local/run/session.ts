import type { ApplicationSource } from './application-source.ts';
import type { LocalRun } from './local-run.ts';
import type { RunOptions } from './options.ts';
import type { DeployedApplication, LockstepSystem } from './system.ts';
import type { Terminal } from './terminal.ts';

/** Everything that a started run works with. */
export interface Session {
  readonly options: RunOptions;
  readonly run: LocalRun;
  readonly system: LockstepSystem;
  /** The configuration's first application. */
  readonly application: DeployedApplication;
  /** What is promoted first. */
  readonly source: ApplicationSource;
  /** Working trees to push from, by application. */
  readonly sources: ReadonlyMap<string, ApplicationSource>;
  readonly terminal: Terminal;
  /** Calls denied since this start, in words; none is expected in a healthy system. */
  readonly denials: () => readonly string[];
  /** Arms the failures of `--fail`; once, when a new promotion is set off. */
  readonly armFailures: () => void;
  /** Aborts when the program is asked to stop; its reason is a `StopSignal`. */
  readonly stop: AbortSignal;
}

/** Says whose promotion is told from here on. */
export const reportPromotion = ({ source, application, terminal }: Session, resumed: boolean): void => {
  const what = `${source.commitId.slice(0, 7)} of ${application.name}`;
  terminal.line(resumed ? `Going on with the promotion of ${what}` : `Promoting ${what}`);
};

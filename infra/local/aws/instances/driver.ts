import type { InstanceSystem } from './instance-system.ts';
import type { GroupSelection } from './process-groups.ts';

/** What an instance is launched with, as far as what stands for it depends on it. */
export interface Launch {
  /** Whether a CodeDeploy agent runs there: baked into the image, or installed by user data. */
  readonly hasAgent: boolean;
  /** Whether its user data serves a stub until a revision is started. */
  readonly hasStub: boolean;
  readonly imageId: string;
  readonly instanceType: string;
  /** In Base64, as EC2 takes it. */
  readonly userData?: string;
}

/** An instance and the port of 127.0.0.1 at which its application is reached. */
export interface Place {
  readonly instanceId: string;
  readonly port: number;
}

/** Whether an instance of an earlier process still runs, or was started again, so that what runs there must be, too. */
export type Recovered = 'running' | 'restarted';

/** What stands for an instance on this machine. Every call may be repeated, also by another process. */
export interface InstanceDriver {
  readonly kind: 'process' | 'sandbox' | 'container';
  /** Makes sure that nothing of an earlier process is left but these instances. */
  readonly start: (living: ReadonlySet<string>) => Promise<void>;
  /** Makes and starts it. A second call changes nothing. */
  readonly boot: (place: Place, launch: Launch) => Promise<void>;
  /** Takes up what an earlier process left. @param place with another port if a stranger took that one and the driver allows it */
  readonly recover: (place: Place, launch: Launch) => Promise<Recovered>;
  /** Whether the port of an instance that is to be recovered must be free by then: another one is chosen if not. */
  readonly movesPorts: boolean;
  /** The application takes over from the stub that the user data serves. */
  readonly endStub: (instanceId: string) => Promise<void>;
  /** Ends processes of one command. */
  readonly kill: (selection: GroupSelection) => Promise<void>;
  /** Ends everything that runs there; its files stay. */
  readonly halt: (instanceId: string) => Promise<void>;
  /** Ends everything and deletes its files. */
  readonly remove: (instanceId: string) => Promise<void>;
  readonly system: (instanceId: string) => InstanceSystem;
}

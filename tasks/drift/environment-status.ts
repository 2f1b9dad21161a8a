import type { AlarmStanding } from '../alarms/alarms.ts';
import type { Environment } from '../payloads.ts';
import type { LaterFindings } from '../vulnerabilities/finding.ts';

/** What an environment should run, by the ledger. */
export interface ExpectedRelease {
  readonly promotionId: string;
  readonly commitId: string;
  readonly imageId: string;
  readonly deploymentId: string;
}

/** The last deployment that CodeDeploy installed on an instance. */
export interface Delivery {
  readonly deploymentId: string;
  /** When it was created, ISO 8601. */
  readonly at: string;
  /** Whether it installed the revision of the release that should run. */
  readonly isExpected: boolean;
  /** The commit that was promoted with that revision. Absent if no recent promotion was. */
  readonly commitId?: string;
}

/** `serves`: it takes requests; of QAT, which has no load balancer: it is in service. `idle`: it is in service and takes none. */
export type InstanceState = 'serves' | 'starting' | 'idle' | 'leaving';

/** An instance, as it was seen. */
export interface InstanceStatus {
  readonly instanceId: string;
  readonly state: InstanceState;
  /** AMI. Asked only of those that serve. */
  readonly imageId?: string;
  readonly delivery?: Delivery;
  /** How it differs from what should run, each as the predicate of a sentence about the instance. */
  readonly drift: readonly string[];
}

/** An alarm that is on. */
export type AlarmStatus = Pick<AlarmStanding, 'name' | 'since' | 'meaning'>;

/** What Lockstep saw when it looked at an environment. */
export interface EnvironmentStatus {
  readonly application: string;
  readonly environment: Environment;
  /** When it looked, ISO 8601. */
  readonly at: string;
  /** Where the environment is. */
  readonly region: string;
  /** What the instances were compared with. Absent if `notCompared` is set. */
  readonly release?: ExpectedRelease;
  /** Why no instance was compared, as a clause: `deployment d-1 is in progress`. */
  readonly notCompared?: string;
  /** What could not be read, in sentences. Unless empty, what is not told here may be so. */
  readonly unread: readonly string[];
  /** Drifted ones first; at most `MOST_INSTANCES`. */
  readonly instances: readonly InstanceStatus[];
  /** How many more there are. */
  readonly unlisted: number;
  readonly alarms: readonly AlarmStatus[];
  /** Absent where images are not scanned, and until Inspector was asked. */
  readonly vulnerabilities?: LaterFindings;
  /** Drift that operators were mailed, each with its instance. */
  readonly told: readonly string[];
  /** Deployments from then on are read by the next look, ISO 8601; without it, all since the release's own. */
  readonly readFrom?: string;
}

/** Instances that are recorded: DynamoDB takes 400 KB in an item, and one of these needs less than 1 KB. */
export const MOST_INSTANCES = 200;

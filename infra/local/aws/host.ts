import type { Clock } from './clock.ts';
import type { ContainerOptions } from './instances/container/container-options.ts';
import type { SandboxOptions } from './instances/sandbox/sandbox-options.ts';
import type { Store } from './store.ts';

/** Who makes a call: decides which policies are asked. */
export type Principal =
  /** The person at the machine (any access key that belongs to no role): everything is allowed. */
  | { readonly kind: 'administrator' }
  /** A role's session; its identity policies, and the resource's policy, must allow each call. */
  | { readonly kind: 'role'; readonly roleArn: string; readonly sessionName: string }
  /** An AWS service acting for a resource (SNS invoking a function): only the target's resource policy counts. */
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn: string };

/** One permission that a call needs, as IAM names it. */
export interface Access {
  /** For example `codepipeline:StartPipelineExecution`. */
  readonly action: string;
  /** The resource's ARN, or `*` for actions without resource-level permissions. */
  readonly resource: string;
  /** Condition keys and values, beside the global ones that the host adds. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** What an operation knows about the call that it answers. */
export interface CallContext {
  readonly principal: Principal;
  /** An id for the answer's metadata and for error texts. */
  readonly requestId: string;
}

/** One operation of a service. Input and output have the shapes of the SDK client's command (dates as `Date`). */
export interface Operation<Input = never, Output = unknown> {
  /** The permissions that the caller needs. Called before `run`, and must not change anything. */
  readonly requires: (input: Input, call: CallContext) => Access | readonly Access[];
  /** Does it. Throws `AwsError` for what AWS answers with an error. */
  readonly run: (input: Input, call: CallContext) => Promise<Output> | Output;
}

/** The state of one CloudFormation resource, kept in the store; plain JSON. */
export interface ResourceState {
  /** What `Ref` gives, and what identifies the resource in later calls. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives, by attribute name. */
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

/** Where a resource stands, for providers. */
export interface ResourceContext {
  readonly stackName: string;
  readonly logicalId: string;
  /** A physical name as CloudFormation would make it, stable over updates and restarts: `<stack>-<logical>-<hash>`, cut to `max`. */
  readonly generatedName: (max?: number) => string;
}

/** Creates, updates and deletes the resources of one CloudFormation type. Each may be called again after a crash. */
export interface ResourceProvider {
  readonly create: (
    properties: ResourceProperties,
    context: ResourceContext,
  ) => Promise<ResourceState> | ResourceState;
  /** A `physicalId` other than before means replacement: `delete` is called for the old one afterwards. */
  readonly update: (
    properties: ResourceProperties,
    context: ResourceContext,
    before: { readonly state: ResourceState; readonly properties: ResourceProperties },
  ) => Promise<ResourceState> | ResourceState;
  /** Deleting what no longer exists succeeds. */
  readonly delete: (
    state: ResourceState,
    context: ResourceContext,
    properties: ResourceProperties,
  ) => Promise<void> | void;
}

/** A resource's properties with every intrinsic resolved. Providers check what they read. */
export type ResourceProperties = Readonly<Record<string, unknown>>;

/** One statement of an IAM policy, in the JSON form of IAM's policy language. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly NotPrincipal?: Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A policy document; CloudFormation gives `Statement` as one or as a list. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

/** One AWS service of the emulator: its API, its CloudFormation types, its life. */
export interface Service {
  /** The endpoint's signing name, as in the Authorization header: `states`, `imagebuilder`, `autoscaling`, `elasticloadbalancing`… */
  readonly name: string;
  /**
   * By operation name (`StartExecution`). `never` as input lets operations of any input type stand in one record; the
   * host passes what the protocol layer has read by the SDK's own schema.
   */
  readonly operations: Readonly<Record<string, Operation>>;
  /** By CloudFormation type (`AWS::SNS::Topic`). */
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  /**
   * `json`: operations take and give the wire's own JSON, unread by a schema (DynamoDB, which hands it on).
   * @default 'schema'
   */
  readonly wire?: 'schema' | 'json';
  /** The policy attached to one of this service's resources (topic, bucket, key, function), if it has one. */
  readonly resourcePolicy?: (resourceArn: string) => PolicyDocument | undefined;
  /**
   * Called for every event that a service puts on the default bus, before `host.emit` returns: what must not be lost is
   * written to the store in here, and acted upon later. Only the event bus listens.
   */
  readonly onServiceEvent?: (event: BusEvent) => void;
  /**
   * Why a resource of another service cannot be deleted now: something of this service uses it. Asked before CloudFormation
   * deletes a resource.
   */
  readonly inUse?: (type: string, physicalId: string) => string | undefined;
  /** Takes up what was under way when the store was last closed or the process died: timers, queued deliveries, processes. */
  readonly start?: () => Promise<void> | void;
  /** Frees ports, workers and processes. Nothing that the store holds is lost. */
  readonly stop?: () => Promise<void> | void;
}

/** An event as EventBridge delivers it; the host adds id, time, account, region and version. */
export interface ServiceEvent {
  /**
   * Makes emitting the same event again harmless: the bus takes each id once.
   * @default a new id
   */
  readonly id?: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources?: readonly string[];
}

/** An event in the form in which EventBridge matches and delivers it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Ports on 127.0.0.1. */
export interface Ports {
  /** The AWS endpoint (4566). */
  readonly endpoint: number;
  /** The approvals site, behind the emulated API Gateway (endpoint + 1). */
  readonly approvals: number;
  /** The OpenID provider that stands for the user pool (endpoint + 2). */
  readonly signIn: number;
  /** Overview and mail outbox (endpoint + 3). */
  readonly overview: number;
  /** The QAT application (endpoint + 4). */
  readonly qat: number;
  /** The Prod load balancer (endpoint + 5); of further applications: free ones. */
  readonly prod: number;
  /** The git forge (endpoint + 6); it listens if something is connected to it. */
  readonly forge: number;
}

/** Failures asked for on the command line, kept in the store so that a restart does not repeat them. */
export interface Faults {
  /**
   * Whether the external job that starts now on this target is to fail; counts one down. To be asked right before the job is
   * written down: a failure whose job a crash kept from being so is given to the next one.
   * @param target ARN of the Image Builder pipeline, name of the Auto Scaling group, or CodeDeploy's `application/group`
   * @param job names the job that starts
   * @param isKnown whether a job has been written down
   */
  readonly take: (target: string, job: string, isKnown: (job: string) => boolean) => boolean;
}

/** What every service of the emulator is given. */
export interface Host {
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly clock: Clock;
  readonly store: Store;
  readonly ports: Ports;
  readonly faults: Faults;
  /** Whether waits that a service is asked for last that long; otherwise they are cut to a second. */
  readonly waitsAsAsked: boolean;
  /** Instances are containers of this engine. Without this and `sandboxes`, each is a directory with processes. */
  readonly containers?: ContainerOptions;
  /** Instances are sandboxes over this machine's own files. */
  readonly sandboxes?: SandboxOptions;
  /** Where instances, repositories and other files live: a folder per service below it. */
  readonly stateDir: string;
  /** The endpoint's URL, for the functions' SDK clients. */
  readonly endpointUrl: string;
  /**
   * Calls an operation in this process, authorised exactly like a call over HTTP.
   * @throws AwsError as the operation does; `AccessDeniedException` naming role, action and resource
   */
  readonly call: <Output>(
    principal: Principal,
    service: string,
    operation: string,
    input: object,
  ) => Promise<Output>;
  /**
   * Takes on a role as an AWS service does: the role's trust policy must let `service` in.
   * @param sourceArn the resource on whose behalf (for aws:SourceArn and aws:SourceAccount)
   * @throws AwsError `AccessDenied`
   */
  readonly assumeRole: (roleArn: string, service: string, sourceArn: string) => Principal;
  /**
   * Authorises without calling (work that a service does by itself under a role, such as writing logs or resolving
   * an image parameter when an instance starts).
   * @throws AwsError `AccessDeniedException`
   */
  readonly authorize: (principal: Principal, access: Access | readonly Access[]) => void;
  /** Access key, secret and session token for a role's processes; the endpoint knows the role by the access key. */
  readonly credentialsFor: (principal: Principal) => {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
  /** Puts a service event on the default event bus (at least once, also across restarts). */
  readonly emit: (event: ServiceEvent) => void;
  /** A line for the operator's log file; never a secret. */
  readonly log: (service: string, message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** An error as AWS answers it: `name` is the error code on the wire. */
export class AwsError extends Error {
  override readonly name: string;
  readonly statusCode: number;
  /** Further members of the modelled error. */
  readonly members: Readonly<Record<string, unknown>>;

  /**
   * @param name the error code, for example `ExecutionDoesNotExist`
   * @param statusCode HTTP status, 400 unless AWS answers another
   */
  constructor(
    name: string,
    message: string,
    statusCode = 400,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = name;
    this.statusCode = statusCode;
    this.members = members;
  }
}

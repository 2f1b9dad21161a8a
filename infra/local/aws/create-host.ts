import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from './clock.ts';
import {
  AwsError,
  type BusEvent,
  type CallContext,
  type Faults,
  type Host,
  type Operation,
  type PolicyDocument,
  type Ports,
  type Principal,
  type Service,
  type ServiceEvent,
} from './host.ts';
import { type AccessReport, createAccessRecorder } from './iam/access-report.ts';
import { type AdministratorKey, openAdministratorKey } from './iam/administrator-key.ts';
import { createAuthorizer } from './iam/authorizer.ts';
import { createDirectory } from './iam/directory.ts';
import { createSessions, type Sessions } from './iam/sessions.ts';
import type { ContainerOptions } from './instances/container/container-options.ts';
import type { SandboxOptions } from './instances/sandbox/sandbox-options.ts';
import { createLogFile } from './log-file.ts';
import type { Store } from './store.ts';

/** What a host is made of. */
export interface HostOptions {
  /** Folder of the emulator; made if it does not exist. */
  readonly stateDir: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly ports: Ports;
  /** @default '000000000000' */
  readonly accountId?: string;
  /** As the host has it. @default false */
  readonly waitsAsAsked?: boolean;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** Instances are containers. @default each is a directory with processes */
  readonly containers?: ContainerOptions;
  /** Instances are sandboxes. @default each is a directory with processes */
  readonly sandboxes?: SandboxOptions;
  /**
   * Takes the lines that services log.
   * @default they are appended to `lockstep.log` in the state directory, one JSON object per line
   */
  readonly log?: (line: LogLine) => void;
}

/** One line of the operator's log. */
export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly service: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The host with what the run itself needs: services' lives, the endpoint's seam and the report. */
export interface EmulatorHost extends Host {
  /** Makes a service known. @throws when its name, or one of its CloudFormation types, is taken */
  readonly register: (service: Service) => void;
  readonly service: (name: string) => Service | undefined;
  readonly services: () => readonly Service[];
  /** Starts services in the order of their registration. */
  readonly startServices: () => Promise<void>;
  /** Stops services in reverse order; all of them, even if one throws. @throws the first error */
  readonly stopServices: () => Promise<void>;
  /** Runs an operation for a caller known already: the endpoint's way in. @throws AwsError */
  readonly perform: (
    principal: Principal,
    operation: Operation,
    input: object,
    requestId: string,
  ) => Promise<unknown>;
  /** Keys of the person at the machine, who may do everything; in the state directory's file `credentials`. */
  readonly administratorKey: () => AdministratorKey;
  /** Whose an access key is. @throws AwsError `UnrecognizedClientException` */
  readonly principalOf: Sessions['principalOf'];
  readonly faults: Faults & {
    /** Lets the next `count` external jobs on a target fail. */
    readonly arm: (target: string, count: number) => void;
  };
  readonly accessReport: () => AccessReport;
}

/** The host of one emulator. Services are registered next, then started. */
export const createHost = (options: HostOptions): EmulatorHost => {
  const { stateDir, store, clock, ports, accountId = '000000000000', region = 'us-east-1' } = options;
  const partition = 'aws';
  fs.mkdirSync(stateDir, { recursive: true });
  const directory = createDirectory(store);
  const recorder = createAccessRecorder(store, directory);
  let ownKey: AdministratorKey | undefined;
  const administratorKey = () => {
    ownKey ??= openAdministratorKey(stateDir);
    return ownKey;
  };
  const sessions = createSessions(store, administratorKey);
  const services = new Map<string, Service>();
  const writeLine = options.log ?? fileLog(path.join(stateDir, 'lockstep.log'));
  const { authorize, assumeRole } = createAuthorizer({
    accountId,
    partition,
    region,
    directory,
    recorder,
    now: clock.now,
    resourcePolicy: (arn) => resourcePolicyOf(services, arn),
  });

  const perform: EmulatorHost['perform'] = async (principal, operation, input, requestId) => {
    const call: CallContext = { principal, requestId };
    // The protocol layer, or the caller's types, have made the input what the operation declares.
    const typed = input as never;
    if (principal.kind !== 'administrator') authorize(principal, operation.requires(typed, call));
    return operation.run(typed, call);
  };

  return {
    accountId,
    region,
    partition,
    clock,
    store,
    ports,
    stateDir,
    ...(options.containers && { containers: options.containers }),
    ...(options.sandboxes && { sandboxes: options.sandboxes }),
    endpointUrl: `http://127.0.0.1:${ports.endpoint}`,
    faults: createFaults(store),
    waitsAsAsked: options.waitsAsAsked ?? false,
    authorize,
    assumeRole,
    perform,
    credentialsFor: sessions.credentialsFor,
    principalOf: sessions.principalOf,
    administratorKey,
    accessReport: recorder.report,
    call: async <Output>(principal: Principal, serviceName: string, name: string, input: object) => {
      const service = services.get(serviceName);
      const operation = service?.operations[name];
      if (!service || !operation) throw notServed(serviceName, name, service);
      return (await perform(principal, operation, input, randomUUID())) as Output;
    },
    emit: (event) => {
      const envelope = toBusEvent(event, { accountId, region, now: clock.now() });
      for (const service of services.values()) service.onServiceEvent?.(envelope);
    },
    log: (service, message, details) => {
      const time = new Date(clock.now()).toISOString();
      writeLine({ time, service, message, ...(details && { details }) });
    },
    register: (service) => {
      checkIsNew(services, service);
      services.set(service.name, service);
    },
    service: (name) => services.get(name),
    services: () => [...services.values()],
    startServices: async () => {
      for (const service of services.values()) await service.start?.();
    },
    stopServices: () => stopAll([...services.values()].reverse()),
  };
};

const fileLog = (file: string) => {
  const write = createLogFile(file);
  return (line: LogLine) => write(JSON.stringify(line));
};

const checkIsNew = (services: ReadonlyMap<string, Service>, service: Service): void => {
  if (services.has(service.name)) throw new Error(`The service ${service.name} is registered twice.`);
  const types = new Set([...services.values()].flatMap((other) => Object.keys(other.resources)));
  const taken = Object.keys(service.resources).find((type) => types.has(type));
  if (taken)
    throw new Error(`The service ${service.name} provides ${taken}, which another service provides.`);
};

const stopAll = async (services: readonly Service[]): Promise<void> => {
  const errors: unknown[] = [];
  for (const service of services) {
    try {
      await service.stop?.();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
};

/** The ARN's third part is the endpoint's signing name for every service that attaches policies to resources. */
const resourcePolicyOf = (services: ReadonlyMap<string, Service>, arn: string): PolicyDocument | undefined =>
  services.get(arn.split(':', 3)[2] ?? '')?.resourcePolicy?.(arn);

const notServed = (serviceName: string, operation: string, service: Service | undefined): AwsError => {
  const served = service ? `It serves: ${Object.keys(service.operations).sort().join(', ')}.` : '';
  return new AwsError(
    'UnknownOperationException',
    service
      ? `The emulator's ${serviceName} does not serve ${operation}. ${served}`
      : `The emulator has no service ${serviceName} (asked for ${operation}).`,
    501,
  );
};

const toBusEvent = (
  event: ServiceEvent,
  { accountId, region, now }: { accountId: string; region: string; now: number },
): BusEvent => ({
  version: '0',
  id: event.id ?? randomUUID(),
  'detail-type': event.detailType,
  source: event.source,
  account: accountId,
  time: `${new Date(now).toISOString().slice(0, 19)}Z`,
  region,
  resources: event.resources ?? [],
  detail: event.detail,
});

const createFaults = (store: Store): EmulatorHost['faults'] => {
  const faults = store.table<{ readonly left: number; readonly lastJob?: string }>('host.faults');
  return {
    arm: (target, left) => faults.put(target, { left }),
    take: (target, job, isKnown) => {
      const { left, lastJob } = faults.get(target) ?? { left: 0 };
      const isUnused = lastJob !== undefined && !isKnown(lastJob);
      if (left <= 0 && !isUnused) return false;
      faults.put(target, { left: isUnused ? left : left - 1, lastJob: job });
      return true;
    },
  };
};

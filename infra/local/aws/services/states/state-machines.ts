import { randomUUID } from 'node:crypto';
import type { Definition } from '../../engine/definition.ts';
import { InvalidDefinitionError } from '../../engine/definition-problems.ts';
import { parseDefinition } from '../../engine/parse.ts';
import { AwsError, type Host } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { contentHash } from '../shared/ids.ts';
import { checkResources } from './check-integrations.ts';
import { checkArn, checkLength, checkName, stateMachineDoesNotExist } from './input-checks.ts';

/** A state machine as the store keeps it. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  /** Hash of the definition's text, under which the definitions hold it. */
  readonly definition: string;
  readonly roleArn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Absent until the first update. */
  readonly revisionId?: string;
  readonly loggingConfiguration?: object;
  readonly tracingConfiguration?: object;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** It takes no new executions, and is gone when those that run have ended. */
  readonly isDeleting?: boolean;
}

/** What a state machine is made of. */
export interface StateMachineProps {
  readonly definition: string;
  readonly roleArn: string;
  readonly loggingConfiguration?: object;
  readonly tracingConfiguration?: object;
  readonly tags?: StateMachine['tags'];
}

/** Texts of definitions, kept once each, and what they parse to. */
export interface Definitions {
  /** Keeps a text; gives its hash. @throws AwsError `InvalidDefinition` */
  readonly keep: (text: string) => string;
  readonly text: (hash: string) => string;
  readonly parsed: (hash: string) => Definition;
}

/** Characters that a definition may have. */
const DEFINITION_CHARACTERS = 1_048_576;

/** @throws AwsError `InvalidDefinition` */
const parse = (text: string): Definition => {
  try {
    const definition = parseDefinition(text);
    checkResources(definition);
    return definition;
  } catch (error) {
    throw error instanceof InvalidDefinitionError ? new AwsError(error.name, error.message) : error;
  }
};

const createDefinitions = (host: Host): Definitions => {
  const texts = host.store.table<string>('states.definitions');
  const parsed = new Map<string, Definition>();
  const text = (hash: string) => {
    const found = texts.get(hash);
    if (found === undefined) throw new Error(`The store has no definition ${hash}.`);
    return found;
  };
  return {
    keep: (content) => {
      checkLength('definition', content, 1, DEFINITION_CHARACTERS);
      const hash = contentHash(content);
      if (!parsed.has(hash)) parsed.set(hash, parse(content));
      if (!texts.has(hash)) texts.put(hash, content);
      return hash;
    },
    text,
    parsed: (hash) => {
      const known = parsed.get(hash) ?? parse(text(hash));
      parsed.set(hash, known);
      return known;
    },
  };
};

/** State machines and their definitions. */
export interface Machines {
  readonly definitions: Definitions;
  readonly arnOf: (name: string) => string;
  /** @throws AwsError `InvalidArn`, `StateMachineDoesNotExist` */
  readonly get: (arn: string | undefined) => StateMachine;
  readonly find: (arn: string) => StateMachine | undefined;
  /** In the order of their creation. */
  readonly list: () => readonly StateMachine[];
  /** @throws AwsError `InvalidName`, `InvalidDefinition`, `StateMachineAlreadyExists` */
  readonly create: (name: string, props: StateMachineProps) => StateMachine;
  /** @throws AwsError `InvalidDefinition` */
  readonly update: (machine: StateMachine, changes: Partial<StateMachineProps>) => StateMachine;
  /** Lets no execution start any more. @returns false if there is no such machine */
  readonly beginDeletion: (arn: string) => boolean;
  readonly delete: (arn: string) => void;
}

/** The state machines that the store keeps. */
export const createMachines = (host: Host): Machines => {
  const table = host.store.table<StateMachine>('states.machines');
  const definitions = createDefinitions(host);
  const machineArn = (name: string) => arnOf(host, 'states', `stateMachine:${name}`);

  return {
    definitions,
    arnOf: machineArn,
    get: (arn) => {
      const checked = checkArn('stateMachine', arn);
      const machine = table.get(checked);
      if (!machine) throw stateMachineDoesNotExist(checked);
      return machine;
    },
    find: table.get,
    list: table.values,
    create: (name, { definition, ...props }) => {
      const arn = machineArn(checkName(name));
      const hash = definitions.keep(definition);
      const existing = table.get(arn);
      // Only the definition's text decides, not role and tags.
      if (existing?.definition === hash) return existing;
      if (existing) throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
      const now = host.clock.now();
      const machine = { tags: [], ...props, arn, name, definition: hash, createdAt: now, updatedAt: now };
      table.put(arn, machine);
      return machine;
    },
    update: ({ isDeleting: _, ...machine }, { definition, ...changes }) => {
      const updated = {
        ...machine,
        ...changes,
        ...(definition !== undefined && { definition: definitions.keep(definition) }),
        updatedAt: host.clock.now(),
        revisionId: randomUUID(),
      };
      table.put(machine.arn, updated);
      return updated;
    },
    beginDeletion: (arn) => {
      const machine = table.get(arn);
      if (machine && !machine.isDeleting) table.put(arn, { ...machine, isDeleting: true });
      return machine !== undefined;
    },
    delete: table.delete,
  };
};

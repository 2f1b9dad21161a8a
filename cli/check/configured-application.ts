import fs from 'node:fs';
import path from 'node:path';
import { DEFAULT_BUILDSPEC } from '../../tasks/appspec/build-findings.ts';
import type { ConfiguredApplication } from '../../tasks/appspec/revision.ts';
import { isObject } from '../../tasks/json.ts';
import { CommandError } from '../system.ts';

/** The project's own configuration. */
const CDK_JSON = path.resolve(import.meta.dirname, '../../cdk.json');

/** A configuration as it is written, and where. */
export interface WrittenConfiguration {
  /** What people call the file. */
  readonly name: string;
  /** As cdk.json holds it under `lockstep`. */
  readonly lockstep: Readonly<Record<string, unknown>>;
}

/**
 * Reads the configuration that applications are compared with.
 * @param file absolute; cdk.json if absent
 * @throws CommandError if it cannot be read
 */
export function readConfiguration(file?: string, asGiven = file): WrittenConfiguration {
  const name = asGiven ?? 'cdk.json';
  let content: unknown;
  try {
    content = JSON.parse(fs.readFileSync(file ?? CDK_JSON, 'utf8'));
  } catch (error) {
    throw new CommandError(
      `${name} cannot be read as a configuration (${(error as Error).message}). Name a JSON file as in examples/.`,
    );
  }
  const context = isObject(content) && isObject(content.context) ? content.context.lockstep : undefined;
  const lockstep = context ?? content;
  if (!isObject(lockstep) || !Array.isArray(lockstep.applications))
    throw new CommandError(`${name} has no applications. Name a JSON file as in examples/.`);
  return { name, lockstep };
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** What the checks need of an application, with the configuration's defaults. */
const configuredApplication = (entry: Readonly<Record<string, unknown>>): ConfiguredApplication => {
  const image = isObject(entry.image) ? entry.image : {};
  return {
    name: String(entry.name),
    port: typeof entry.port === 'number' ? entry.port : 8080,
    healthCheckPath: typeof entry.healthCheckPath === 'string' ? entry.healthCheckPath : '/health',
    runtime: String(entry.runtime),
    packages: texts(image.packages),
    ...(isObject(entry.build) && {
      buildspec: typeof entry.build.buildspec === 'string' ? entry.build.buildspec : DEFAULT_BUILDSPEC,
    }),
    hasOwnImage: image.parent !== undefined || texts(image.components).length > 0,
  };
};

/**
 * An application of a configuration.
 * @param name its first one if absent, as `npm start -- --app` takes it
 * @throws CommandError if it has none of that name
 */
export function applicationOf(
  { name: file, lockstep }: WrittenConfiguration,
  name?: string,
): ConfiguredApplication {
  const entries = (lockstep.applications as readonly unknown[]).filter(isObject);
  const entry = name === undefined ? entries[0] : entries.find((one) => one.name === name);
  if (entry !== undefined) return configuredApplication(entry);
  const names = entries.map((one) => String(one.name)).join(', ') || 'none';
  throw new CommandError(`${file} has no application ${name ?? ''}; it has ${names}.`);
}

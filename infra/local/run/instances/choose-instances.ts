import fs from 'node:fs';
import path from 'node:path';
import { type ContainerOptions, type Engine, findEngine, replaceFile } from '@lockstep/aws-emulator';
import { UsageError } from '../../../../cli/arguments.ts';
import { readConfig } from '../../../config.ts';
import type { ApplicationSource } from '../application-source.ts';
import type { RunOptions } from '../options.ts';
import { makeStateDirectory } from '../state-lock.ts';
import { baseImage } from './base-image.ts';
import { touchesOf, touchesText } from './scripts-on-machine.ts';

/** What instances are in a state directory; written at its first start. */
interface Chosen {
  readonly kind: 'process' | 'container';
  readonly image?: string;
}

/** Where applications listen unless their configuration says otherwise. */
const DEFAULT_PORT = 8080;

/** Where each application listens on its instances. */
const portsOf = (lockstep: unknown): ReadonlyMap<string, number> => {
  try {
    return new Map(readConfig(lockstep).applications.map(({ name, port }) => [name, port]));
  } catch {
    // The synthesis tells what is wrong with it.
    return new Map();
  }
};

/** What instances are made of, and the words that say so. */
export interface InstanceChoice {
  /** Absent if each is a directory with processes. */
  readonly containers?: ContainerOptions;
  readonly notices: readonly string[];
}

const fileOf = (stateDir: string) => path.join(stateDir, 'instances.json');

const readChosen = (stateDir: string): Chosen | undefined =>
  fs.existsSync(fileOf(stateDir))
    ? (JSON.parse(fs.readFileSync(fileOf(stateDir), 'utf8')) as Chosen)
    : undefined;

const noEngine = (why: string) =>
  `No container engine answers (${why}). Install podman, or start Docker, and try again`;

/** @throws UsageError if another kind was chosen for the state directory before */
const checkIsSame = (stateDir: string, before: Chosen, asked: Partial<Chosen>) => {
  for (const [option, was, now] of [
    ['instances', before.kind, asked.kind],
    ['image', before.image, asked.image],
  ] as const)
    if (now !== undefined && now !== was)
      throw new UsageError(
        `The instances in ${stateDir} were started with --${option} ${was ?? '(none)'}, got ${now}. Leave --${option} out, or name another --state-dir.`,
      );
};

interface Wanted {
  readonly kind: Chosen['kind'];
  readonly engine?: Engine;
  /** Chosen by nobody: another kind does as well. */
  readonly isFree?: boolean;
  readonly why: string;
}

const wantedKind = async (
  options: RunOptions,
  before: Chosen | undefined,
  hasApplication: boolean,
): Promise<Wanted> => {
  const asked = options.instances ?? before?.kind ?? (options.image === undefined ? undefined : 'container');
  if (asked === 'process') return { kind: 'process', why: '' };
  if (asked === undefined && !hasApplication) return { kind: 'process', why: '' };
  const found = await findEngine();
  if (!('why' in found))
    return {
      kind: 'container',
      engine: found,
      isFree: asked === undefined,
      why: asked === undefined ? `${found.name} answers, and an instance of its own is closest to EC2` : '',
    };
  if (asked === 'container')
    throw new UsageError(`${noEngine(found.why)}, or leave --instances container out.`);
  return { kind: 'process', why: noEngine(found.why) };
};

/** With the image that containers start from. @throws UsageError if it cannot be had and containers were asked for */
const withImage = async (
  wanted: Wanted,
  named: string | undefined,
  say: (line: string) => void,
): Promise<Wanted & { readonly image?: string }> => {
  if (!wanted.engine) return wanted;
  try {
    return { ...wanted, image: await baseImage(wanted.engine, named, say) };
  } catch (error) {
    if (!wanted.isFree || !(error instanceof UsageError)) throw error;
    return { kind: 'process', why: error.message };
  }
};

/** @throws UsageError before a script that was not written for it runs on this machine */
const checkScripts = async (source: ApplicationSource, why: string, allowed: boolean): Promise<string[]> => {
  const touches = await touchesOf(source);
  if (touches.unbound.length === 0) return [];
  if (allowed) return [touchesText(touches)];
  const remedies = [
    why === '' ? 'Give instances a / of their own: --instances container.' : `${why}.`,
    'To run them here all the same: --run-scripts-on-this-machine.',
  ];
  throw new UsageError(`${touchesText(touches)}\n${remedies.join('\n')}`);
};

/**
 * Decides what instances are made of: what the state directory has, what is asked for, and for an application of somebody's own the
 * strongest that this machine has. The sample is written for directories, which are the fastest.
 * @param lockstep the configuration
 * @throws UsageError
 */
export const chooseInstances = async (
  options: RunOptions,
  given: ApplicationSource | undefined,
  lockstep: unknown,
  say: (line: string) => void,
): Promise<InstanceChoice> => {
  const before = readChosen(options.stateDir);
  if (before)
    checkIsSame(options.stateDir, before, {
      ...(options.instances && { kind: options.instances }),
      ...(options.image && { image: options.image }),
    });
  const { kind, engine, image, why } = await withImage(
    await wantedKind(options, before, given !== undefined),
    before?.image ?? options.image,
    say,
  );
  const notices: string[] = [];
  let containers: ContainerOptions | undefined;
  if (engine && image !== undefined) {
    const ports = portsOf(lockstep);
    containers = {
      engine,
      baseImage: image,
      applicationPort: ({ Name = '' }) => ports.get(Name.replace(/-(?:qat|prod)$/, '')) ?? DEFAULT_PORT,
    };
    notices.push(
      `Instances are containers of ${engine.name}, from the image ${image}${why === '' ? '' : `: ${why}`}.`,
    );
  } else if (given) {
    notices.push(...(await checkScripts(given, why, options.runsScriptsHere)));
    notices.push(`Instances are directories of this machine${why === '' ? '' : `: ${why}`}.`);
  }
  if (!before) {
    makeStateDirectory(options.stateDir);
    const chosen: Chosen = { kind, ...(options.image !== undefined && { image: options.image }) };
    replaceFile(fileOf(options.stateDir), JSON.stringify(chosen));
  }
  return { ...(containers && { containers }), notices };
};

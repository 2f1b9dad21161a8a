import fs from 'node:fs';
import path from 'node:path';
import {
  type ContainerOptions,
  findEngine,
  findSandbox,
  replaceFile,
  type SandboxOptions,
} from '@lockstep/aws-emulator';
import { UsageError } from '../../../../cli/arguments.ts';
import { readConfig } from '../../../config.ts';
import type { ApplicationSource } from '../application-source.ts';
import { hasBuild } from '../built-application.ts';
import type { InstanceKind, RunOptions } from '../options.ts';
import { makeStateDirectory } from '../state-lock.ts';
import { baseImage } from './base-image.ts';
import { systemdText, touchesOf, touchesText } from './scripts-on-machine.ts';

/** What instances are in a state directory; written at its first start. */
interface Chosen {
  readonly kind: InstanceKind;
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

/** What instances are made of, and the words that say so. Without either, each is a directory with processes. */
export interface InstanceChoice {
  readonly containers?: ContainerOptions;
  readonly sandboxes?: SandboxOptions;
  readonly notices: readonly string[];
}

const fileOf = (stateDir: string) => path.join(stateDir, 'instances.json');

const readChosen = (stateDir: string): Chosen | undefined =>
  fs.existsSync(fileOf(stateDir))
    ? (JSON.parse(fs.readFileSync(fileOf(stateDir), 'utf8')) as Chosen)
    : undefined;

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

/** A kind that this machine has, or why it has not. */
type Found =
  | { readonly kind: 'container'; readonly engine: ContainerOptions['engine']; readonly image: string }
  | { readonly kind: 'sandbox'; readonly identities: SandboxOptions['identities'] }
  | { readonly why: string };

const findContainers = async (named: string | undefined, say: (line: string) => void): Promise<Found> => {
  const engine = await findEngine();
  if ('why' in engine)
    return {
      why: `No container engine answers (${engine.why}). Install podman, or start Docker, and try again`,
    };
  try {
    return { kind: 'container', engine, image: await baseImage(engine, named, say) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { why: error.message };
  }
};

const findSandboxes = async (stateDir: string): Promise<Found> => {
  makeStateDirectory(stateDir);
  const found = await findSandbox(stateDir);
  return 'why' in found
    ? { why: `This machine has no sandboxes (${found.why})` }
    : { kind: 'sandbox', identities: found };
};

/** What instances are, and why nothing stronger. */
interface Taken {
  readonly found: Exclude<Found, { why: string }> | { readonly kind: 'process' };
  readonly why: string;
}

/**
 * Takes what was asked for, or the strongest that there is.
 * @throws UsageError if the machine has not what was asked for
 */
const take = async (
  asked: InstanceKind | undefined,
  stateDir: string,
  image: string | undefined,
  say: (line: string) => void,
): Promise<Taken> => {
  const reasons: string[] = [];
  for (const [kind, find] of [
    ['container', () => findContainers(image, say)],
    ['sandbox', () => findSandboxes(stateDir)],
  ] as const) {
    if (asked !== undefined && asked !== kind) continue;
    const found = await find();
    if (!('why' in found)) return { found, why: reasons.join('. ') };
    if (asked === kind) throw new UsageError(`${found.why}. Or leave --instances ${kind} out.`);
    reasons.push(found.why);
  }
  return { found: { kind: 'process' }, why: reasons.join('. ') };
};

/** @throws UsageError before a script that was not written for it runs on this machine */
const checkScripts = async (
  source: ApplicationSource,
  isBuilt: boolean,
  why: string,
  allowed: boolean,
): Promise<string[]> => {
  const touches = await touchesOf(source, isBuilt);
  if (touches.unbound.length === 0) return [];
  if (allowed) return [touchesText(touches)];
  const remedies = [
    why === ''
      ? 'Give instances a / of their own: --instances container, or --instances sandbox.'
      : `${why}.`,
    'To run them here all the same: --run-scripts-on-this-machine.',
  ];
  throw new UsageError(`${touchesText(touches)}\n${remedies.join('\n')}`);
};

/** The words that tell what instances are. @throws UsageError before a script runs here that was not written for it */
const noticesOf = async (
  { found, why }: Taken,
  isFree: boolean,
  given: ApplicationSource | undefined,
  isBuilt: boolean,
  allowed: boolean,
): Promise<string[]> => {
  const because = why === '' ? '' : `: ${why}`;
  if (found.kind === 'container') {
    const reason = isFree
      ? `: ${found.engine.name} answers, and an instance of its own is closest to EC2`
      : '';
    return [`Instances are containers of ${found.engine.name}, from the image ${found.image}${reason}.`];
  }
  if (found.kind === 'sandbox') {
    const systemd = given ? systemdText(await touchesOf(given, isBuilt)) : [];
    return [`Instances are sandboxes over this machine's own files${because}.`, ...systemd];
  }
  if (!given) return [];
  return [
    ...(await checkScripts(given, isBuilt, why, allowed)),
    `Instances are directories of this machine${because}.`,
  ];
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
  const { stateDir } = options;
  const before = readChosen(stateDir);
  if (before)
    checkIsSame(stateDir, before, {
      ...(options.instances && { kind: options.instances }),
      ...(options.image && { image: options.image }),
    });
  const named = options.instances ?? before?.kind ?? (options.image === undefined ? undefined : 'container');
  const asked = named ?? (given ? undefined : 'process');
  const taken = await take(asked, stateDir, before?.image ?? options.image, say);
  const { found } = taken;
  const notices = await noticesOf(
    taken,
    asked === undefined,
    given,
    hasBuild(lockstep),
    options.runsScriptsHere,
  );
  if (!before) {
    makeStateDirectory(stateDir);
    const chosen: Chosen = {
      kind: found.kind,
      ...(options.image !== undefined && { image: options.image }),
    };
    replaceFile(fileOf(stateDir), JSON.stringify(chosen));
  }
  const ports = portsOf(lockstep);
  const applicationPort: ContainerOptions['applicationPort'] = ({ Name = '' }) =>
    ports.get(Name.replace(/-(?:qat|prod)$/, '')) ?? DEFAULT_PORT;
  if (found.kind === 'container')
    return { containers: { engine: found.engine, baseImage: found.image, applicationPort }, notices };
  if (found.kind === 'sandbox')
    return { sandboxes: { identities: found.identities, applicationPort }, notices };
  return { notices };
};

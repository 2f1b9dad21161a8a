import path from 'node:path';
import { appSpecContent } from '../../../../tasks/appspec/appspec-file.ts';
import { sourcedBy, systemdCommand } from '../../../../tasks/appspec/systemd-findings.ts';
import type { ApplicationSource } from '../application-source.ts';
import { git } from '../git.ts';

/** More than anybody reads. */
const MOST = 12;

/** What scripts of a commit would touch if they ran on this machine as they run on an instance. */
export interface Touches {
  /** Paths of the repository, as appspec.yml names them. */
  readonly scripts: readonly string[];
  /** Scripts that do not keep to the instance's directory. */
  readonly unbound: readonly string[];
  /** Absolute paths that these scripts name: a hint, as a script may make others up. */
  readonly paths: readonly string[];
  /** Scripts that ask systemd for something. */
  readonly systemd: readonly string[];
}

/** Where not even the AppSpec file is in the commit. */
const MADE_BY_BUILD = 'those of the appspec.yml that the build makes';

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const locationsOf = (appSpec: unknown): string[] => {
  const hooks = isObject(appSpec) && isObject(appSpec.hooks) ? Object.values(appSpec.hooks) : [];
  const scripts = hooks.flatMap((list) => (Array.isArray(list) ? list : []));
  return [
    ...new Set(
      scripts.flatMap((script) =>
        isObject(script) && typeof script.location === 'string'
          ? [path.posix.normalize(script.location)]
          : [],
      ),
    ),
  ];
};

/** Of programs, devices and the like, no script says much by naming them. */
const usual = /^\/(?:dev|proc|bin|usr\/bin|sbin|usr\/sbin)(?:\/|$)/;

const pathsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.match(/(?<![\w./:$}"'-])\/[\w.-]+(?:\/[\w.-]+)*/g) ?? [])
    .filter((one) => !usual.test(one));

/**
 * Looks at a commit's hook scripts. One that uses `DESTDIR`, itself or by a file that it sources, was written for instances that are
 * directories. What a build makes is not known before it runs, and counts as one that was not.
 * @param isBuilt whether a build makes what is deployed
 */
export const touchesOf = async (
  { directory, commitId }: ApplicationSource,
  isBuilt = false,
): Promise<Touches> => {
  const read = (file: string) => git(directory, ['show', `${commitId}:${file}`]).catch(() => undefined);
  const written = await read('appspec.yml');
  if (written === undefined && isBuilt)
    return { scripts: [], unbound: [MADE_BY_BUILD], paths: [], systemd: [] };
  let appSpec: unknown;
  try {
    appSpec = appSpecContent(written ?? '');
  } catch {
    // The promotion will say what is wrong with it; no script runs.
    return { scripts: [], unbound: [], paths: [], systemd: [] };
  }
  const scripts = locationsOf(appSpec);
  const unbound: string[] = [];
  const systemd: string[] = [];
  const paths = new Set<string>();
  for (const script of scripts) {
    const text = await read(script);
    if (text === undefined) {
      if (isBuilt) unbound.push(`${script}, which the build makes`);
      continue;
    }
    const beside = sourcedBy(text).map((name) => path.posix.join(path.posix.dirname(script), name));
    const texts = [text, ...(await Promise.all(beside.map(read)))];
    if (systemdCommand(texts.map((one) => one ?? '')) !== undefined) systemd.push(script);
    if (texts.some((one) => /\bDESTDIR\b/.test(one ?? ''))) continue;
    unbound.push(script);
    for (const one of texts) for (const found of pathsIn(one ?? '')) paths.add(found);
  }
  return { scripts, unbound, paths: [...paths], systemd };
};

const list = (items: readonly string[]): string[] =>
  items.length <= MOST
    ? items.map((item) => `  ${item}`)
    : [...items.slice(0, MOST).map((item) => `  ${item}`), `  and ${items.length - MOST} more`];

/** Tells what would be touched. */
export const touchesText = ({ unbound, paths }: Touches): string =>
  [
    'These hook scripts would run on this machine itself, as you, and were not written for it: they do not use DESTDIR.',
    ...list(unbound),
    ...(paths.length > 0 ? ['Absolute paths that they name (there may be others):', ...list(paths)] : []),
  ].join('\n');

/** Tells which scripts need systemd, where instances have none. */
export const systemdText = ({ systemd }: Touches): string[] =>
  systemd.length === 0
    ? []
    : [
        [
          'These hook scripts call systemd, which no sandbox has: its commands fail there.',
          ...list(systemd),
          'Containers have it: --instances container, with podman or Docker. In a sandbox, a script starts its server itself, with nohup and & for example.',
        ].join('\n'),
      ];

import path from 'node:path/posix';
import { parse } from 'yaml';
import { isObject } from '../json.ts';
import { lineOfPlace } from './appspec-lines.ts';
import type { BuiltFiles, Finding, JudgedBuildspec, RevisionFile } from './revision.ts';

/** What is deployed instead of the commit, as far as the buildspec tells. */
export interface BuiltRevision {
  /** Paths of the commit's files in it. */
  readonly paths: readonly string[];
  /**
   * Whether the build makes a file, or something below a directory, that the commit has not: the artifacts name it, take everything, or
   * do not take it.
   */
  readonly makes: (name: string) => 'named' | 'perhaps' | 'no';
}

/** What is in an archive of artifacts. */
export function builtRevision(
  files: readonly RevisionFile[],
  { baseDirectory, discardsPaths, patterns }: BuiltFiles,
): BuiltRevision {
  const paths = files.flatMap(({ path: name }) => {
    const below = path.relative(baseDirectory, name);
    return below.startsWith('../') || !patterns.some(({ takes }) => takes(below))
      ? []
      : [discardsPaths ? path.basename(below) : below];
  });
  return {
    paths,
    makes: (name) => {
      const wanted = path.join('/', name).slice(1).replace(/\/$/, '');
      const isFlat = discardsPaths && wanted.includes('/');
      // What the commit has there is taken, or is not.
      if (isFlat || (baseDirectory === '.' && files.some((one) => one.path === wanted))) return 'no';
      const taking = patterns.filter(({ takes, reachesBelow }) => takes(wanted) || reachesBelow(wanted));
      if (taking.length === 0) return 'no';
      // Nothing is known of what lies in another directory, and people copy there what they deploy.
      return baseDirectory !== '.' || taking.some(({ text }) => !text.startsWith('*')) ? 'named' : 'perhaps';
    },
  };
}

/** What CodeBuild runs unless the configuration names another file. */
export const DEFAULT_BUILDSPEC = 'buildspec.yml';

/** Whether a buildspec names files that a build makes. One that cannot be read names none: a build of it says why. */
export function namesArtifacts(buildspec: string): boolean {
  try {
    const spec: unknown = parse(buildspec);
    return isObject(spec) && isObject(spec.artifacts) && spec.artifacts.files !== undefined;
  } catch {
    return false;
  }
}

/** The text of the buildspec at its usual place; empty if there is none. */
export const usualBuildspec = (files: readonly RevisionFile[]): string =>
  files.find(({ path: name }) => name === DEFAULT_BUILDSPEC)?.text ?? '';

/** A buildspec whose artifacts nobody deploys. @param name the application's */
export const unusedBuildspec = (files: readonly RevisionFile[], name: string): readonly Finding[] => {
  const text = usualBuildspec(files);
  if (!namesArtifacts(text)) return [];
  const line = lineOfPlace(text, 'artifacts');
  return [
    {
      severity: 'note',
      file: DEFAULT_BUILDSPEC,
      ...(line !== undefined && { line }),
      text: `It names artifacts, and ${name} has no build: the commit itself is deployed, without what a build makes. To deploy that, add "build": {} to ${name} in the configuration.`,
    },
  ];
};

const APPSPEC = /^appspec\.ya?ml$/;

/** CodeDeploy reads the AppSpec file at the top of the archive. */
const ofTop = (
  files: readonly RevisionFile[],
  commands: readonly string[],
  { baseDirectory, patterns }: BuiltFiles,
): readonly [severity: Finding['severity'], place: string, text: string] | undefined => {
  if (!patterns.some(({ takes }) => takes('appspec.yml') || takes('appspec.yaml')))
    return [
      'error',
      'artifacts.files',
      'The artifacts do not take appspec.yml, so CodeDeploy would not find it at the top of the archive. Add it to artifacts.files.',
    ];
  const isThere = files.some(({ path: name }) => APPSPEC.test(path.relative(baseDirectory, name)));
  // A command may copy it, and a bundler copies what lies in folders of its own.
  const isPut =
    commands.some((command) => /appspec/.test(command)) ||
    files.some(({ path: name }) => name.includes('/') && APPSPEC.test(path.basename(name)));
  return isThere || isPut || baseDirectory === '.'
    ? undefined
    : [
        'warning',
        'artifacts.base-directory',
        `The archive is made of ${baseDirectory}, and no command seems to put appspec.yml there (a guess from the text); CodeDeploy wants it at the top of the archive. Copy it and the hooks' scripts there in post_build, or leave base-directory out.`,
      ];
};

/** What CodeBuild would say of a buildspec, and what CodeDeploy would of its archive. @param name the buildspec's path */
export function buildFindings(
  files: readonly RevisionFile[],
  name: string,
  judge: (text: string) => JudgedBuildspec,
): { readonly findings: readonly Finding[]; readonly built?: BuiltRevision } {
  const file = files.find((one) => one.path === name);
  const finding = (severity: Finding['severity'], place: string, text: string): Finding => {
    const line = place === '' ? undefined : lineOfPlace(file?.text ?? '', place);
    return { severity, file: name, ...(line !== undefined && { line }), text };
  };
  if (file === undefined)
    return {
      findings: [
        finding(
          'error',
          '',
          'CodeBuild fails with YAML_FILE_ERROR: YAML file does not exist. Add it at this path, or set build.buildspec in the configuration; npm run lockstep -- init writes one.',
        ),
      ],
    };
  const judged = judge(file.text ?? '');
  if ('fault' in judged) {
    const [place = ''] = judged.fault.split(' is ');
    return {
      findings: [
        judged.isHereAlone
          ? finding('warning', place, `CodeBuild takes it, and the local run does not: ${judged.fault}.`)
          : finding('error', place, `CodeBuild fails with YAML_FILE_ERROR: ${judged.fault}.`),
      ],
    };
  }
  const { artifacts, commands } = judged;
  if (artifacts === undefined)
    return {
      findings: [
        finding(
          'error',
          'artifacts',
          'It names no artifacts, so the build makes nothing that could be deployed. Add artifacts.files with appspec.yml, the scripts of hooks and what the build makes.',
        ),
      ],
    };
  const top = ofTop(files, commands, artifacts);
  return { findings: top ? [finding(...top)] : [], built: builtRevision(files, artifacts) };
}

import { DEFAULT_BUILDSPEC, namesArtifacts } from '../../../tasks/appspec/build-findings.ts';
import { isObject } from '../../../tasks/json.ts';
import type { ApplicationSource } from './application-source.ts';
import { git } from './git.ts';

/** Whether the commit's buildspec names files that a build makes. */
export const commitNamesArtifacts = ({ directory, commitId }: ApplicationSource): Promise<boolean> =>
  git(directory, ['cat-file', 'blob', `${commitId}:${DEFAULT_BUILDSPEC}`]).then(namesArtifacts, () => false);

/** Whether the configuration's first application, which `--app` stands for, has a build. */
export const hasBuild = (lockstep: unknown): boolean => {
  const [first] = applicationsOf(lockstep);
  return isObject(first) && first.build !== undefined;
};

/** The configuration with a build of its first application. */
export const withBuild = (lockstep: unknown): unknown => {
  const [first, ...others] = applicationsOf(lockstep);
  return isObject(lockstep) && isObject(first)
    ? { ...lockstep, applications: [{ ...first, build: {} }, ...others] }
    : lockstep;
};

const applicationsOf = (lockstep: unknown): readonly unknown[] =>
  isObject(lockstep) && Array.isArray(lockstep.applications) ? lockstep.applications : [];

/** What a run does about a commit whose buildspec names artifacts, and says. @param isGiven whether people named the configuration */
export const decideBuild = (
  lockstep: unknown,
  isGiven: boolean,
): { readonly lockstep: unknown; readonly notice?: string } => {
  if (hasBuild(lockstep)) return { lockstep };
  return isGiven
    ? {
        lockstep,
        notice:
          'The commit\'s buildspec.yml names artifacts, and the configuration has no build: the commit itself is deployed. To deploy what a build makes, add "build": {} to the application.',
      }
    : {
        lockstep: withBuild(lockstep),
        notice:
          "The commit's buildspec.yml names artifacts: each commit is built with this machine's tools, and what that makes is deployed. To decide it yourself, name a configuration by --config, with or without build.",
      };
};

import path from 'node:path/posix';
import {
  type BytePath,
  bytePath,
  type InstanceFiles,
  type TreeEntry,
} from '../../../instances/instance-system.ts';
import { type AppSpec, checkEvents, parseAppSpec } from './appspec.ts';
import { AppSpecError } from './appspec-nodes.ts';
import { InstallError, planInstallation } from './install.ts';

/** Where a revision stands while it is looked at. */
const ARCHIVE = '/revision';

/** What CodeDeploy's agent would fail at. */
export interface RevisionFault {
  /** The lifecycle event that fails. */
  readonly event: 'BeforeInstall' | 'Install';
  /** As the agent gives it. */
  readonly message: string;
}

/** Files of a revision as an instance would see them, and nothing else: an instance that is new. */
const revisionFiles = (paths: readonly string[]): Pick<InstanceFiles, 'tree' | 'kindsOf'> => {
  const files = paths.map((one) => bytePath(path.join(ARCHIVE, one)));
  const directories = new Set(
    files.flatMap((file) => {
      const parts = file.split('/').slice(0, -1);
      return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    }),
  );
  const entries: readonly TreeEntry[] = [
    ...[...directories].map((one) => ({ path: one as BytePath, kind: 'directory' as const })),
    ...files.map((one) => ({ path: one, kind: 'file' as const })),
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
  return {
    tree: async (file) => entries.filter((one) => one.path === file || one.path.startsWith(`${file}/`)),
    kindsOf: async () => new Map(),
  };
};

/**
 * What CodeDeploy's agent would say of a revision on a new instance, found by the agent's own rules. Nothing is run or changed. Sources
 * and scripts that are missing are not told here: hooks and builds may make them.
 * @param appSpec the AppSpec file
 * @param paths every file of the revision
 */
export async function judgeRevision(
  appSpec: Uint8Array,
  paths: readonly string[],
): Promise<RevisionFault | undefined> {
  const files = revisionFiles(paths);
  const fault = (event: RevisionFault['event'], error: unknown): RevisionFault => {
    if (error instanceof AppSpecError || error instanceof InstallError)
      return { event, message: error.message };
    throw error;
  };
  let spec: AppSpec;
  try {
    spec = parseAppSpec(appSpec);
  } catch (error) {
    return fault('BeforeInstall', error);
  }
  try {
    checkEvents(spec);
    const there = await Promise.all(
      spec.files.map(async (file) => {
        const source = path.join(ARCHIVE, file.source).replace(/(?<=.)\/+$/, '');
        const isInside = source === ARCHIVE || source.startsWith(`${ARCHIVE}/`);
        return !isInside || (await files.tree(bytePath(source))).length > 0 ? [file] : [];
      }),
    );
    await planInstallation({
      system: { files },
      spec: { ...spec, files: there.flat() },
      archive: ARCHIVE,
      defaultBehavior: 'DISALLOW',
    });
    return undefined;
  } catch (error) {
    return fault('Install', error);
  }
}

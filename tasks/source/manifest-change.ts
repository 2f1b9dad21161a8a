import { type Manifest, ManifestInvalidError } from './manifest.ts';
import type { SourceCommit } from './source.ts';

/** A version of an archive, with what it was made of. */
export interface BuiltVersion {
  /** The object's version. */
  readonly versionId: string;
  readonly manifest: Manifest;
}

/** A version as a commit on top of the one that was built: so it is shown and walked like any commit. */
const versionCommit = ({ versionId, manifest }: BuiltVersion): SourceCommit => ({
  commitId: versionId,
  parents: [manifest.head],
  pushedBy: [...new Set([manifest.builtBy, ...manifest.pushedBy])],
  message: `Archive of commit ${manifest.head}, built by ${manifest.builtBy}`,
});

/** Commits that lead to these, as far as they are known. */
const reach = (
  from: readonly string[],
  known: (id: string) => SourceCommit | undefined,
  isEnd: (id: string) => boolean = () => false,
): ReadonlyMap<string, SourceCommit | undefined> => {
  const found = new Map<string, SourceCommit | undefined>();
  for (const waiting = [...from]; waiting.length > 0; ) {
    const id = waiting.pop() ?? '';
    if (found.has(id) || isEnd(id)) continue;
    const commit = known(id);
    found.set(id, commit);
    waiting.push(...(commit?.parents ?? []));
  }
  return found;
};

/**
 * The commits that lead to a version and to the live one, by id, so far as they tell what Prod does not have. Each version is a
 * commit, too. What leads to the live commit has no parents that are missing.
 * @param live undefined if nothing is live, or if its manifest is not known: then every commit is a part of the change
 * @throws ManifestInvalidError if the manifest leaves out a commit that may be a part of the change
 */
export function commitsOfVersion(
  version: BuiltVersion,
  live: BuiltVersion | undefined,
): ReadonlyMap<string, SourceCommit> {
  const inProd = new Map<string, SourceCommit>();
  if (live !== undefined) {
    const known = (id: string) => live.manifest.commits.get(id) ?? version.manifest.commits.get(id);
    const leading = reach([live.manifest.head], known);
    for (const [id, commit] of leading)
      if (commit !== undefined)
        inProd.set(id, { ...commit, parents: (commit.parents ?? []).filter((one) => leading.get(one)) });
  }
  const change = reach(
    [version.manifest.head],
    (id) => version.manifest.commits.get(id),
    (id) => inProd.has(id),
  );
  const commits = new Map(inProd);
  for (const [id, commit] of change) {
    if (commit === undefined)
      throw new ManifestInvalidError(
        `The manifest of version ${version.versionId} ends before commit ${id}, and ` +
          (live === undefined
            ? 'no manifest says what Prod has'
            : `the manifest of Prod's version ${live.versionId}, made of ${live.manifest.head}, does not have it either`) +
          ': somebody may have made a part of this change whom it does not name. List the whole history (a shallow clone does not ' +
          'have it), sign it, and upload the archive again.',
      );
    commits.set(id, commit);
  }
  for (const one of live === undefined ? [version] : [live, version])
    commits.set(one.versionId, versionCommit(one));
  return commits;
}

import fs from 'node:fs';
import path from 'node:path';
import { ZipFile } from 'yazl';
import type { ArtifactSpec } from './buildspec.ts';

/** What a buildspec names as artifacts is not there; CodeBuild's words. */
export class NoArtifactsError extends Error {
  override readonly name = 'NoArtifacts';
}

/** A file of the artifact. */
export interface ArtifactFile {
  /** Within the archive. */
  readonly name: string;
  /** On this machine. */
  readonly file: string;
}

/** A pattern of a buildspec: `**` stands for any folders, `*` and `?` for a part of one name. */
const patternOf = (pattern: string): RegExp => {
  const parts = pattern.replace(/^\.\//, '').split('/');
  const text = parts
    .map((part, index) => {
      const isLast = index === parts.length - 1;
      if (part === '**') return isLast ? '.*' : '(?:[^/]+/)*';
      const name = part
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '[^/]*')
        .replaceAll('?', '[^/]');
      return `${name}${isLast ? '' : '/'}`;
    })
    .join('');
  return new RegExp(`^${text}$`);
};

/** Whether a pattern of a buildspec's `artifacts` takes a file, by its path below the base directory. */
export const takesFile = (pattern: string, { excludePaths }: Pick<ArtifactSpec, 'excludePaths'>) => {
  const matcher = patternOf(pattern);
  const excluded = excludePaths.map(patternOf);
  return (name: string): boolean => matcher.test(name) && !excluded.some((one) => one.test(name));
};

/** Whether a pattern may take something below a directory. */
export const reachesBelow = (pattern: string, directory: string): boolean => {
  const parts = pattern.replace(/^\.\//, '').split('/');
  const folders = directory.split('/');
  const any = parts.indexOf('**');
  const compared = any === -1 ? folders.length : Math.min(any, folders.length);
  return (
    (any !== -1 || parts.length > folders.length) &&
    folders.slice(0, compared).every((folder, index) => patternOf(parts[index] ?? '').test(folder))
  );
};

/** Paths of all files below a directory. A link counts as what it leads to, unless it leads out of the directory. */
const filesBelow = (root: string): readonly string[] => {
  const found: string[] = [];
  const visit = (directory: string, ancestors: readonly string[]) => {
    for (const { name } of fs.readdirSync(path.join(root, directory), { withFileTypes: true })) {
      const relative = path.posix.join(directory, name);
      const real = realPath(path.join(root, relative));
      if (real === undefined || !(real === root || real.startsWith(`${root}${path.sep}`))) continue;
      const stat = fs.statSync(real);
      if (stat.isFile()) found.push(relative);
      else if (stat.isDirectory() && !ancestors.includes(real)) visit(relative, [...ancestors, real]);
    }
  };
  visit('', [root]);
  return found.sort();
};

const realPath = (file: string): string | undefined => {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
};

/**
 * The files that a buildspec's `artifacts` name, from the directory that the build ended with.
 * @see https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
 * @throws NoArtifactsError if there are none
 */
export function artifactFiles(source: string, spec: ArtifactSpec): readonly ArtifactFile[] {
  const root = realPath(path.join(source, spec.baseDirectory));
  const isWithin =
    root === fs.realpathSync(source) || root?.startsWith(`${fs.realpathSync(source)}${path.sep}`);
  if (root === undefined || !isWithin || !fs.statSync(root).isDirectory())
    throw new NoArtifactsError(`no matching base directory path found for ${spec.baseDirectory}`);
  const all = filesBelow(root);
  const names = new Set<string>();
  for (const pattern of spec.files) {
    const matching = all.filter(takesFile(pattern, spec));
    if (matching.length === 0) throw new NoArtifactsError(`no matching artifact paths found for ${pattern}`);
    for (const name of matching) names.add(name);
  }
  return [...names].sort().map((name) => ({
    name: spec.discardsPaths ? path.posix.basename(name) : name,
    file: path.join(root, name),
  }));
}

/** A zip archive of files, with their modes. */
export async function zipOf(files: readonly ArtifactFile[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { name, file } of files) zip.addFile(file, name, { mode: fs.statSync(file).mode });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

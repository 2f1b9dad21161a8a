import type { Host, Principal } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import type { ConnectedProvider } from '../shared/connected-provider.ts';
import type { BuildRecord, ProjectSource } from './records.ts';

/** A source that is fetched as a zip archive, whose repository or object the project names. */
type OwnSource = Exclude<ProjectSource, { readonly type: 'CODEPIPELINE' }>;

/** Last part of a repository's address, without `.git`. */
const nameIn = (location: string): string =>
  decodeURIComponent(new URL(location).pathname)
    .split('/')
    .at(-1)
    ?.replace(/\.git$/, '') ?? '';

/** `owner/name` in the address of a repository at a provider. */
const pathIn = (location: string): string => new URL(location).pathname.slice(1).replace(/\.git$/, '');

const object = async (host: Host, role: Principal, bucket: string, key: string, version?: string) => {
  const { Body } = await host.call<{ Body: Uint8Array }>(role, 's3', 'GetObject', {
    Bucket: bucket,
    Key: key,
    ...(version !== undefined && { VersionId: version }),
  });
  return Body;
};

/** A repository's commit; CodeBuild clones it, and the emulator fetches its files. */
async function ofRepository(
  host: Host,
  role: Principal,
  connected: ConnectedProvider | undefined,
  source: Exclude<OwnSource, { readonly type: 'S3' }>,
  commitId: string | undefined,
): Promise<Uint8Array> {
  if (commitId === undefined || !/^[0-9a-f]{40}$/.test(commitId))
    throw new Error(`The source version must be a commit's id; received ${commitId ?? 'nothing'}.`);
  if (source.type === 'CODECOMMIT') {
    const name = nameIn(source.location);
    host.authorize(role, { action: 'codecommit:GitPull', resource: arnOf(host, 'codecommit', name) });
    // The one call of the emulator that gives a commit's files.
    const { archive } = await host.call<{ archive: Uint8Array }>(
      { kind: 'administrator' },
      'codecommit',
      'UploadArchive',
      { repositoryName: name, commitId },
    );
    return archive;
  }
  // The service was renamed, and its permissions with it: the ARN has the one that counts.
  const service = source.connectionArn.split(':')[2];
  for (const action of ['GetConnection', 'GetConnectionToken', 'UseConnection'])
    host.authorize(role, { action: `${service}:${action}`, resource: source.connectionArn });
  const repository = pathIn(source.location);
  if (connected === undefined || (await connected.commit(repository, commitId)) === undefined)
    throw new Error(`The connection finds no commit ${commitId} in ${repository}.`);
  return connected.archive(repository, commitId);
}

/** The files that a build works on, as a zip archive, read under the project's role. */
export async function sourceArchive(
  host: Host,
  role: Principal,
  connected: ConnectedProvider | undefined,
  { source, sourceVersion, project }: BuildRecord,
): Promise<Uint8Array> {
  if (source !== undefined) return object(host, role, source.bucket, source.key);
  const own = project.source;
  if (own.type === 'CODEPIPELINE') throw new Error('A pipeline starts the builds of this project.');
  return own.type === 'S3'
    ? object(host, role, own.bucket, own.key, sourceVersion)
    : ofRepository(host, role, connected, own, sourceVersion);
}

import type { Path, Report } from './environments.ts';
import type { WrittenConfig } from './schema.ts';

type WrittenApplication = WrittenConfig['applications'][number];

/** Hosts whose repositories CodeBuild clones, with what it calls them. */
export const CLONED_HOSTS: Readonly<Record<string, 'GITHUB' | 'GITLAB' | 'BITBUCKET'>> = {
  'github.com': 'GITHUB',
  'gitlab.com': 'GITLAB',
  'bitbucket.org': 'BITBUCKET',
};

/** CodeBuild clones a repository behind a connection itself, and must know where and whose server that is. */
export function checkClone(source: WrittenApplication['source'], path: Path, report: Report): void {
  if (source?.connectionArn === undefined || source.tokenSecretArn !== undefined) return;
  const { cloneUrl } = source;
  if (cloneUrl === undefined)
    report(
      [...path, 'cloneUrl'],
      undefined,
      'CodeBuild clones the repository for the build: give the address, such as https://bitbucket.org/example/orders.git, or give tokenSecretArn of a repository at GitHub or GitLab.',
    );
  else if (URL.canParse(cloneUrl) && CLONED_HOSTS[new URL(cloneUrl).hostname] === undefined)
    report(
      [...path, 'cloneUrl'],
      cloneUrl,
      'Nothing says whether this server is GitHub or GitLab: give provider and tokenSecretArn as well.',
    );
}

/** CodeBuild reads secrets of the account and region that it runs in. */
export function checkSecrets(
  codeBuild: WrittenApplication['build'],
  env: WrittenConfig['env'],
  path: Path,
  report: Report,
): void {
  for (const [name, value] of Object.entries(codeBuild?.environment ?? {})) {
    if (typeof value === 'string' || !('secret' in value)) continue;
    const [, , , region, account] = value.secret.split(':');
    if (env?.account !== undefined && account !== env.account)
      report(
        [...path, name, 'secret'],
        value.secret,
        `The secret is of the account ${account}: give one of ${env.account}, which lockstep.env.account names.`,
      );
    if (env?.region !== undefined && region !== env.region)
      report(
        [...path, name, 'secret'],
        value.secret,
        `The secret is in ${region}: give one in ${env.region}, which lockstep.env.region names.`,
      );
  }
}

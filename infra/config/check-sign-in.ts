import type { Path, Report } from './environments.ts';
import type { SignInConfig } from './sign-in.ts';

/** Bytes of what the site is told about all providers: a function's variables hold 4 KB together (Lambda's quotas). */
const MOST_PROVIDERS_BYTES = 1_000;

/** Names that overlap, and providers that lack what they need. */
export function checkSignIn(
  { passwords, providers }: SignInConfig,
  account: string | undefined,
  report: Report,
) {
  if (!passwords && providers.length === 0)
    report(['signIn', 'passwords'], false, 'Nobody could sign in. Give signIn.providers too, or true.');
  const names = providers.map(({ name }) => name.toLowerCase());
  providers.forEach((one, index) => {
    const at = (...rest: Path): Path => ['signIn', 'providers', index, ...rest];
    if (names.indexOf(one.name.toLowerCase()) < index)
      report(at('name'), one.name, 'Another provider has this name. Give each its own.');
    if ((one.saml === undefined) === (one.oidc === undefined))
      report(at(), one.name, 'Give this provider either saml or oidc.');
    if (one.saml && (one.saml.metadataUrl === undefined) === (one.saml.metadataFile === undefined))
      report(at('saml'), one.saml, 'Give either metadataUrl or metadataFile.');
    if (one.oidc && !one.oidc.scopes.includes('openid'))
      report(
        at('oidc', 'scopes'),
        one.oidc.scopes,
        'Add openid: without it, the provider sends no ID token.',
      );
    const owner = one.oidc?.clientSecretArn.split(':')[4];
    if (owner !== undefined && account !== undefined && owner !== account)
      report(
        at('oidc', 'clientSecretArn'),
        one.oidc?.clientSecretArn,
        `The secret is of the account ${owner}: give one of ${account}, which lockstep.env.account names.`,
      );
    if (one.emailVerified && one.attributes.emailVerified !== undefined)
      report(
        at('emailVerified'),
        true,
        'Leave it out, or leave attributes.emailVerified out: either the provider vouches for all addresses, or the claim says so.',
      );
    if (Object.values(one.groups).every((names) => names.length === 0))
      report(
        at('groups'),
        one.groups,
        'Name groups for one role at least; nobody of this provider has a role.',
      );
  });
  const bytes = Buffer.byteLength(JSON.stringify(providers.map(({ name, groups }) => [name, groups])));
  if (bytes > MOST_PROVIDERS_BYTES)
    report(
      ['signIn', 'providers'],
      `${bytes} bytes of names`,
      `At most ${MOST_PROVIDERS_BYTES} bytes of names of providers and groups fit. Make groups for Lockstep alone.`,
    );
}

import { z } from 'zod';
import type { Path, Report } from './environments.ts';
import * as values from './values.ts';

const inRole = (role: string) =>
  z
    .array(values.companyGroup)
    .readonly()
    .default([])
    .describe(`Names of the company's groups whose members are ${role}.`);

const provider = z.strictObject({
  name: values.providerName.describe(
    'Names it on the sign-in page and in user names (`<name>_<subject>`). 3 to 32 characters; another name makes other accounts.',
  ),
  saml: z
    .strictObject({
      metadataUrl: values.providerUrl.optional().describe("Address of the provider's metadata."),
      metadataFile: z
        .string()
        .min(1)
        .optional()
        .describe("A file with the provider's metadata; a relative path starts where you run CDK."),
    })
    .optional()
    .describe('For SAML. Needs one of the two. Excludes `oidc`.'),
  oidc: z
    .strictObject({
      issuer: values.providerUrl.describe(
        'The issuer, which has `/.well-known/openid-configuration` below it.',
      ),
      clientId: z.string().min(1).max(256).describe('The id that the provider gave this client.'),
      clientSecretArn: values.secretArn.describe(
        "The secret in Secrets Manager whose text is the client's secret. In Lockstep's account and region.",
      ),
      scopes: z
        .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
        .readonly()
        .default(['openid', 'email', 'profile'])
        .describe('What to ask the provider for; `openid` is one of them.'),
    })
    .optional()
    .describe('For OpenID Connect. Excludes `saml`.'),
  attributes: z
    .strictObject({
      email: values.claimName.optional().meta({
        description: 'The claim with the e-mail address.',
        fallback: '`email`; for SAML, the WS-Federation claim `…/emailaddress`',
      }),
      name: values.claimName.optional().meta({
        description: 'The claim with the name.',
        fallback: '`name`; for SAML, the WS-Federation claim `…/name`',
      }),
      groups: values.claimName
        .default('groups')
        .describe(
          'The claim with the groups. The provider must send it at each sign-in, even without groups.',
        ),
      emailVerified: values.claimName.optional().meta({
        description: 'The claim that says whether the address is verified.',
        fallback: 'no such claim',
      }),
    })
    .prefault({})
    .describe('Names of the claims.'),
  emailVerified: z
    .boolean()
    .default(false)
    .describe(
      'Whether the provider vouches for every address that it sends. Without this and `attributes.emailVerified`, its people have no verified address and cannot decide.',
    ),
  groups: z
    .strictObject({ qc: inRole('QC'), pmo: inRole('PMO'), operators: inRole('operators') })
    .prefault({})
    .describe("The roles of the company's groups."),
});

/** How people sign in to the approvals site. */
export const signIn = z.strictObject({
  passwords: z
    .boolean()
    .default(true)
    .describe('Whether people of the user pool itself sign in with a password; `false` needs a provider.'),
  providers: z
    .array(provider)
    .max(10)
    .readonly()
    .default([])
    .describe("The company's own identity providers, by SAML or OpenID Connect."),
});

/** How people sign in, as written, with the defaults of the schema. */
export type SignInConfig = z.output<typeof signIn>;

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

import { z } from 'zod';
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

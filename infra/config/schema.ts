import { z } from 'zod';
import {
  application,
  approvers,
  calendar,
  environmentNetwork,
  environments,
  website,
} from './application-schema.ts';
import { notifications } from './notifications.ts';
import { signIn } from './sign-in.ts';
import * as values from './values.ts';

// `describe` gives a key's meaning in docs/configuration.md, which `npm run configuration` writes; `fallback` (meta)
// says there what holds without the key, where that is not a default of the schema.

const network = environmentNetwork.extend({
  internetAccess: z
    .enum(['nat-gateway', 'endpoints'])
    .default('nat-gateway')
    .describe(
      'How instances reach AWS, in every environment. In an existing VPC with `endpoints`, you make the endpoints.',
    ),
});

/** What may stand under the context key `lockstep`, with defaults; `cross-checks.ts` holds what concerns several keys. */
export const configuration = z.strictObject({
  // Each has a load balancer, and a region has 50 of them unless AWS is asked for more.
  applications: z.array(application).min(1).max(50).describe('What is promoted.'),
  approvers: approvers.optional().meta({
    description: 'Who gets a mail when a role must decide.',
    fallback: 'each application gives its own',
  }),
  operators: values.addresses.optional().meta({
    description: 'Who gets a mail about failures and alarms.',
    fallback: 'each application gives its own',
  }),
  developers: values.anyAddresses
    .default([])
    .describe(
      'Who may get a mail about their own changes: how a promotion ended, or that nobody may decide. `approvals.people` maps names to these addresses. All get what `repositoryMails` names.',
    ),
  calendar: calendar.optional().meta({
    description: 'When promotions may not begin with QAT or Prod.',
    fallback: 'at any time they may',
  }),
  approvalExpiryDays: values.expiryDays
    .default(7)
    .describe('A request for an approval expires after so many days.'),
  approvals: z
    .strictObject({
      people: z
        .array(
          z.strictObject({
            email: z.email().describe("The person's address in the user pool."),
            pusherNames: z
              .array(values.pusherName)
              .readonly()
              .default([])
              .describe('IAM users, role sessions and logins at GitHub or GitLab that are this person.'),
            commitAddresses: z
              .array(values.commitAddress)
              .readonly()
              .default([])
              .describe('Addresses that this person commits with.'),
          }),
        )
        .readonly()
        .default([])
        .describe(
          'Further names of people, so that nobody decides about their own change under another one.',
        ),
      dotsIgnoredIn: z
        .array(values.domainName)
        .readonly()
        .default([])
        .describe('Domains in whose e-mail addresses dots do not count, such as `gmail.com`.'),
      reminderHours: z
        .int()
        .min(1)
        .max(720)
        .default(24)
        .describe('An approver who has not decided gets a reminder each time so many hours pass.'),
      freshSignInMinutes: z
        .int()
        .min(1)
        .max(480)
        .default(15)
        .describe('A decision needs a sign-in that is not older than this.'),
    })
    .prefault({})
    .describe('How people approve.'),
  signIn: signIn.prefault({}).describe('How people sign in to the approvals site.'),
  evidence: z
    .strictObject({
      breakGlassRole: values.roleArn.optional().meta({
        description:
          "The only role that the evidence bucket's policy lets delete records and change the lock and the policy.",
        fallback: "nobody; the account's root user can still change the policy",
      }),
    })
    .prefault({})
    .describe('How sealed records are kept.'),
  trail: z
    .boolean()
    .default(true)
    .describe(
      "Whether Lockstep's account gets a CloudTrail trail. Turn it off if an organization's trail records management events, and writes to the ledger and the evidence bucket.",
    ),
  soakMinutes: values.soak
    .default(5)
    .describe(
      'The soak: how long Prod keeps the old instances after traffic has moved to the new ones. Meanwhile alarms, and operators, can send it back.',
    ),
  network: network
    .prefault({})
    .describe("The network in Lockstep's account and region: a new VPC, or an existing one."),
  environments: environments.optional().meta({
    description: 'Environments in another account or region than Lockstep itself. Needs `env`.',
    fallback: "both in Lockstep's account and region",
  }),
  notifications: notifications
    .default([])
    .describe('Where changes of promotions are told, beside mail: webhooks and chats.'),
  approvalsSite: website.optional().meta({
    description: "The approvals site's own domain name and certificate.",
    fallback: "API Gateway's address",
  }),
  env: z
    .strictObject({
      account: values.account
        .optional()
        .meta({ description: 'The AWS account.', fallback: "your credentials' account" }),
      region: values.region
        .optional()
        .meta({ description: 'The AWS region.', fallback: "your credentials' region" }),
    })
    .optional()
    .describe('Where Lockstep itself is deployed to.'),
});

/** The configuration as written, with the defaults of the schema. */
export type WrittenConfig = z.output<typeof configuration>;

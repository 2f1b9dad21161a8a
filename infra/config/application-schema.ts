import { z } from 'zod';
import { MOST_APPROVALS } from '../../tasks/approvals/approval-counts.ts';
import { MOST_ENTRY_DAYS } from '../../tasks/calendar/calendar.ts';
import { type Runtime, runtimes } from '../aws/runtimes.ts';
import { build, loadTest, test } from './code-build-schema.ts';
import { image } from './image-schema.ts';
import { notifications } from './notifications.ts';
import * as values from './values.ts';

// What an application is configured with, and what it may replace of the whole configuration. `describe` and `fallback` are
// explained in schema.ts.

/** Freezes, and windows, of one calendar at most. */
const MOST_ENTRIES = 20;

// A list alone stands for one person of it.
const approversOfRole = z.union([
  values.addresses,
  z.strictObject({
    addresses: values.addresses.describe('Their e-mail addresses.'),
    count: z
      .int()
      .min(1)
      .max(MOST_APPROVALS)
      .default(1)
      .describe('How many different people must approve; not above the number of addresses.'),
  }),
]);
/** Who decides, by role. */
export const approvers = z.strictObject({
  qc: approversOfRole.describe('QC: decides when QAT runs the commit.'),
  pmo: approversOfRole.describe('PMO: decides after QC.'),
});

/** A domain name of our own with its certificate. */
export const website = z.strictObject({
  domainName: values.domainName.describe('Where people find the site.'),
  certificateArn: values.certificateArn.describe('A certificate for it, in the region of the site.'),
  hostedZone: z
    .strictObject({
      id: values.hostedZoneId.describe("The zone's id."),
      name: values.domainName.describe("The zone's name, such as `example.com`."),
    })
    .optional()
    .meta({
      description: 'The Route 53 zone that holds the domain name.',
      fallback: 'you make the DNS record',
    }),
});

const instanceTypes = z
  .strictObject({
    image: values.instanceType.default('t3.small').describe('Builds and tests images.'),
    qat: values.instanceType.default('t3.small').describe("QAT's instance."),
    prod: values.instanceType.default('t3.small').describe("Prod's instances."),
  })
  .readonly();

const deployment = z.strictObject({
  configuration: z
    .union([
      z.enum(['one-at-a-time', 'half-at-a-time', 'all-at-once']),
      z.strictObject({
        minimumHealthyPercent: z
          .int()
          .min(0)
          .max(99)
          .describe(
            'The share of new instances that CodeDeploy keeps healthy while it deploys to the others.',
          ),
      }),
    ])
    .default('one-at-a-time')
    .describe("How fast CodeDeploy goes through Prod's new instances."),
  rollback: z
    .strictObject({
      onFailure: z.boolean().default(true).describe('Roll back when the deployment fails.'),
      onProdAlarms: z
        .boolean()
        .default(true)
        .describe(
          'Roll back when Prod begins to answer with errors or slowly during the deployment and its soak.',
        ),
      // CodeDeploy watches at most ten alarms per group, of which three are Prod's own.
      onAlarms: z
        .array(z.string().min(1).max(255))
        .max(7)
        .readonly()
        .default([])
        .describe(
          'Names of further CloudWatch alarms. Roll back when one of them goes off during the deployment.',
        ),
    })
    .prefault({})
    .describe('When CodeDeploy rolls Prod back by itself.'),
  soakMinutes: values.soak.optional().meta({
    description: 'Replaces `soakMinutes` for this application.',
    fallback: '`soakMinutes`',
  }),
});

const entryOf = (what: string, until: string) =>
  z.strictObject({
    name: values.calendarName.describe(`What people read of the ${what}.`),
    from: values.localTime.describe(
      'When it begins, in its time zone: each week (`Fri 16:00`) or once (`2026-12-18 18:00`).',
    ),
    until: values.localTime.describe(until),
    timeZone: values.knownTimeZone
      .optional()
      .meta({ description: 'Its IANA time zone.', fallback: "the calendar's `timeZone`" }),
    environments: z
      .array(z.enum(['qat', 'prod']))
      .min(1)
      .readonly()
      .default(['prod'])
      .describe('The environments that it is for.'),
  });

/** When promotions may not begin with an environment. */
export const calendar = z.strictObject({
  timeZone: values.knownTimeZone.default('UTC').describe('The IANA time zone of what names none.'),
  freezes: z
    .array(entryOf('freeze', `When it ends, in the same way; at most ${MOST_ENTRY_DAYS} days later.`))
    .max(MOST_ENTRIES)
    .readonly()
    .default([])
    .describe('While one holds, promotions wait before they begin with the environment.'),
  windows: z
    .array(entryOf('window', `When it ends, in the same way; at most ${MOST_ENTRY_DAYS} days later.`))
    .max(MOST_ENTRIES)
    .readonly()
    .default([])
    .describe('If an environment has any, promotions begin with it only inside one of them.'),
});

const imageSchedule = z.strictObject({
  cron: values.cron.describe("When to build, in Image Builder's syntax."),
  timeZone: values.timeZone.default('UTC').describe('The time zone of `cron`.'),
});

const source = z.strictObject({
  connectionArn: values.connectionArn
    .optional()
    .describe('A CodeConnections connection to GitHub, GitLab, Bitbucket or others. Needs `repository`.'),
  repository: values.repository.optional().describe('The repository behind the connection.'),
  provider: z
    .enum(Object.keys(values.API_URLS) as [values.ProviderName, ...values.ProviderName[]])
    .optional()
    .meta({
      description: 'Where the repository behind the connection is read. Needs `tokenSecretArn`.',
      fallback: `\`${values.DEFAULT_PROVIDER}\``,
    }),
  tokenSecretArn: values.secretArn.optional().meta({
    description:
      "A secret with a token that reads the repository at GitHub or GitLab: then Lockstep knows a change's makers.",
    fallback: '`makersMayDecide` must be `true`',
  }),
  cloneUrl: values.cloneUrl.optional().meta({
    description: 'Where CodeBuild clones the repository behind the connection, for `build`.',
    fallback: "the repository's address at `provider`, by `apiUrl`",
  }),
  apiUrl: values.apiUrl.optional().meta({
    description:
      "The provider's REST API; of a GitHub Enterprise Server `https://<host>/api/v3`, of your own GitLab `https://<host>/api/v4`. Needs `tokenSecretArn`.",
    fallback: Object.values(values.API_URLS)
      .map((url) => `\`${url}\``)
      .join(' or '),
  }),
  objectKey: values.objectKey
    .optional()
    .describe(
      'A zip archive in a bucket that Lockstep makes. Excludes the other keys of `source` but `manifestKeys`.',
    ),
  manifestKeys: values.manifestKeys.optional().meta({
    description:
      "Public keys that sign the archives' manifests: then Lockstep knows a change's makers. Two while one replaces the other.",
    fallback: '`makersMayDecide` must be `true`',
  }),
});

/** A network; how instances reach AWS is baked into the images, which all environments share: it is said once. */
export const environmentNetwork = z.strictObject({
  cidr: values.cidr
    .optional()
    .meta({ description: 'Address range of a new VPC.', fallback: `\`${values.DEFAULT_CIDR}\`` }),
  vpcId: values.vpcId
    .optional()
    .meta({ description: 'An existing VPC. Needs both lists of subnets.', fallback: 'a new VPC' }),
  // A load balancer spans two zones.
  publicSubnetIds: values
    .subnets(2)
    .optional()
    .describe("The existing VPC's subnets for load balancers, in two zones."),
  privateSubnetIds: values.subnets(1).optional().describe("The existing VPC's subnets for instances."),
});
const place = z.strictObject({
  account: values.account.optional().meta({ description: 'Its AWS account.', fallback: '`env.account`' }),
  region: values.region.describe('Its AWS region.'),
  network: environmentNetwork
    .optional()
    .meta({ description: 'The network of everything in that account and region.', fallback: 'a new VPC' }),
});
/** Where QAT and Prod are. */
export const environments = z.strictObject({
  qat: place.optional().meta({ description: 'Where QAT is.', fallback: "Lockstep's account and region" }),
  prod: place.optional().meta({ description: 'Where Prod is.', fallback: "Lockstep's account and region" }),
});

/** What is promoted. */
export const application = z.strictObject({
  name: values.applicationName.describe(
    'Names the repository, the stack `Lockstep-<name>` and the state machine `lockstep-<name>`. Not `platform`.',
  ),
  branch: values.branch.default('main').describe('A push to this branch starts a promotion.'),
  source: source
    .optional()
    .meta({ description: 'Where revisions come from.', fallback: 'a CodeCommit repository' }),
  port: z.int().min(1).max(65535).default(8080).describe('Where the application listens on its instances.'),
  healthCheckPath: values.urlPath
    .default('/health')
    .describe('What the load balancer requests. A healthy instance answers 200.'),
  runtime: z
    .enum(Object.keys(runtimes) as [Runtime, ...Runtime[]])
    .describe(
      'The runtime that is installed in the images; `none` if the parent image or a component has it.',
    ),
  image: image.prefault({}).describe('What images are made of.'),
  instanceType: z
    .union([values.instanceType, instanceTypes])
    .default('t3.small')
    .describe(
      'One instance type for everything, or one for each purpose; all of one processor architecture.',
    ),
  fleet: z
    .strictObject({
      min: z.int().min(1).max(100).default(2).describe('The smallest number of instances; not above `max`.'),
      max: z
        .int()
        .min(1)
        .max(100)
        .default(4)
        .describe(
          'The largest number of instances: Auto Scaling adds some while their CPU is above 60 percent on average.',
        ),
    })
    .refine(({ min, max }) => min <= max)
    .prefault({})
    .describe('How many instances Prod has.'),
  alarms: z
    .strictObject({
      errors: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10)
        .describe('So many answers with a server error within five minutes set off an alarm.'),
      latencyMilliseconds: z
        .int()
        .min(1)
        .max(60_000)
        .default(5_000)
        .describe('If more than one answer in twenty takes longer for two minutes, an alarm goes off.'),
    })
    .prefault({})
    .describe("When Prod's alarms go off."),
  approvers: approvers
    .optional()
    .meta({ description: 'Replaces `approvers` for this application.', fallback: '`approvers`' }),
  operators: values.addresses
    .optional()
    .meta({ description: 'Replaces `operators` for this application.', fallback: '`operators`' }),
  developers: values.anyAddresses
    .optional()
    .meta({ description: 'Replaces `developers` for this application.', fallback: '`developers`' }),
  notifications: notifications.optional().meta({
    description: 'Replaces `notifications` for this application; `[]` for none.',
    fallback: '`notifications`',
  }),
  approvalExpiryDays: values.expiryDays.optional().meta({
    description: 'Replaces `approvalExpiryDays` for this application.',
    fallback: '`approvalExpiryDays`',
  }),
  makersMayDecide: z
    .boolean()
    .default(false)
    .describe('Whether the author, committer or pusher of a change may approve it.'),
  secretScan: z
    .enum(['off', 'warn', 'block'])
    .default('off')
    .describe(
      'Whether files that a commit adds or changes are scanned for secrets before QAT is changed. `warn` shows approvers what was found, `block` fails the promotion.',
    ),
  repositoryMails: z
    .array(z.enum(['deleted-branches', 'pull-requests', 'comments']))
    .default([])
    .describe(
      'What of the repository in CodeCommit developers are mailed. If the promoted branch is deleted, operators get the mail as well.',
    ),
  whenNewer: z
    .enum(['supersede', 'wait'])
    .default('supersede')
    .describe('What a newer promotion does while an older one waits for QC: supersede it, or wait.'),
  keep: z
    .strictObject({
      releases: z
        .int()
        .min(1)
        .max(100)
        .default(10)
        .describe(
          'So many releases keep their Prod image and revision, so that you can go back to them. Older ones are deleted unless something needs them.',
        ),
    })
    .prefault({})
    .describe('What is kept of earlier promotions.'),
  goBack: z
    .strictObject({
      approvals: z
        .enum(['both', 'one'])
        .default('both')
        .describe(
          'Who approves that Prod goes back to an earlier release: QC and PMO, or PMO alone, if somebody who signed in asks. Never the person who asks.',
        ),
    })
    .prefault({})
    .describe('How an operator goes back to an earlier release.'),
  calendar: calendar
    .optional()
    .meta({ description: 'Replaces `calendar` for this application.', fallback: '`calendar`' }),
  deployment: deployment.prefault({}).describe('How CodeDeploy deploys to Prod.'),
  imageSchedule: imageSchedule.optional().meta({
    description: 'Builds images without a promotion, to show that the recipe still works.',
    fallback: 'no such builds',
  }),
  loadTest: loadTest.optional().meta({
    description:
      'CodeBuild tests QAT under load after each deployment there, before anybody is asked. Its commands find QAT at the address in `QAT_URL`.',
    fallback: 'no load test',
  }),
  build: build.optional().meta({
    description:
      'Builds each commit once (CodeBuild), and deploys what its `artifacts` are to QAT and Prod; may be empty (`{}`).',
    fallback: 'the commit itself is deployed',
  }),
  test: test.optional().meta({
    description: 'Adds a Test stage (CodeBuild) before QAT; may be empty (`{}`).',
    fallback: 'no Test stage',
  }),
  https: website.optional().meta({
    description: "Prod's domain name and certificate. HTTP then redirects to HTTPS.",
    fallback: 'Prod answers by HTTP',
  }),
  environments: environments
    .optional()
    .meta({ description: 'Replaces `environments` for this application.', fallback: '`environments`' }),
});

/** What a variable holds that has no value. */
export const NONE = 'none';

/**
 * Every function that Lockstep deploys: where its handler is and which environment variables it reads. The constructs
 * that set the variables and the handlers that read them share this list.
 */
export const functions = {
  /** Push rule → starts the execution. Application stack. */
  'start-promotion': {
    entry: 'tasks/promotions/start-promotion.lambda.ts',
    environment: [
      'APPLICATION',
      'BRANCH',
      'REPOSITORY_NAME',
      /** Of a repository behind a connection: its provider (`github`, `gitlab`), its REST API and the secret with its token, or `none`. */
      'SOURCE_PROVIDER',
      'SOURCE_API_URL',
      'SOURCE_TOKEN_SECRET_ARN',
      'STATE_MACHINE_ARN',
      'LEDGER_TABLE',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      /** As of track-promotion: who is told that a bad commit starts nothing. */
      'DEVELOPERS',
      'PEOPLE',
      'DOTS_IGNORED_IN',
    ],
  },
  /** Rule on "Step Functions Execution Status Change" of the machine, and every 5 minutes → keeps the promotion's status, mails operators and makers, seals its evidence. */
  'track-promotion': {
    entry: 'tasks/promotions/track-promotion.lambda.ts',
    environment: [
      'APPLICATION',
      'EVIDENCE_BUCKET',
      'EVIDENCE_KEY_ARN',
      'LEDGER_TABLE',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      'ACQUIRE_LOCK_FUNCTION',
      /** JSON: addresses of developers, who are told of their own changes; names that lead to them. */
      'DEVELOPERS',
      'PEOPLE',
      'DOTS_IGNORED_IN',
    ],
  },
  /** Rules on deleted branches, pull requests and comments in CodeCommit → mails developers. Only of applications whose configuration wants it. */
  'tell-repository': {
    entry: 'tasks/repository-mails/tell-repository.lambda.ts',
    environment: ['APPLICATION', 'BRANCH', 'REPOSITORY_NAME', 'PROMOTIONS_TOPIC_ARN', 'DEVELOPERS'],
  },
  /** State "Check release" → sees that a release can still be deployed. */
  'check-release': {
    entry: 'tasks/go-back/check-release.lambda.ts',
    environment: [
      'LEDGER_TABLE',
      /** Where the contents of images are read, while a package is marked bad. */
      'EVIDENCE_BUCKET',
      'BRANCH',
      'REPOSITORY_NAME',
      'SOURCE_PROVIDER',
      'SOURCE_API_URL',
      'SOURCE_TOKEN_SECRET_ARN',
      /** What pins a revision: `COMMIT_ID`, or `S3_OBJECT_VERSION_ID` of an archive. */
      'REVISION_TYPE',
      /** `revision`, or `built` if what is deployed was built of it. */
      'DEPLOYS',
    ],
  },
  /** State "Scan commit" → looks for secrets in what a commit changes. Only of applications whose configuration wants it. */
  'scan-commit': {
    entry: 'tasks/secret-scan/scan-commit.lambda.ts',
    environment: [
      'LEDGER_TABLE',
      'BRANCH',
      'REPOSITORY_NAME',
      'SOURCE_PROVIDER',
      'SOURCE_API_URL',
      'SOURCE_TOKEN_SECRET_ARN',
    ],
  },
  /** Callback states → starts the external job. */
  'start-job': {
    entry: 'tasks/jobs/start-job.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      'EVIDENCE_BUCKET',
      /** Before this pipeline runs, the leftovers of a failed blue/green are deleted, and Prod points at the promotion's image. */
      'PROD_PIPELINE_NAME',
      'PROD_CODEDEPLOY_APPLICATION',
      'PROD_DEPLOYMENT_GROUP',
      'PROD_IMAGE_PARAMETER',
      /** JSON: names of the alarms that watch deployments to Prod. */
      'WATCHED_ALARMS',
      'INSPECT_IMAGE_FUNCTION',
    ],
  },
  /** Called when an image or a commit was built → signs where it comes from; keeps an image's inventory, and compares Prod's with QAT's. */
  'inspect-image': {
    entry: 'tasks/image-inventory/inspect-image.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      'EVIDENCE_BUCKET',
      'EVIDENCE_KEY_ARN',
      /** How the packages of the Prod image may differ from the QAT image's. */
      'IMAGE_DRIFT',
      /** `off`, or what scans images: `inspector`, `component`. */
      'IMAGE_SCAN',
      /** The bucket to which build instances upload the reports of a component's scanner, or `none`. */
      'SCAN_BUCKET',
      /** JSON: the rules that stop an image. */
      'IMAGE_GATE',
    ],
  },
  /** Both image topics; rules on builds, pipeline runs, instance refreshes and cancelled image builds → completes tasks. */
  'complete-job': {
    entry: 'tasks/jobs/complete-job.lambda.ts',
    environment: ['LEDGER_TABLE', 'EVIDENCE_BUCKET', 'INSPECT_IMAGE_FUNCTION'],
  },
  /** Every 5 minutes → completes tasks whose jobs have ended; follows up open requests; watches subscriptions. */
  'reconcile-jobs': {
    entry: 'tasks/jobs/reconcile-jobs.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      'EVIDENCE_BUCKET',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      'CONFIGURATION_VERSION',
      /** JSON: how many people of each role must approve. */
      'APPROVAL_COUNTS',
      /** JSON: further names of people, and domains whose addresses are compared without dots. */
      'PEOPLE',
      'DOTS_IGNORED_IN',
      /** How often approvers are reminded. */
      'REMINDER_HOURS',
      /** Name of an SSM parameter: who is to get mail, by role, as JSON; compared with the subscriptions of both topics. */
      'MAIL_ADDRESSES_PARAMETER',
      'ALARMS_TOPIC_ARN',
      'INSPECT_IMAGE_FUNCTION',
    ],
  },
  /** "Lock QAT", "Lock Prod" → records the request. Every 5 minutes, and when woken by others → passes the locks on. */
  'acquire-lock': {
    entry: 'tasks/environment-locks/acquire-lock.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      'EVIDENCE_BUCKET',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      /** JSON: when promotions may not begin with an environment. It notes this in the ledger, for all others. */
      'CALENDAR',
      /** `supersede` or `wait`: what a newer promotion does while an older one waits for QC. */
      'WHEN_NEWER',
    ],
  },
  /** "Point … at image". */
  'point-at-image': {
    entry: 'tasks/images/point-at-image.lambda.ts',
    environment: ['LEDGER_TABLE', 'EVIDENCE_BUCKET', 'EVIDENCE_KEY_ARN'],
  },
  /** Custom resource: the SSM parameter that a launch template resolves, with a base image until the first promotion. */
  'image-parameter': {
    entry: 'tasks/images/image-parameter.lambda.ts',
    environment: [],
  },
  /** Custom resource: the ARN of a key of revisions in another region. Only of applications that are deployed in one. */
  'artifact-key': {
    entry: 'tasks/artifacts/artifact-key.lambda.ts',
    environment: [],
  },
  /** "QC approval", "PMO approval", "QC image approval", "PMO image approval" → records the request and mails the role. */
  'request-approval': {
    entry: 'tasks/approvals/request-approval.lambda.ts',
    environment: [
      'LEDGER_TABLE',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      'REPOSITORY_NAME',
      'BRANCH',
      'SOURCE_PROVIDER',
      'SOURCE_API_URL',
      'SOURCE_TOKEN_SECRET_ARN',
      /** JSON: public keys of the signed manifests in archives (SPKI in DER, base64), or `none`. */
      'SOURCE_MANIFEST_KEYS',
      /** Digest of the application's configuration: what is decided upon includes it. */
      'CONFIGURATION_VERSION',
      'APPROVAL_COUNTS',
      /** Where approvers reach the QAT application, or `none`. */
      'QAT_URL',
      'ACQUIRE_LOCK_FUNCTION',
      'WHEN_NEWER',
      /** Whose groups are the roles, or `none` if they are known only after a sign-in at the company's provider. */
      'USER_POOL_ID',
      'MAKERS_MAY_DECIDE',
      'DEVELOPERS',
      /** Where the contents of images are kept. */
      'EVIDENCE_BUCKET',
      /** JSON: further names of people, and domains in whose addresses dots do not count. */
      'PEOPLE',
      'DOTS_IGNORED_IN',
    ],
  },
  /** "Confirm approvers", "Confirm image approvers". */
  'confirm-approvers': {
    entry: 'tasks/approvals/confirm-approvers.lambda.ts',
    environment: [
      'LEDGER_TABLE',
      /** JSON: how many people of each role must have approved. */
      'APPROVAL_COUNTS',
      /** `yes` if the makers of the application's changes may decide about them. */
      'MAKERS_MAY_DECIDE',
    ],
  },
  /** First action of each pipeline's Deploy stage. */
  'guard-pipeline': {
    entry: 'tasks/guard/guard-pipeline.lambda.ts',
    environment: ['LEDGER_TABLE', 'STARTER_ROLE_ARN', 'EVIDENCE_BUCKET', 'EVIDENCE_KEY_ARN'],
  },
  /** Custom resource: Prod's first Auto Scaling group and its CodeDeploy deployment group. */
  'prod-fleet-on-event': {
    entry: 'tasks/prod-fleet/on-event.lambda.ts',
    environment: [],
  },
  'prod-fleet-is-complete': {
    entry: 'tasks/prod-fleet/is-complete.lambda.ts',
    environment: [],
  },
  /** "Verify Prod". */
  'verify-prod': {
    entry: 'tasks/prod-fleet/verify-prod.lambda.ts',
    environment: [
      'LEDGER_TABLE',
      'PROD_PIPELINE_NAME',
      'PROD_CODEDEPLOY_APPLICATION',
      'PROD_DEPLOYMENT_GROUP',
      'PROD_TARGET_GROUP_ARN',
      'PROD_MIN_SIZE',
      'PROD_MAX_SIZE',
      'WATCHED_ALARMS',
      'EVIDENCE_BUCKET',
      'EVIDENCE_KEY_ARN',
    ],
  },
  /** Rule on executions that did not succeed, and every 5 minutes → restores Prod after a failed deployment. */
  'restore-prod': {
    entry: 'tasks/prod-fleet/restore-prod.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      'PROD_CODEDEPLOY_APPLICATION',
      'PROD_DEPLOYMENT_GROUP',
      'PROD_TARGET_GROUP_ARN',
      'PROD_IMAGE_PARAMETER',
      'WATCHED_ALARMS',
      'ACQUIRE_LOCK_FUNCTION',
    ],
  },
  /** Every 5 minutes, and after each promotion → records what both environments run, and mails operators about drift. */
  'look-at-instances': {
    entry: 'tasks/drift/look-at-instances.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      'PROMOTIONS_TOPIC_ARN',
      'SITE_URL',
      'QAT_AUTO_SCALING_GROUP',
      'QAT_CODEDEPLOY_APPLICATION',
      'QAT_DEPLOYMENT_GROUP',
      'PROD_CODEDEPLOY_APPLICATION',
      'PROD_DEPLOYMENT_GROUP',
      'PROD_TARGET_GROUP_ARN',
      /** JSON: names of the alarms about Prod. */
      'PROD_ALARMS',
      /** `off`, or what scans images. */
      'IMAGE_SCAN',
      'EVIDENCE_BUCKET',
    ],
  },
  /** The site and the command line → says how a soak stands, sends traffic back or ends it. */
  'soak-prod': {
    entry: 'tasks/soak/soak-prod.lambda.ts',
    environment: ['APPLICATION', 'LEDGER_TABLE'],
  },
  /** Once a day, and after each promotion → deletes images and revisions that nothing needs. */
  'delete-unused-images': {
    entry: 'tasks/keeping/delete-unused-images.lambda.ts',
    environment: [
      'APPLICATION',
      'LEDGER_TABLE',
      /** How many releases people may go back to. */
      'KEEP_RELEASES',
      /** For how many days after its build an image may be used again; 0 if none ever is. */
      'REUSE_DAYS',
      /** JSON: the buckets that pipelines keep revisions in, each with its region. */
      'REVISION_BUCKETS',
      'QAT_IMAGE_PIPELINE_ARN',
      'QAT_IMAGE_PARAMETER',
      'QAT_CODEDEPLOY_APPLICATION',
      'QAT_DEPLOYMENT_GROUP',
      'PROD_IMAGE_PIPELINE_ARN',
      'PROD_IMAGE_PARAMETER',
      'PROD_CODEDEPLOY_APPLICATION',
      'PROD_DEPLOYMENT_GROUP',
    ],
  },
  /** Stream of the ledger's table → puts each change of a promotion on Lockstep's event bus. Platform stack. */
  'publish-events': {
    entry: 'tasks/events/publish-events.lambda.ts',
    environment: ['LEDGER_TABLE', 'SITE_URL', 'EVENT_BUS_NAME'],
  },
  /** Queue of events to tell → webhooks, Slack, Teams, Amazon Q. Platform stack, if the configuration has notifications. */
  'send-notification': {
    entry: 'tasks/notifications/send-notification.lambda.ts',
    environment: [
      /** Queue for what cannot be delivered. */
      'DEAD_LETTERS_URL',
    ],
  },
  /** The approvals site behind the HTTP API. Platform stack. */
  'approvals-site': {
    entry: 'approvals-ui/site.lambda.ts',
    environment: [
      'LEDGER_TABLE',
      'EVIDENCE_BUCKET',
      'SITE_URL',
      'OIDC_ISSUER',
      'OIDC_CLIENT_ID',
      'USER_POOL_ID',
      /** JSON: the company's identity providers, with the roles of their groups. */
      'SIGN_IN_PROVIDERS',
      'PROMOTIONS_TOPIC_ARN',
      /** JSON: names of the applications whose changes' makers may decide about them. */
      'MAKERS_MAY_DECIDE',
      /** JSON: names of the applications that go back with PMO's approval alone. */
      'GO_BACK_BY_ONE',
      /** After this a decision needs another sign-in. */
      'FRESH_SIGN_IN_MINUTES',
      /** JSON: digest of each application's configuration. */
      'CONFIGURATION_VERSIONS',
    ],
  },
} as const satisfies Record<string, { entry: string; environment: readonly string[] }>;

/** Name of a deployed function. */
export type FunctionName = keyof typeof functions;

/** The environment variables of a function. */
export type FunctionEnvironment<Name extends FunctionName> = Record<
  (typeof functions)[Name]['environment'][number],
  string
>;

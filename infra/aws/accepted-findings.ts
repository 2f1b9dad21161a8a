/** A finding of a scanner that stays as it is, by its name. */
export interface AcceptedFinding {
  /** What cdk-nag (AwsSolutions, NIST.800.53.R5), checkov (CKV) and cfn-lint (W) call it. */
  readonly rules: readonly string[];
  /** Paths of constructs below their stack, without `/Resource` at the end; `*` stands for any text. */
  readonly resources: readonly string[];
  /** For auditors. */
  readonly reason: string;
}

/** Functions: ours, and the framework's of CDK's custom resources. */
const FUNCTIONS = ['*/Function', '*/Provider/framework-*'];
/** Functions that no event invokes, and that therefore have no dead letters. */
const INVOKED_BY_CALLERS = [
  'Approvals/Site/Function',
  'ArtifactKeys/*',
  'ImageParameters/*',
  'Prod/Fleet/*',
  ...[
    'CheckRelease',
    'ConfirmApprovers',
    'InspectImage',
    'PointAtImage',
    'RequestApproval',
    'ScanCommit',
    'SoakProd',
    'StartJob',
    'VerifyProd',
  ].map((name) => `Functions/${name}/Function`),
];

/**
 * Every finding that is not fixed. A test runs the scanners over the templates of cdk.json and of all examples, and fails for a
 * finding that is not here and for a line that no finding needs any more (D-120).
 */
export const acceptedFindings: readonly AcceptedFinding[] = [
  // Permissions
  {
    rules: ['AwsSolutions-IAM5'],
    resources: ['*/Role/DefaultPolicy', '*/ServiceRole/DefaultPolicy', '*CodeDeployRole/DefaultPolicy'],
    reason:
      'Each ARN with a star is accepted by itself beside the permission, by acknowledgeWildcards or allowWithWildcard with the reason: AWS authorizes the action on no resource, or what it names is made later.',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    resources: ['Deployments/DefaultPolicy', 'Distribution/DefaultPolicy', 'Reach/*/DefaultPolicy'],
    reason: "The same, for roles of an environment's own account.",
  },
  {
    rules: ['AwsSolutions-IAM5'],
    resources: ['People/Operators', 'People/Viewers', 'Viewers'],
    reason: 'The same, for policies of people: pages of the console list what has no resource.',
  },
  {
    rules: ['AwsSolutions-IAM4'],
    resources: [
      'Distribution',
      'ImageBuilds/Role',
      'Prod/CodeDeployRole',
      'Prod/Instance/Role',
      'Qat/CodeDeployRole',
      'Qat/Instance/Role',
    ],
    reason:
      'AWS demands or changes these policies together with its agents and services; each is accepted by name with acknowledgeManagedPolicy beside the role.',
  },
  {
    rules: ['NIST.800.53.R5-IAMNoInlinePolicy'],
    resources: ['*/DefaultPolicy'],
    reason:
      'The policy belongs to one role and goes with it; a managed policy could be attached to other roles, and be changed or detached without the role.',
  },
  {
    rules: ['CKV_AWS_111'],
    resources: ['Prod/Fleet/Provider/waiter-state-machine/Role/DefaultPolicy'],
    reason: 'AWS authorizes the delivery of logs of state machines on no particular resource.',
  },
  {
    rules: ['CKV_AWS_33'],
    resources: ['Key', 'ImageKey'],
    reason:
      'The statements for everybody have a condition on the ARN of a service-linked role: a policy that names the role itself could not be created before the role (T16).',
  },

  // Functions
  {
    rules: ['NIST.800.53.R5-LambdaInsideVPC', 'CKV_AWS_117'],
    resources: FUNCTIONS,
    reason:
      "They call APIs of AWS alone (and GitHub's, webhooks and chats, if configured), with permissions for each. In a VPC they would need its endpoints or gateway, and promotions would depend on the network that they deploy to.",
  },
  {
    rules: ['NIST.800.53.R5-LambdaConcurrency', 'CKV_AWS_115'],
    resources: FUNCTIONS,
    reason:
      "A reserved concurrency takes its part out of the account's quota, which is 10 in a new account; AWS rejects a reservation that leaves too little. Locks and conditional writes order what runs at the same time.",
  },
  {
    rules: ['NIST.800.53.R5-LambdaDLQ', 'CKV_AWS_116'],
    resources: INVOKED_BY_CALLERS,
    reason:
      'A state machine, a pipeline, CloudFormation or the API waits for the answer and gets the error. Lambda uses a dead-letter queue for asynchronous invocations only, and each function that events invoke has one.',
  },
  {
    rules: ['CKV_AWS_173'],
    resources: FUNCTIONS,
    reason:
      'The variables are names and ARNs, no secrets, and Lambda encrypts them with a key of its own. A customer key would let a mistake in its policy stop every function.',
  },
  {
    rules: ['CKV_AWS_45'],
    resources: [
      'Keeping/DeleteUnusedImages/Function',
      'Look/LookAtInstances/Function',
      ...[
        'CheckRelease',
        'CompleteJob',
        'PointAtImage',
        'ReconcileJobs',
        'RestoreProd',
        'SoakProd',
        'StartJob',
        'VerifyProd',
      ].map((name) => `Functions/${name}/Function`),
    ],
    reason:
      'The text that looks like a secret is the name that CDK generates for a role of the other account.',
  },
  {
    rules: ['W3005'],
    resources: [...FUNCTIONS, 'Prod/Fleet/Provider/waiter-state-machine', 'Promotion/StateMachine'],
    reason:
      "CDK makes each function and state machine wait for its role and for the role's policy. It names the role anyway, so that the first half is redundant, and harmless.",
  },
  {
    rules: ['AwsSolutions-SF2'],
    resources: ['Prod/Fleet/Provider/waiter-state-machine'],
    reason:
      'It runs only while CloudFormation changes the stack, and does nothing but ask one function whether the resource is complete; its log holds every step.',
  },

  // Data
  {
    rules: ['NIST.800.53.R5-CloudWatchLogGroupEncrypted', 'CKV_AWS_158'],
    resources: ['*Logs', '*/Log'],
    reason:
      'CloudWatch Logs encrypts every log group with a key of its own, and IAM says who reads it. A customer key in each account and region adds $1 a month, and a mistake in its policy stops logging.',
  },
  {
    rules: ['CKV_AWS_27'],
    resources: [
      'Events/Publish/DeadLetters',
      'Functions/*/DeadLetters',
      'Functions/Retries/Queue',
      'Keeping/*/DeadLetters',
      'Look/*/DeadLetters',
      'Notifications/DeadLetters',
      'Notifications/Queue',
    ],
    reason: 'SQS encrypts them with keys of its own (SqsManagedSseEnabled); the rule knows KMS keys only.',
  },
  {
    rules: ['CKV_AWS_119'],
    resources: ['Ledger/Table'],
    reason:
      "It is encrypted with the account's KMS key for DynamoDB (aws/dynamodb), and IAM alone says who reads it. What must be provable later is also signed with a customer key and locked in the evidence bucket.",
  },
  {
    rules: ['NIST.800.53.R5-DynamoDBInBackupPlan'],
    resources: ['Ledger/Table'],
    reason:
      'Point-in-time recovery covers 35 days, the table has deletion protection, and records of promotions are locked in the evidence bucket. A plan of AWS Backup is a matter of the whole account: choose the table by its ARN.',
  },
  {
    rules: ['NIST.800.53.R5-S3BucketReplicationEnabled'],
    resources: ['AccessLogs', 'Artifacts', 'Evidence/Bucket', 'SourceBucket', 'Trail/Bucket'],
    reason:
      'S3 keeps each object in several zones. A copy in another region is a decision about where data may be and needs a bucket there; revisions and logs are not worth one, and evidence can be exported (npm run lockstep -- evidence).',
  },
  {
    rules: ['NIST.800.53.R5-S3BucketVersioningEnabled', 'CKV_AWS_21'],
    resources: ['AccessLogs'],
    reason:
      'Each object has a name of its own, by its time, is written once and expires: there are no versions to keep.',
  },
  {
    rules: ['NIST.800.53.R5-S3DefaultEncryptionKMS'],
    resources: ['AccessLogs'],
    reason: 'Load balancers deliver logs only to buckets that S3 encrypts with keys of its own.',
  },
  {
    rules: ['AwsSolutions-S1', 'NIST.800.53.R5-S3BucketLoggingEnabled', 'CKV_AWS_18'],
    resources: ['AccessLogs'],
    reason: 'It takes logs of access itself: those of requests to it would never end.',
  },

  {
    rules: ['NIST.800.53.R5-CloudTrailCloudWatchLogsEnabled'],
    resources: ['Trail'],
    reason:
      'The trail is there to look things up in, and its bucket is searched for that. What must call somebody at once has alarms of its own; a second copy in CloudWatch Logs would cost more than the trail.',
  },

  // Network
  {
    rules: ['AwsSolutions-EC23'],
    resources: ['Prod/LoadBalancer/Balancer/SecurityGroup'],
    reason: "It is the application's public entrance; the instances admit it alone.",
  },
  {
    rules: ['CKV_AWS_260'],
    resources: ['Prod/LoadBalancer/Balancer/SecurityGroup'],
    reason: 'The same; with https, port 80 only redirects.',
  },
  {
    rules: [
      'NIST.800.53.R5-ALBHttpToHttpsRedirection',
      'NIST.800.53.R5-ELBv2ACMCertificateRequired',
      'CKV_AWS_2',
      'CKV_AWS_103',
    ],
    resources: ['Prod/LoadBalancer/Listener'],
    reason:
      'A certificate needs a domain name, which only the configuration can give: with https (examples/https.json), the listener redirects, and another one serves TLS 1.2 or newer. Configure it for every real application.',
  },
  {
    rules: ['NIST.800.53.R5-ALBWAFEnabled'],
    resources: ['Prod/LoadBalancer/Balancer'],
    reason:
      'Which requests are harmful depends on the application, and a web ACL costs $5 a month and more for each rule: associate one with the load balancer where it is wanted.',
  },
  {
    rules: ['NIST.800.53.R5-ELBDeletionProtectionEnabled'],
    resources: ['Prod/LoadBalancer/Balancer'],
    reason:
      'Only the stack deletes it, together with the application. With protection, cdk destroy would fail half-way; protect the stack instead (termination protection).',
  },
  {
    rules: [
      'AwsSolutions-EC23',
      'NIST.800.53.R5-EC2RestrictedCommonPorts',
      'NIST.800.53.R5-EC2RestrictedSSH',
    ],
    resources: ['Network/*Endpoint/SecurityGroup'],
    reason:
      "It lets in port 443 from the VPC's own range alone, which the rules cannot read because the template refers to the VPC for it.",
  },
  {
    rules: ['NIST.800.53.R5-VPCDefaultSecurityGroupClosed'],
    resources: ['Network'],
    reason:
      'Nothing is in the default security group, and it admits its own members alone. Only a custom resource with permission to change security groups could close it.',
  },
  {
    rules: ['NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW'],
    resources: ['Network/PublicSubnet*/DefaultRoute'],
    reason:
      'Only the load balancer and the NAT gateway are in public subnets; both need the internet. Instances are in private subnets.',
  },
  {
    rules: ['AwsSolutions-APIG4'],
    resources: ['Approvals/Route'],
    reason:
      'The site signs people in itself (OpenID Connect with PKCE) and checks the session on every route but sign-in; browsers send no bearer token that an authorizer of the API could check.',
  },

  // Operations
  {
    rules: ['AwsSolutions-AS3'],
    resources: ['Qat/Group'],
    reason:
      'It scales never: instance refreshes of promotions alone replace its one instance, and how each ends is in the promotion and, if it failed, in the mail to operators.',
  },
];

/** The path of a construct as `resources` has it. @param path from the app */
export const pathBelowStack = (path: string): string =>
  path.replace(/^[^/]+\//, '').replace(/\/Resource$/, '');

const matches = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(path);

/** The pattern that accepts a rule's finding on a construct, if one does. @param path from the app */
export const acceptingPattern = (
  { rules, resources }: AcceptedFinding,
  rule: string,
  path: string,
): string | undefined =>
  rules.includes(rule) ? resources.find((pattern) => matches(pattern, pathBelowStack(path))) : undefined;

import type { Grant, Principal } from './principals.ts';

/** A way to Prod, or around the people who decide, that an action opens. */
export interface Way {
  readonly title: string;
  readonly isOpenedBy: (grant: Grant) => boolean;
  /** What stops each kind of principal that has the action, with the test that shows it; or why it is trusted. */
  readonly stoppedBy: Partial<Readonly<Record<Principal['kind'], string>>>;
}

const test = (text: string, file: string): string => `${text} ([test](../test/${file}))`;

const OWN_CODE = 'Trusted: its code is the rule';

const on =
  (actions: readonly string[], resource = /./) =>
  (grant: Grant): boolean =>
    actions.some((action) => action.toLowerCase() === grant.action.toLowerCase()) &&
    resource.test(grant.resource);

/** In the order of a promotion. */
export const ways: readonly Way[] = [
  {
    title: 'Start a promotion of any commit',
    isOpenedBy: on(['states:StartExecution'], /stateMachine:lockstep-/),
    stoppedBy: {
      function: test(
        'Nobody is asked about an execution that neither a push nor an operator who goes back started, and its jobs need the ledger',
        'tasks/approvals/confirm-push.test.ts',
      ),
    },
  },
  {
    title: 'Hand start-promotion a made-up push',
    isOpenedBy: on(['sqs:SendMessage'], /Retr/),
    stoppedBy: {
      people: test(
        "The commit must be on the branch, and the provider's record must have the push before anybody is asked",
        'scenarios/pushes.test.ts',
      ),
    },
  },
  {
    title: 'Complete an approval in place of an approver',
    isOpenedBy: on(['states:SendTaskSuccess']),
    stoppedBy: {
      function: test(
        '"Confirm approvers" reads the recorded decisions again before Prod',
        'scenarios/promotion.test.ts',
      ),
    },
  },
  {
    title: 'Write a decision into the ledger',
    isOpenedBy: on(
      ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'],
      /Ledger/,
    ),
    stoppedBy: {
      function: test(
        `${OWN_CODE}. IAM limits it to items of its own application; the approvals site writes for all`,
        'infra/aws/permissions.test.ts',
      ),
    },
  },
  {
    title: 'Invoke a function with any input',
    isOpenedBy: on(['lambda:InvokeFunction']),
    stoppedBy: {
      'state machine': 'Trusted: its definition says with what. Only a deployment changes it',
      pipeline: test(
        'Only the guard, which asks CodePipeline about the run',
        'tasks/guard/guard-pipeline.test.ts',
      ),
      function: test(
        'Only `acquire-lock`, which takes nothing from its caller for granted: it reads executions and decisions; the approvals site also `soak-prod`, which tells of a soak, ends it or sends its traffic back, and records for whom',
        'tasks/environment-locks/advance-lock.test.ts',
      ),
      deployment: 'Only the custom resources of the same stack, during a deployment',
      service: test(
        'Only what checks again every five minutes, with no input but the time; EventBridge Scheduler alone may take on the role',
        'infra/aws/permissions.test.ts',
      ),
    },
  },
  {
    title: 'Deploy to Prod without the alarms that take a deployment back',
    isOpenedBy: on(['codedeploy:UpdateDeploymentGroup']),
    stoppedBy: {
      function: test(
        `${OWN_CODE}: only alarms that are on, only for a go-back or what an operator asked for, which is recorded first; all watch again afterwards`,
        'tasks/prod-fleet/watched-alarms.test.ts',
      ),
      deployment: 'Only what the configuration says (`rollback`), by a deployment of the stack',
    },
  },
  {
    title: 'Point Prod at another image',
    isOpenedBy: on(['ssm:PutParameter'], /prod\/image/),
    stoppedBy: {
      function: test(`${OWN_CODE}: it needs the Prod lock`, 'tasks/images/point-at-image.test.ts'),
      deployment: 'Only when the stack is made, before anything runs',
    },
  },
  {
    title: 'Start the Prod pipeline',
    isOpenedBy: on(['codepipeline:StartPipelineExecution'], /-prod$/),
    stoppedBy: {
      function: test(
        'The guard lets only a run through that an approved promotion waits for, with its commit',
        'scenarios/guard.test.ts',
      ),
    },
  },
  {
    title: 'Pass the guard',
    isOpenedBy: on(['codepipeline:PutJobSuccessResult']),
    stoppedBy: { function: test(OWN_CODE, 'tasks/guard/guard-pipeline.test.ts') },
  },
  {
    title: 'Replace the revision between source and deployment',
    isOpenedBy: on(['s3:PutObject'], /Artifacts[^/]*\/\*$/),
    stoppedBy: { pipeline: 'Trusted: only CodePipeline may use the role, and only for this pipeline' },
  },
  {
    title: 'Deploy to Prod directly',
    isOpenedBy: on(['codedeploy:CreateDeployment'], /\/prod$/),
    stoppedBy: { pipeline: test('Its first action is the guard', 'scenarios/guard.test.ts') },
  },
  {
    title: "Change what Prod's fleet is made of",
    isOpenedBy: on(
      ['autoscaling:UpdateAutoScalingGroup', 'autoscaling:CreateAutoScalingGroup', 'ec2:RunInstances'],
      /./,
    ),
    stoppedBy: {
      function: test(
        `${OWN_CODE}: sizes and target group, of groups with the fleet's tag`,
        'tasks/prod-fleet/verify-prod.test.ts',
      ),
      service: 'Trusted: CodeDeploy copies the group that serves, and only it may use the role',
      deployment: 'Only during a deployment of the stack, to groups with the fleet’s tag',
    },
  },
  {
    title: 'Redrive a promotion',
    isOpenedBy: on(['states:RedriveExecution']),
    stoppedBy: {
      people: test(
        'It resumes at the failed state: what approvers decided stays as it is',
        'scenarios/redrive.test.ts',
      ),
      function: test(
        'It resumes at the failed state: what approvers decided stays as it is',
        'scenarios/redrive.test.ts',
      ),
    },
  },
  {
    title: 'Sign a false record',
    isOpenedBy: on(['kms:Sign']),
    stoppedBy: {
      function: test(
        `${OWN_CODE}. Earlier seals are locked, and \`verify\` compares`,
        'cli/evidence.test.ts',
      ),
    },
  },
];

/** Who can do more than the templates show, and must be trusted: `[who, how, why there is no rule]`. */
export const trusted: readonly (readonly [string, string, string])[] = [
  [
    'who deploys the stacks, administrators of IAM and of the account',
    'change functions, the state machine, roles, the user pool',
    'Trusted. CloudTrail records it, and the evidence bucket keeps what was sealed before. Give deployments to a pipeline that two people must approve.',
  ],
  [
    "administrators of the user pool or of the company's provider",
    'give one person two accounts, or a role',
    'Trusted. Two approvers must still differ by account and by verified address.',
  ],
  [
    'who pushes to the branch',
    'start a promotion',
    "Is a maker by the provider's record, and does not decide ([test](../test/scenarios/approvals.test.ts)).",
  ],
  [
    'owners of the repository at GitHub or GitLab',
    'rewrite history, rename accounts',
    'Trusted for who a login is. What Prod lacks is read from the commit that is promoted.',
  ],
  [
    "who holds the private key of archives' manifests",
    'name other commits, builders and pushers',
    'Trusted. Without the key, an archive with other files or another manifest is not asked about ([test](../test/tasks/source/signed-archive.test.ts)).',
  ],
  [
    "AWS's services",
    'act with the roles that they assume',
    'Trusted. Each role names the service, the account and, where AWS says it, the resource.',
  ],
];

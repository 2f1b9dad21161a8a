/** Actions that are granted to a role although a promotion with a failure and a redrive may not need them. */
export interface UnusedGrant {
  /** The role's logical id, which is part of its name; several roles may share a reason. */
  readonly role: RegExp;
  readonly actions: readonly string[];
  /** When they are needed. */
  readonly reason: string;
}

const functionRoles =
  /ApprovalsSiteRole|EventsPublishRole|NotificationsSendRole|Functions\w+Role|KeepingDeleteUnusedImagesRole|LookLookAtInstancesRole|ImageParametersCreatorRole|ProdFleet(OnEvent|IsComplete)Role/;
const askingAboutJobs = [
  'autoscaling:DescribeInstanceRefreshes',
  'autoscaling:DescribeScalingActivities',
  'codedeploy:BatchGetDeploymentTargets',
  'codedeploy:GetDeployment',
  'codedeploy:ListDeploymentTargets',
  'codepipeline:GetPipelineExecution',
  'codepipeline:ListActionExecutions',
  'imagebuilder:GetImage',
  'lambda:InvokeFunction',
];
const tellingOutcomes = [
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'states:SendTaskFailure',
  'states:SendTaskSuccess',
];
const deliveringLogs = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];

/** Each action that may be left over, with its reason; anything else that is granted and not used is too much. */
export const unusedGrants: readonly UnusedGrant[] = [
  {
    role: functionRoles,
    actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    reason: 'Lambda sends traces by itself; on one machine there is no X-Ray to take them.',
  },
  {
    role: /Functions(AcquireLock|CompleteJob|Guard|ReconcileJobs|RestoreProd|StartPromotion|TrackPromotion)Role/,
    actions: ['sqs:SendMessage'],
    reason: 'An event that failed three times goes to the dead-letter queue; none did.',
  },
  {
    role: /FunctionsRestoreProdRole/,
    actions: ['codedeploy:ContinueDeployment', 'codedeploy:GetDeployment'],
    reason: 'It continues a rollback of CodeDeploy that waits before traffic moves; none did.',
  },
  {
    role: /FunctionsStartPromotionRole/,
    actions: ['dynamodb:GetItem', 'kms:Decrypt', 'kms:GenerateDataKey', 'sns:Publish'],
    reason:
      'It mails operators and makers that a pushed commit is marked bad, unless it has begun; none was.',
  },
  {
    role: /ApprovalsSiteRole/,
    actions: ['states:SendTaskFailure'],
    reason: 'It ends waiting promotions whose commit somebody marks bad; nobody did.',
  },
  {
    role: /ApprovalsSiteRole/,
    actions: ['kms:Decrypt', 's3:GetObject'],
    reason:
      'It reads what is in images to say where a package is live; test/scenarios/image-inventory.test.ts asks.',
  },
  {
    role: /EventsPublishRole/,
    actions: ['dynamodb:ListStreams', 'dynamodb:Query', 'sqs:SendMessage'],
    reason:
      "Lambda's guide asks for ListStreams beside what reads the stream. An administrator may have a record published again; nothing was given up.",
  },
  {
    role: /(Qat|Prod)InstanceRole/,
    actions: ['s3:GetObject'],
    reason:
      "The bucket has versions, and the local run's CodePipeline names one to CodeDeploy; the agent's own bucket is AWS's.",
  },
  {
    role: /KeepingDeleteUnusedImagesRole/,
    actions: [
      'ec2:DeleteSnapshot',
      'ec2:DeregisterImage',
      'imagebuilder:DeleteImage',
      's3:DeleteObjectVersion',
      'sqs:SendMessage',
    ],
    reason:
      'What is younger than a day is kept, and everything was; test/scenarios/keeping.test.ts deletes. No event failed three times.',
  },
  {
    role: /LookLookAtInstancesRole/,
    actions: ['dynamodb:Query', 'kms:Decrypt', 'kms:GenerateDataKey', 'sns:Publish', 'sqs:SendMessage'],
    reason: 'Operators are mailed about drift, and there was none; test/scenarios/drift.test.ts makes some.',
  },
  {
    role: /FunctionsStartPromotionRole/,
    actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    reason: 'Operators hand dead letters back through its retry queue; there were none.',
  },
  {
    role: /ApprovalsSiteRole/,
    actions: [
      'states:StartExecution',
      'states:StopExecution',
      'dynamodb:UpdateItem',
      'cognito-idp:AdminGetUser',
    ],
    reason:
      'Nobody went back to a release, stopped a promotion, repeated a denied attempt, or handed a role to a substitute.',
  },
  {
    role: /FunctionsSoakProdRole|ApprovalsSiteRole/,
    actions: [
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'cloudwatch:DescribeAlarms',
      'codedeploy:BatchGetDeploymentTargets',
      'codedeploy:ContinueDeployment',
      'codedeploy:GetDeployment',
      'codedeploy:GetDeploymentGroup',
      'codedeploy:ListDeploymentTargets',
      'codedeploy:StopDeployment',
      'codepipeline:ListActionExecutions',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ],
    reason: 'Nobody opened the page of a promotion that soaked, ended its soak or sent traffic back.',
  },
  {
    role: /Functions(AcquireLock|CheckRelease|CompleteJob|ReconcileJobs|StartJob|TrackPromotion)Role/,
    actions: ['kms:Decrypt', 's3:GetObject'],
    reason:
      'They read what is in images while a package is marked bad; test/scenarios/bad-contents.test.ts marks one.',
  },
  {
    role: /Functions(CompleteJob|ReconcileJobs|StartJob)Role/,
    actions: ['codedeploy:ContinueDeployment', 'ec2:DescribeInstances'],
    reason: 'The first of them that sees a deployment wait lets traffic move.',
  },
  {
    role: /Functions(StartJob|VerifyProd|RestoreProd)Role/,
    actions: ['codedeploy:UpdateDeploymentGroup'],
    reason: 'No alarm was on before a deployment, so none was left out, or watched again.',
  },
  {
    role: /Functions(CompleteJob|ReconcileJobs|StartJob)Role/,
    actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'],
    reason: 'No alarm stopped a deployment.',
  },
  {
    role: /FunctionsCheckReleaseRole/,
    actions: [
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'ec2:DescribeImages',
      'codecommit:BatchGetCommits',
      'dynamodb:GetItem',
      'dynamodb:Query',
    ],
    reason: 'Nobody went back to a release.',
  },
  {
    role: /FunctionsAcquireLockRole/,
    actions: ['states:SendTaskFailure', 'sns:Publish', 'kms:Decrypt', 'kms:GenerateDataKey'],
    reason: 'A newer promotion that comes while an older one waits has it told, and those who were asked.',
  },
  {
    role: /Functions(PointAtImage|VerifyProd)Role/,
    actions: ['dynamodb:PutItem', 'dynamodb:Query'],
    reason: 'Redriven at this state, the promotion takes its turn again, if Prod runs nothing newer.',
  },
  {
    role: /FunctionsStartJobRole/,
    actions: [...askingAboutJobs, ...tellingOutcomes],
    reason:
      'A job may have ended by the time at which it has been started and recorded: start-job looks at it once.',
  },
  {
    role: /Functions(CompleteJob|ReconcileJobs|StartJob)Role/,
    actions: [
      'autoscaling:CancelInstanceRefresh',
      'autoscaling:DescribeScalingActivities',
      'codedeploy:StopDeployment',
    ],
    reason: 'A refresh or deployment whose instances cannot be started is given up (T57); here they could.',
  },
  {
    role: /SchedulesRole/,
    actions: ['sqs:SendMessage'],
    reason: 'What cannot be handed to a function goes to its dead-letter queue; all could.',
  },
  {
    role: /FunctionsStartJobRole/,
    actions: ['autoscaling:DeleteAutoScalingGroup'],
    reason: 'A failed blue/green may leave a group behind, which goes before the next one starts (T10).',
  },
  {
    role: /FunctionsReconcileJobsRole/,
    actions: ['states:DescribeExecution'],
    reason:
      'An approval that is open when the reconciler comes is withdrawn if its execution has ended; none was open then.',
  },
  {
    role: /FunctionsReconcileJobsRole/,
    actions: [...askingAboutJobs, ...tellingOutcomes],
    reason: 'It completes what was not told (T38); here every event arrived.',
  },
  {
    role: /FunctionsReconcileJobsRole/,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'sns:Publish'],
    reason: 'Operators are told of an approval that waits for half of its time.',
  },
  {
    role: /FunctionsCompleteJobRole/,
    actions: [...askingAboutJobs, ...tellingOutcomes],
    reason: 'Of a job that start-job or reconcile-jobs has settled first, nothing is left to ask or tell.',
  },
  {
    role: /FunctionsTrackPromotionRole/,
    actions: ['dynamodb:PutItem'],
    reason: 'An execution that somebody started by hand is recorded when its first status arrives.',
  },
  {
    role: /FunctionsGuardRole/,
    actions: ['codepipeline:PutJobFailureResult'],
    reason: 'It denies runs that belong to no promotion (T20); every run here did.',
  },
  {
    role: /FunctionsGuardRole/,
    actions: ['dynamodb:PutItem'],
    reason: 'It notes the run of a start that did not come to note it; here every start did.',
  },
  {
    role: /FunctionsVerifyProdRole/,
    actions: ['autoscaling:AttachLoadBalancerTargetGroups', 'autoscaling:UpdateAutoScalingGroup'],
    reason: 'It repairs what CodeDeploy has not copied into the green group (T05); here nothing was missing.',
  },
  {
    role: /ImageParametersCreatorRole/,
    actions: ['ssm:DeleteParameter'],
    reason: 'The parameters go with the stack.',
  },
  {
    role: /ProdFleetIsCompleteRole/,
    actions: [
      'autoscaling:AttachLoadBalancerTargetGroups',
      'autoscaling:CreateAutoScalingGroup',
      'autoscaling:DeleteAutoScalingGroup',
      'autoscaling:DetachLoadBalancerTargetGroups',
      'autoscaling:UpdateAutoScalingGroup',
      'codedeploy:CreateDeploymentGroup',
      'codedeploy:DeleteDeploymentGroup',
      'codedeploy:StopDeployment',
      'codedeploy:UpdateDeploymentGroup',
      'ec2:CreateTags',
      'ec2:RunInstances',
      'iam:CreateServiceLinkedRole',
      'iam:PassRole',
      'ssm:GetParameters',
    ],
    reason: 'It takes whichever step is due: create, update or delete. The stack was created only (T04).',
  },
  {
    role: /ProdFleetIsCompleteRole/,
    actions: ['autoscaling:DescribeScalingActivities'],
    reason:
      'It asks why the first instances do not come (T57); these may come before it looks for the first time.',
  },
  {
    role: /ProdFleetIsCompleteRole/,
    actions: ['autoscaling:CreateOrUpdateTags'],
    reason:
      'AWS asks for it when a group is created with tags; the emulated Auto Scaling asks for the creation alone.',
  },
  {
    role: /(Qat|Prod)PipelineRole/,
    actions: [
      'codecommit:CancelUploadArchive',
      'codedeploy:GetApplication',
      'codedeploy:GetDeploymentConfig',
      'kms:Decrypt',
      'kms:DescribeKey',
      'lambda:ListFunctions',
      's3:GetBucketAcl',
      's3:GetBucketLocation',
      's3:GetBucketVersioning',
      's3:GetObject',
      's3:GetObjectVersion',
    ],
    reason:
      "CodePipeline's guide demands them of the role for its CodeCommit and CodeDeploy actions and its artifacts; the emulated pipeline hands artifacts over without reading them again.",
  },
  {
    role: /ImageBuildsRole/,
    actions: ['kms:Decrypt'],
    reason: 'S3 asks for it when a large log is uploaded in parts under a key.',
  },
  {
    role: /PromotionRole/,
    actions: [
      ...deliveringLogs,
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
    reason: 'Step Functions delivers logs and traces by itself; on one machine they stay in the journal.',
  },
  {
    role: /Provider(framework|waiter)/,
    actions: [
      ...deliveringLogs,
      'lambda:GetFunction',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'states:StartExecution',
    ],
    reason:
      "CDK's Provider framework answers to CloudFormation's HTTPS address only; the local run plays its part and invokes the handlers itself.",
  },
];

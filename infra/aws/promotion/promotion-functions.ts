import { Duration, Stack } from 'aws-cdk-lib';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { type FunctionName, NONE } from '../../../tasks/functions.ts';
import { soakFunctionName } from '../../../tasks/soak/soak-request.ts';
import { type ApprovalsConfig, gateOf, mailAddresses } from '../../config.ts';
import type { Revisions } from '../environments/revisions.ts';
import { EXECUTIONS_REASON, LockstepFunction } from '../lockstep-function.ts';
import {
  deploymentGroupName,
  executionArns,
  imageParameterArn,
  imageParameterName,
  mailAddressesParameterName,
  pipelineArns,
  pipelineName,
  stateMachineArn,
} from '../names.ts';
import type { AlarmsTopic } from '../operations/alarms-topic.ts';
import type { Evidence } from '../platform/evidence.ts';
import type { PromotionsTopic } from '../platform/promotions-topic.ts';
import type { Source } from '../source/source.ts';
import {
  allowCompleteJobs,
  allowInspectImage,
  allowLookAtBuilt,
  allowSoakProd,
  allowStartJobs,
  allowVerifyProd,
  type PromotionParameters,
} from './promotion-grants.ts';
import { pushPipelineArn } from './push-pipeline.ts';
import { createScanCommit, createTellRepository } from './repository-functions.ts';
import { createRequestApproval } from './request-approval-function.ts';
import { createRestoreProd } from './restore-prod-function.ts';
import { RetryQueue } from './retry-queue.ts';

interface PromotionFunctionsProps extends PromotionParameters {
  readonly bundles: string;
  readonly source: Source;
  /** What pipelines deploy. */
  readonly revisions: Revisions;
  readonly evidence: Evidence;
  readonly promotions: PromotionsTopic;
  readonly alarms: AlarmsTopic;
  readonly siteUrl: string;
  /** Whose groups are the roles. @default they are not known before a sign-in */
  readonly userPool?: IUserPool;
  readonly approvals: ApprovalsConfig;
  readonly configurationVersion: string;
  /** Where people reach what runs on QAT, or `none`. */
  readonly qatUrl: string;
}

/** An application's functions, each allowed what it does and nothing else. */
export class PromotionFunctions extends Construct {
  readonly startPromotion: LockstepFunction<'start-promotion'>;
  /** If the configuration has mails about the repository. */
  readonly tellRepository?: LockstepFunction<'tell-repository'>;
  /** Hands dead letters of start-promotion back to it. Everything else is repeated every five minutes. */
  readonly retries: RetryQueue;
  readonly trackPromotion: LockstepFunction<'track-promotion'>;
  readonly acquireLock: LockstepFunction<'acquire-lock'>;
  readonly checkRelease: LockstepFunction<'check-release'>;
  readonly inspectImage: LockstepFunction<'inspect-image'>;
  /** If the configuration has commits scanned for secrets. */
  readonly scanCommit?: LockstepFunction<'scan-commit'>;
  readonly startJob: LockstepFunction<'start-job'>;
  readonly completeJob: LockstepFunction<'complete-job'>;
  readonly reconcileJobs: LockstepFunction<'reconcile-jobs'>;
  readonly pointAtImage: LockstepFunction<'point-at-image'>;
  readonly requestApproval: LockstepFunction<'request-approval'>;
  readonly confirmApprovers: LockstepFunction<'confirm-approvers'>;
  readonly guard: LockstepFunction<'guard-pipeline'>;
  readonly verifyProd: LockstepFunction<'verify-prod'>;
  readonly soakProd: LockstepFunction<'soak-prod'>;
  readonly restoreProd: LockstepFunction<'restore-prod'>;

  constructor(scope: Construct, id: string, props: PromotionFunctionsProps) {
    super(scope, id);
    const { application, bundles, source, ledger, evidence, promotions, siteUrl, prod } = props;
    const { approvals, configurationVersion: CONFIGURATION_VERSION } = props;
    const images = {
      EVIDENCE_BUCKET: evidence.bucket.bucketName,
      EVIDENCE_KEY_ARN: evidence.signingKey.keyArn,
    };
    const { EVIDENCE_BUCKET } = images;
    const mail = { PROMOTIONS_TOPIC_ARN: promotions.topic.topicArn, SITE_URL: siteUrl };
    const names = {
      PEOPLE: JSON.stringify(approvals.people),
      DOTS_IGNORED_IN: JSON.stringify(approvals.dotsIgnoredIn),
    };
    const DEVELOPERS = JSON.stringify(application.developers);
    const stack = Stack.of(this);
    const LEDGER_TABLE = ledger.table.tableName;
    const machine = stateMachineArn(stack, application.name);
    const executions = executionArns(stack, application.name);
    const sourceApi = {
      SOURCE_PROVIDER: source.api?.provider ?? NONE,
      SOURCE_API_URL: source.api?.url ?? NONE,
      SOURCE_TOKEN_SECRET_ARN: source.api?.tokenSecretArn ?? NONE,
    };
    const prodFleet = {
      PROD_PIPELINE_NAME: pipelineName(application.name, 'prod'),
      PROD_CODEDEPLOY_APPLICATION: prod.codeDeployApplication,
      PROD_DEPLOYMENT_GROUP: deploymentGroupName('prod'),
    };

    this.startPromotion = new LockstepFunction(this, 'StartPromotion', {
      name: 'start-promotion',
      bundles,
      isAsynchronous: true,
      description: 'Starts the promotion of a pushed commit',
      environment: {
        APPLICATION: application.name,
        BRANCH: application.branch,
        REPOSITORY_NAME: source.repositoryName,
        ...sourceApi,
        STATE_MACHINE_ARN: machine,
        LEDGER_TABLE,
        ...mail,
        ...names,
        DEVELOPERS,
      },
      // A provider may ask to wait for a minute.
      ...(source.api && { timeout: Duration.minutes(5) }),
    }).allow(['states:StartExecution'], [machine]);
    for (const { actions, resources } of source.describe) this.startPromotion.allow(actions, resources);
    this.retries = new RetryQueue(this, 'Retries', this.startPromotion);
    // Without push events, the push pipeline invokes it; it reads that pipeline's runs and completes their jobs.
    if (source.pushes === undefined)
      this.startPromotion
        .allow(['codepipeline:GetPipelineExecution'], [pushPipelineArn(this, application.name)])
        .allow(['codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult'], ['*']);

    if (application.repositoryMails.length > 0) {
      this.tellRepository = createTellRepository(this, 'TellRepository', {
        ...props,
        PROMOTIONS_TOPIC_ARN: mail.PROMOTIONS_TOPIC_ARN,
        DEVELOPERS,
      });
      promotions.allowPublish(this.tellRepository);
    }

    this.acquireLock = new LockstepFunction(this, 'AcquireLock', {
      name: 'acquire-lock',
      bundles,
      isAsynchronous: true,
      description: 'Lets one promotion after the other work on an environment',
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE,
        EVIDENCE_BUCKET,
        ...mail,
        CALENDAR: JSON.stringify(application.calendar),
        WHEN_NEWER: application.whenNewer,
      },
    })
      .allow(['states:SendTaskFailure', 'states:SendTaskSuccess'], [machine])
      .allowWithWildcard(['states:DescribeExecution'], [executions], EXECUTIONS_REASON);
    const { qc, pmo } = application.approvers;
    const APPROVAL_COUNTS = JSON.stringify({ qc: qc.count, pmo: pmo.count });
    const ACQUIRE_LOCK_FUNCTION = this.acquireLock.function.functionName;

    this.trackPromotion = new LockstepFunction(this, 'TrackPromotion', {
      name: 'track-promotion',
      bundles,
      isAsynchronous: true,
      description: "Keeps a promotion's status, mails operators and makers, and seals evidence",
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE,
        ...images,
        ...mail,
        ACQUIRE_LOCK_FUNCTION,
        ...names,
        DEVELOPERS,
      },
      timeout: Duration.minutes(4),
    }).allowWithWildcard(
      ['states:DescribeExecution', 'states:GetExecutionHistory'],
      [executions],
      EXECUTIONS_REASON,
    );

    this.checkRelease = new LockstepFunction(this, 'CheckRelease', {
      name: 'check-release',
      bundles,
      description: 'Sees that an earlier release can still be deployed',
      environment: {
        LEDGER_TABLE,
        EVIDENCE_BUCKET,
        BRANCH: application.branch,
        REPOSITORY_NAME: source.repositoryName,
        ...sourceApi,
        REVISION_TYPE: source.revisionType ?? 'COMMIT_ID',
        DEPLOYS: props.builds ? 'built' : 'revision',
      },
      // A provider may ask to wait for a minute.
      ...(source.api && { timeout: Duration.minutes(4) }),
    });
    if (props.builds) allowLookAtBuilt(this.checkRelease, props.builds, 's3:GetObjectVersion');
    else for (const { actions, resources } of source.look) this.checkRelease.allow(actions, resources);
    props.environmentAccess.prod.of(this.checkRelease).allowWithoutResource('ec2:DescribeImages');

    this.inspectImage = new LockstepFunction(this, 'InspectImage', {
      name: 'inspect-image',
      bundles,
      description: 'Keeps what is in an image, and signs where it and what was built come from',
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE,
        ...images,
        IMAGE_DRIFT: application.image.drift,
        IMAGE_SCAN: application.image.scan,
        SCAN_BUCKET: props.scanReports?.bucketName ?? NONE,
        IMAGE_GATE: JSON.stringify(gateOf(application.image)),
      },
      // Image Builder lists 25 packages or findings at a time.
      timeout: Duration.seconds(90),
    });
    allowInspectImage(this.inspectImage, props);
    evidence.allowKeepingBuilt(this.inspectImage, application.name, props.builds !== undefined);
    const INSPECT_IMAGE_FUNCTION = this.inspectImage.function.functionName;

    if (application.secretScan !== 'off')
      this.scanCommit = createScanCommit(this, 'ScanCommit', { ...props, sourceApi });

    this.startJob = new LockstepFunction(this, 'StartJob', {
      name: 'start-job',
      bundles,
      description: 'Starts image builds, instance refreshes and pipeline runs',
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE,
        EVIDENCE_BUCKET,
        ...prodFleet,
        PROD_IMAGE_PARAMETER: imageParameterName(application.name, 'prod'),
        WATCHED_ALARMS: prod.watchedAlarms,
        INSPECT_IMAGE_FUNCTION,
      },
      timeout: Duration.minutes(2),
    });
    allowStartJobs(this.startJob, props);
    this.completeJob = new LockstepFunction(this, 'CompleteJob', {
      name: 'complete-job',
      bundles,
      isAsynchronous: true,
      description: 'Completes the state whose job has ended',
      environment: { LEDGER_TABLE, EVIDENCE_BUCKET, INSPECT_IMAGE_FUNCTION },
      timeout: Duration.minutes(2),
    });
    const addresses = new StringParameter(this, 'MailAddresses', {
      parameterName: mailAddressesParameterName(application.name),
      stringValue: JSON.stringify(mailAddresses(application)),
      description: `Who is to get mail about ${application.name}`,
    });
    this.reconcileJobs = new LockstepFunction(this, 'ReconcileJobs', {
      name: 'reconcile-jobs',
      bundles,
      isAsynchronous: true,
      description: 'Completes the states whose jobs have ended without an event',
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE,
        EVIDENCE_BUCKET,
        ...mail,
        CONFIGURATION_VERSION,
        APPROVAL_COUNTS,
        ...names,
        REMINDER_HOURS: String(approvals.reminderHours),
        MAIL_ADDRESSES_PARAMETER: addresses.parameterName,
        ALARMS_TOPIC_ARN: props.alarms.topic.topicArn,
        INSPECT_IMAGE_FUNCTION,
      },
      timeout: Duration.minutes(4),
    })
      .allowWithWildcard(['states:DescribeExecution'], [executions], EXECUTIONS_REASON)
      .allow(['sns:ListSubscriptionsByTopic'], [promotions.topic.topicArn, props.alarms.topic.topicArn])
      .allow(['ssm:GetParameter'], [addresses.parameterArn]);
    for (const each of [this.startJob, this.completeJob, this.reconcileJobs]) {
      allowCompleteJobs(each, props);
      each.allow(['lambda:InvokeFunction'], [this.inspectImage.function.functionArn]);
    }

    this.pointAtImage = new LockstepFunction(this, 'PointAtImage', {
      name: 'point-at-image',
      bundles,
      description: 'Lets new instances start from an image',
      environment: { LEDGER_TABLE, ...images },
      timeout: Duration.minutes(2),
    });
    for (const environment of ['qat', 'prod'] as const) {
      const environmentAccess = props.environmentAccess[environment];
      environmentAccess
        .of(this.pointAtImage)
        .allow(
          ['ssm:GetParameter', 'ssm:PutParameter'],
          [imageParameterArn(environmentAccess.stack, application.name, environment)],
        )
        .allowWithoutResource('ec2:DescribeImages');
    }

    this.requestApproval = createRequestApproval(this, 'RequestApproval', {
      ...props,
      shared: {
        LEDGER_TABLE,
        ...mail,
        ...sourceApi,
        CONFIGURATION_VERSION,
        APPROVAL_COUNTS,
        QAT_URL: props.qatUrl,
        ACQUIRE_LOCK_FUNCTION,
        ...names,
        DEVELOPERS,
        EVIDENCE_BUCKET,
      },
    });
    this.confirmApprovers = new LockstepFunction(this, 'ConfirmApprovers', {
      name: 'confirm-approvers',
      bundles,
      description: 'Confirms who approved, and what',
      environment: {
        LEDGER_TABLE,
        APPROVAL_COUNTS,
        MAKERS_MAY_DECIDE: application.makersMayDecide ? 'yes' : 'no',
      },
    });
    this.guard = new LockstepFunction(this, 'Guard', {
      name: 'guard-pipeline',
      bundles,
      isAsynchronous: true,
      description: 'Lets only promotions through a pipeline',
      environment: { LEDGER_TABLE, STARTER_ROLE_ARN: this.startJob.role.roleArn, ...images },
    })
      .allow(['codepipeline:GetPipelineExecution'], pipelineArns(stack, application.name))
      .allowWithoutResource('codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult');

    this.verifyProd = new LockstepFunction(this, 'VerifyProd', {
      name: 'verify-prod',
      bundles,
      description: 'Confirms that Prod runs what was approved, and repairs the fleet',
      environment: {
        LEDGER_TABLE,
        ...prodFleet,
        PROD_TARGET_GROUP_ARN: prod.targetGroupReference,
        PROD_MIN_SIZE: String(application.fleet.min),
        PROD_MAX_SIZE: String(application.fleet.max),
        WATCHED_ALARMS: prod.watchedAlarms,
        ...images,
      },
      timeout: Duration.minutes(5),
    });
    allowVerifyProd(this.verifyProd, props);
    this.soakProd = new LockstepFunction(this, 'SoakProd', {
      name: 'soak-prod',
      bundles,
      // The platform's site calls it, which is deployed before it.
      functionName: soakFunctionName(application.name),
      description: 'Says how a soak stands, ends it or sends traffic back',
      environment: { APPLICATION: application.name, LEDGER_TABLE },
    });
    allowSoakProd(this.soakProd, props);
    this.restoreProd = createRestoreProd(this, 'RestoreProd', {
      application,
      bundles,
      prod,
      environmentAccess: props.environmentAccess.prod,
      ledger,
      acquireLock: this.acquireLock,
      mail,
    });

    for (const one of [this.pointAtImage, this.guard, this.verifyProd])
      evidence.allowCheckingBuilt(one, application.name, props.builds !== undefined);
    evidence.allowReadingBuilt(this.requestApproval, application.name, false);
    // A package that is marked bad is looked for in the contents of images.
    for (const one of [
      this.acquireLock,
      this.checkRelease,
      this.startJob,
      this.completeJob,
      this.reconcileJobs,
      this.trackPromotion,
    ])
      evidence.allowReadingInventories(one, application.name);

    // A function that writes reads the promotion's record first and appends to it.
    ledger.allow(this.startPromotion, application.name, 'GetItem', 'PutItem', 'Query');
    ledger.allow(this.trackPromotion, application.name, 'GetItem', 'PutItem', 'Query', 'UpdateItem');
    evidence.allowSealing(this.trackPromotion, application.name);
    // A function that works on an environment ensures its lock, and acquires it again after a redrive.
    ledger.allow(this.pointAtImage, application.name, 'GetItem', 'PutItem', 'Query', 'UpdateItem');
    ledger.allow(this.acquireLock, application.name, 'GetItem', 'PutItem', 'Query');
    for (const one of [this.trackPromotion, this.requestApproval])
      one.allow(['lambda:InvokeFunction'], [this.acquireLock.function.functionArn]);
    ledger.allow(this.requestApproval, application.name, 'GetItem', 'PutItem', 'Query');
    ledger.allow(this.confirmApprovers, application.name, 'GetItem', 'Query');
    ledger.allow(this.checkRelease, application.name, 'GetItem', 'Query');
    ledger.allow(this.inspectImage, application.name, 'GetItem', 'Query');
    // It records the run that it lets through, in case start-job was cut short before recording it.
    ledger.allow(this.guard, application.name, 'GetItem', 'PutItem', 'Query');
    ledger.allow(this.verifyProd, application.name, 'GetItem', 'PutItem', 'Query', 'UpdateItem');
    promotions.allowPublish(
      this.startPromotion,
      this.reconcileJobs,
      this.requestApproval,
      this.restoreProd,
      this.acquireLock,
      this.trackPromotion,
    );
  }

  /** Those that events invoke. */
  get asynchronous(): readonly LockstepFunction<FunctionName>[] {
    return [
      this.startPromotion,
      this.trackPromotion,
      this.restoreProd,
      this.acquireLock,
      this.completeJob,
      this.reconcileJobs,
      this.guard,
      ...(this.tellRepository ? [this.tellRepository] : []),
    ];
  }
}

import { type EventPattern, Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import type { ApplicationConfig } from '../../config.ts';
import { deploymentReady } from '../environments/deployment-ready.ts';
import type { LockstepFunction } from '../lockstep-function.ts';
import { pipelineName } from '../names.ts';
import type { Source } from '../source/source.ts';
import type { PromotionFunctions } from './promotion-functions.ts';
import { Schedules } from './schedules.ts';

interface TriggersProps {
  readonly application: string;
  readonly branch: string;
  readonly source: Source;
  /** What of the repository developers are mailed. */
  readonly repositoryMails: ApplicationConfig['repositoryMails'];
  readonly functions: PromotionFunctions;
  readonly imageTopics: readonly ITopic[];
  /** Every image that the application's recipe makes, as an ARN that ends with a star. */
  readonly imageArns: string;
  readonly qatAutoScalingGroupName: string;
  /** The project that builds commits. @default commits are deployed as they are */
  readonly buildProjectName?: string;
  /** Where QAT is. @default with the state machine */
  readonly qatPlace?: { readonly account: string; readonly region: string };
  readonly prodCodeDeployApplication: string;
  /** Where Prod is. @default with the state machine */
  readonly prodPlace?: { readonly account: string; readonly region: string };
  readonly stateMachineArn: string;
}

/** What wakes the functions. Events only wake: the functions ask the services what is true. */
export class Triggers extends Construct {
  /** What invokes functions at intervals. */
  readonly schedules: Schedules;

  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    const { application, branch, source, repositoryMails, functions, qatPlace, prodPlace, buildProjectName } =
      props;
    const { startPromotion, trackPromotion, restoreProd, acquireLock, completeJob, reconcileJobs } =
      functions;

    if (source.pushes)
      this.on('Push', `Pushes to ${branch} start a promotion`, startPromotion, source.pushes);
    const { tellRepository } = functions;
    if (tellRepository && source.news)
      for (const what of new Set(repositoryMails))
        this.on(`News ${what}`, `Mails about ${what.replace('-', ' ')}`, tellRepository, source.news[what]);
    this.on('ExecutionStatus', 'Promotions start, end and are redriven', trackPromotion, {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [props.stateMachineArn] },
    });
    this.on(
      'ExecutionFailed',
      'Promotions that ended without success may leave Prod to be restored',
      restoreProd,
      {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [props.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
    );

    for (const topic of props.imageTopics)
      topic.addSubscription(new LambdaSubscription(completeJob.function, deadLetters(completeJob)));
    this.on('ImageCancelled', 'Cancelled image builds, of which the topics say nothing', completeJob, {
      source: ['aws.imagebuilder'],
      detailType: ['EC2 Image Builder Image State Change'],
      resources: Match.prefix(props.imageArns.slice(0, -1)),
      detail: { state: { status: ['CANCELLED'] } },
    });
    if (buildProjectName !== undefined)
      this.on('BuildEnded', 'Builds have ended', completeJob, {
        source: ['aws.codebuild'],
        detailType: ['CodeBuild Build State Change'],
        detail: {
          'project-name': [buildProjectName],
          'build-status': ['SUCCEEDED', 'FAILED', 'FAULT', 'TIMED_OUT', 'STOPPED'],
        },
      });
    this.on('InstanceRefreshEnded', "QAT's instance refreshes have ended", completeJob, {
      source: ['aws.autoscaling'],
      // Forwarded from there; nobody else's events are meant.
      ...(qatPlace && { account: [qatPlace.account], region: [qatPlace.region] }),
      detailType: ['Succeeded', 'Failed', 'Cancelled'].map(
        (end) => `EC2 Auto Scaling Instance Refresh ${end}`,
      ),
      detail: { AutoScalingGroupName: [props.qatAutoScalingGroupName] },
    });
    this.on('PipelineRunEnded', 'Pipeline runs have ended', completeJob, {
      source: ['aws.codepipeline'],
      detailType: ['CodePipeline Pipeline Execution State Change'],
      detail: {
        pipeline: [pipelineName(application, 'qat'), pipelineName(application, 'prod')],
        state: ['SUCCEEDED', 'FAILED', 'CANCELED', 'STOPPED', 'SUPERSEDED'],
      },
    });
    const ready = {
      source: ['aws.codedeploy'],
      // Forwarded from there; nobody else's events are meant.
      ...(prodPlace && { account: [prodPlace.account], region: [prodPlace.region] }),
      ...deploymentReady(props.prodCodeDeployApplication),
    };
    // The event names the deployment, not the job: all open jobs are looked at.
    this.on('DeploymentReady', 'Deployments to Prod wait before traffic moves', reconcileJobs, ready);
    this.on('RollbackReady', 'Rollbacks in Prod may wait before traffic moves', restoreProd, ready);
    // Events are best effort.
    const schedules = new Schedules(this, 'Schedules');
    this.schedules = schedules;
    schedules.add('ReconcileJobs', 'Checks every open job and request', reconcileJobs);
    schedules.add('RestoreProd', 'Checks Prod after failures', restoreProd);
    schedules.add('AcquireLock', 'Checks the environment locks', acquireLock);
    schedules.add('TrackPromotion', 'Checks every open promotion', trackPromotion);
  }

  private on(
    id: string,
    description: string,
    handler: LockstepFunction<FunctionName>,
    eventPattern: EventPattern,
  ): void {
    new Rule(this, id, {
      description,
      eventPattern,
      targets: [new LambdaFunction(handler.function, deadLetters(handler))],
    });
  }
}

/** What cannot be handed to a function goes where the function's own failures go. */
const deadLetters = ({ deadLetters: deadLetterQueue }: LockstepFunction<FunctionName>) =>
  deadLetterQueue ? { deadLetterQueue } : {};

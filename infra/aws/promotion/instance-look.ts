import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { LockstepFunction } from '../lockstep-function.ts';
import { deploymentGroupName } from '../names.ts';
import { SEE_DEPLOYMENT_TARGETS } from '../permissions.ts';
import type { Evidence } from '../platform/evidence.ts';
import type { PromotionsTopic } from '../platform/promotions-topic.ts';
import type { PromotionParameters } from './promotion-grants.ts';
import type { Schedules } from './schedules.ts';

interface InstanceLookProps extends PromotionParameters {
  readonly bundles: string;
  readonly promotions: PromotionsTopic;
  readonly evidence: Evidence;
  readonly siteUrl: string;
  readonly stateMachineArn: string;
  readonly schedules: Schedules;
}

/** Looks every five minutes, and after each promotion, at what both environments of an application run. It changes nothing there. */
export class InstanceLook extends Construct {
  readonly lookAtInstances: LockstepFunction<'look-at-instances'>;

  constructor(scope: Construct, id: string, props: InstanceLookProps) {
    super(scope, id);
    const { application, bundles, ledger, promotions, qat, prod, environmentAccess, schedules } = props;
    const one = new LockstepFunction(this, 'LookAtInstances', {
      name: 'look-at-instances',
      bundles,
      isAsynchronous: true,
      description: 'Records what environments run, and tells operators of drift',
      environment: {
        APPLICATION: application.name,
        LEDGER_TABLE: ledger.table.tableName,
        PROMOTIONS_TOPIC_ARN: promotions.topic.topicArn,
        SITE_URL: props.siteUrl,
        QAT_AUTO_SCALING_GROUP: qat.autoScalingGroupName,
        QAT_CODEDEPLOY_APPLICATION: qat.codeDeployApplication,
        QAT_DEPLOYMENT_GROUP: deploymentGroupName('qat'),
        PROD_CODEDEPLOY_APPLICATION: prod.codeDeployApplication,
        PROD_DEPLOYMENT_GROUP: deploymentGroupName('prod'),
        PROD_TARGET_GROUP_ARN: prod.targetGroupReference,
        IMAGE_SCAN: application.image.scan,
        EVIDENCE_BUCKET: props.evidence.bucket.bucketName,
        PROD_ALARMS: Stack.of(this).toJsonString(prod.alarms.map(({ alarmName }) => alarmName)),
      },
      // The first look at a release reads each of its later deployments.
      timeout: Duration.minutes(10),
    });
    this.lookAtInstances = one;
    ledger.allow(one, application.name, 'GetItem', 'Query');
    ledger.allowNotes(one, application.name);
    promotions.allowPublish(one);
    for (const [environment, { deploymentGroupArn }] of [
      ['qat', qat],
      ['prod', prod],
    ] as const)
      environmentAccess[environment]
        .of(one)
        .allow(['codedeploy:GetDeployment', 'codedeploy:ListDeployments'], [deploymentGroupArn])
        .allowWithoutResource(
          ...SEE_DEPLOYMENT_TARGETS,
          'autoscaling:DescribeAutoScalingGroups',
          'ec2:DescribeInstances',
        );
    if (application.image.scan === 'inspector') {
      props.evidence.allowReadingBuilt(one, application.name, false);
      for (const environment of ['qat', 'prod'] as const)
        environmentAccess[environment]
          .of(one)
          .allowWithoutResource('inspector2:ListFindings', 'inspector2:SearchVulnerabilities');
    }
    const inProd = environmentAccess.prod.of(one);
    prod.allowTargetGroup(inProd);
    inProd
      .allow(['codedeploy:GetDeploymentGroup'], [prod.deploymentGroupArn])
      .allow(
        ['cloudwatch:DescribeAlarms'],
        prod.alarms.map(({ alarmArn }) => alarmArn),
      )
      .allowWithoutResource('elasticloadbalancing:DescribeTargetHealth');

    schedules.add('LookAtInstances', `Looks at what environments of ${application.name} run`, one);
    new Rule(this, 'PromotionEnded', {
      description: `What environments of ${application.name} run is looked at after each promotion`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [props.stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(one.function, one.deadLetters && { deadLetterQueue: one.deadLetters })],
    });
  }
}

import { CfnOutput, PhysicalName, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../../../tasks/payloads.ts';
import type { ApplicationConfig, InternetAccess } from '../../config.ts';
import { logBucket } from '../log-bucket.ts';
import { acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { environmentName } from '../names.ts';
import { viewersElsewhere } from '../operations/console-policies.ts';
import { allow, allowDeployments, awaitPermissions, type DeployTarget } from '../permissions.ts';
import type { PlatformStack } from '../platform/platform-stack.ts';
import { forResource, rolesOf } from '../service-principal.ts';
import { deploymentReady } from './deployment-ready.ts';
import { AccessElsewhere } from './environment-access.ts';
import { ImageParameters } from './image-parameters.ts';
import { ProdEnvironment } from './prod-environment.ts';
import { QatEnvironment } from './qat-environment.ts';
import { type ArtifactStore, allowReading, revisionsFor } from './revisions.ts';
import type { WorkloadsStack } from './workloads-stack.ts';

export interface EnvironmentStackProps extends StackProps {
  readonly application: ApplicationConfig;
  readonly bundles: string;
  readonly platform: PlatformStack;
  readonly workloads: WorkloadsStack;
  /** Revisions in this region, in the account of Lockstep itself. */
  readonly store: ArtifactStore;
  readonly internetAccess: InternetAccess;
}

/** An environment of one application in another account or region. */
abstract class EnvironmentStack extends Stack {
  readonly environmentAccess: AccessElsewhere;
  protected readonly imageParameters: ImageParameters;

  constructor(
    scope: Construct,
    id: string,
    protected readonly elsewhere: EnvironmentStackProps,
    private readonly forEnvironment: Environment,
  ) {
    const { application, bundles, platform, workloads, store, internetAccess, ...props } = elsewhere;
    super(scope, id, props);
    this.imageParameters = new ImageParameters(this, 'ImageParameters', {
      application: application.name,
      bundles,
      instanceType: application.instanceTypes.image,
      environments: [forEnvironment],
    });
    this.environmentAccess = new AccessElsewhere(this, 'Reach', {
      application: application.name,
      environment: forEnvironment,
    });
    // Events go to the platform's bus.
    this.addStackDependency(platform);
  }

  protected get environmentProps() {
    const { application, workloads, store, internetAccess } = this.elsewhere;
    return {
      application,
      vpc: workloads.vpc,
      revisions: revisionsFor(this, store),
      imageParameters: this.imageParameters,
      internetAccess,
      isElsewhere: true,
    };
  }

  /** The CodeDeploy application, group and configuration that are deployed to, and the instances' role. */
  protected abstract get deployTo(): DeployTarget & { readonly instanceRole: Role };

  /** Once what is deployed to is known. */
  protected admitViewers(): void {
    const { application } = this.elsewhere;
    const { managedPolicyArn } = viewersElsewhere(this, application.name, this.deployTo.deploymentGroupArn);
    new CfnOutput(this, 'ViewersPolicyArn', {
      description: 'Attach to the roles of people who see deployments here',
      value: managedPolicyArn,
    });
  }

  /** Forwards events to Lockstep's own account. */
  protected forwardEvents(id: string, description: string, eventPattern: object): void {
    const { application, platform } = this.elsewhere;
    const name = environmentName(application.name, this.forEnvironment);
    const rule = this.formatArn({ service: 'events', resource: 'rule', resourceName: name });
    const role = new Role(this, 'Forwarding', {
      description: `Events of ${application.name} in ${this.forEnvironment}`,
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      assumedBy: forResource('events.amazonaws.com', this, rule),
    });
    const bus = platform.admitEvents(role);
    allow(role, ['events:PutEvents'], [bus]);
    const forwarding = new CfnRule(this, id, {
      name,
      description,
      eventPattern,
      state: 'ENABLED',
      targets: [{ id: 'Lockstep', arn: bus, roleArn: role.roleArn }],
    });
    awaitPermissions(forwarding, role);
  }

  /**
   * The role under which the pipeline's action deploys here; that pipeline alone may assume it. It and the instances may read
   * the revisions from then on.
   */
  allowDeployments(pipelineRole: Role): Role {
    const { application, store } = this.elsewhere;
    const { instanceRole } = this.deployTo;
    const role = new Role(this, 'Deployments', {
      description: `The pipeline of ${application.name} deploys to ${this.forEnvironment}`,
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      assumedBy: rolesOf(Stack.of(pipelineRole).account, [pipelineRole.roleArn]),
    });
    allowDeployments(role, this.deployTo);
    const revisions = revisionsFor(this, store);
    allow(role, ['s3:GetBucketVersioning'], [store.bucket.bucketArn]);
    allow(role, ['s3:GetObject', 's3:GetObjectVersion'], [revisions.objects]);
    acknowledgeWildcards(
      role,
      'Revisions of this application alone: CodePipeline names each by its run.',
      revisions.objects,
    );
    revisions.allowDecrypt(role);
    allowReading(store, this.account, [role, instanceRole]);
    return role;
  }
}

/** QAT in another account or region. */
export class QatStack extends EnvironmentStack {
  readonly qat: QatEnvironment;

  constructor(scope: Construct, id: string, props: EnvironmentStackProps) {
    super(scope, id, props, 'qat');
    this.qat = new QatEnvironment(this, 'Qat', this.environmentProps);
    this.forwardEvents('RefreshEnded', "QAT's instance refreshes have ended", {
      source: ['aws.autoscaling'],
      'detail-type': ['Succeeded', 'Failed', 'Cancelled'].map(
        (end) => `EC2 Auto Scaling Instance Refresh ${end}`,
      ),
      detail: { AutoScalingGroupName: [this.qat.autoScalingGroupName] },
    });
    this.admitViewers();
    new CfnOutput(this, 'QatAutoScalingGroupName', { value: this.qat.autoScalingGroupName });
  }

  protected get deployTo() {
    return this.qat;
  }
}

/** Prod in another account or region. */
export class ProdStack extends EnvironmentStack {
  readonly prod: ProdEnvironment;

  constructor(scope: Construct, id: string, props: EnvironmentStackProps) {
    super(scope, id, props, 'prod');
    const { bundles, workloads } = props;
    this.prod = new ProdEnvironment(this, 'Prod', {
      ...this.environmentProps,
      bundles,
      logs: logBucket(this, 'AccessLogs'),
      alarms: workloads.alarms,
    });
    const { detailType, detail } = deploymentReady(this.prod.codeDeployApplication);
    this.forwardEvents('DeploymentReady', 'Deployments wait before traffic moves', {
      source: ['aws.codedeploy'],
      'detail-type': detailType,
      detail,
    });
    this.admitViewers();
    new CfnOutput(this, 'ProdUrl', { value: this.prod.url });
  }

  protected get deployTo() {
    return this.prod;
  }
}

import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  type Environment,
  type GuardParameters,
  NO_PROMOTION,
  PROMOTION_ID_VARIABLE,
} from '../../../tasks/payloads.ts';
import { deploymentGroupName, pipelineArn, pipelineName, SOURCE_NAMESPACE } from '../names.ts';
import type { Source } from '../source/source.ts';
import { createPipelineRole, SOURCE_ARTIFACT, sourceStage } from './pipeline-parts.ts';
import type { TestProject } from './test-project.ts';

export interface DeploymentPipelineProps {
  readonly application: string;
  readonly environment: Environment;
  /** The state machine always pins its revision. */
  readonly source: Source;
  readonly guard: IFunction;
  /** Runs before the deployment. @default none */
  readonly test?: TestProject;
  /** The environment's CodeDeploy application and group. */
  readonly deployTo: {
    readonly codeDeployApplication: string;
    readonly deploymentGroupArn: string;
    readonly deploymentConfig: string;
  };
  readonly artifacts: Bucket;
  readonly key: IKey;
}

/**
 * Deploys a commit to one environment: Source, then Deploy, whose first action lets only promotions pass. No event starts it,
 * and runs wait for each other.
 */
export class DeploymentPipeline extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentPipelineProps) {
    super(scope, id);
    const { application, environment, source, artifacts, key } = props;
    const name = pipelineName(application, environment);
    const role = this.createRole(props);
    const guardParameters: GuardParameters = {
      environment,
      pipelineName: name,
      promotionId: `#{variables.${PROMOTION_ID_VARIABLE}}`,
      pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
      commitId: `#{${SOURCE_NAMESPACE}.${source.revisionVariable}}`,
    };
    const pipeline = new CfnPipeline(this, 'Pipeline', {
      name,
      roleArn: role.roleArn,
      pipelineType: 'V2',
      executionMode: 'QUEUED',
      restartExecutionOnUpdate: false,
      artifactStore: {
        type: 'S3',
        location: artifacts.bucketName,
        encryptionKey: { type: 'KMS', id: key.keyArn },
      },
      variables: [
        {
          name: PROMOTION_ID_VARIABLE,
          defaultValue: NO_PROMOTION,
          description: 'The promotion that this run belongs to; set by the state machine',
        },
      ],
      stages: [
        sourceStage(source),
        ...(props.test ? [props.test.stage] : []),
        {
          name: 'Deploy',
          actions: [
            {
              name: 'Guard',
              actionTypeId: { category: 'Invoke', owner: 'AWS', provider: 'Lambda', version: '1' },
              configuration: {
                FunctionName: props.guard.functionName,
                UserParameters: JSON.stringify(guardParameters),
              },
              runOrder: 1,
            },
            {
              name: 'Deploy',
              actionTypeId: { category: 'Deploy', owner: 'AWS', provider: 'CodeDeploy', version: '1' },
              configuration: {
                ApplicationName: props.deployTo.codeDeployApplication,
                DeploymentGroupName: deploymentGroupName(environment),
              },
              inputArtifacts: [{ name: SOURCE_ARTIFACT }],
              runOrder: 2,
            },
          ],
        },
      ],
    });
    // The service checks what the role may do when the pipeline is made.
    pipeline.node.addDependency(role);
  }

  private createRole(props: DeploymentPipelineProps): Role {
    const { application, environment, source, guard, deployTo, artifacts, key } = props;
    const stack = Stack.of(this);
    const codeDeploy = (resource: string, resourceName: string) =>
      stack.formatArn({
        service: 'codedeploy',
        resource,
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const role = createPipelineRole(this, 'Role', {
      description: `Pipeline of ${application} to ${environment}`,
      pipelineArn: pipelineArn(stack, application, environment),
      source,
      artifacts,
      key,
      functions: [guard],
    });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    if (props.test)
      allow(['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'], [props.test.arn]);
    allow(
      [
        'codedeploy:GetApplication',
        'codedeploy:GetApplicationRevision',
        'codedeploy:RegisterApplicationRevision',
      ],
      [codeDeploy('application', deployTo.codeDeployApplication)],
    );
    allow(['codedeploy:CreateDeployment', 'codedeploy:GetDeployment'], [deployTo.deploymentGroupArn]);
    allow(['codedeploy:GetDeploymentConfig'], [codeDeploy('deploymentconfig', deployTo.deploymentConfig)]);
    return role;
  }
}

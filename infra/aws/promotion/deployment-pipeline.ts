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

/** What a pipeline must know of an environment in another account or region. */
export interface DeployElsewhere {
  /** Makes the role under which the action deploys; the pipeline's role alone may assume it. */
  readonly allowDeployments: (pipelineRole: Role) => Role;
  /** Where the action finds revisions, if it is in another region. */
  readonly regional?: { readonly region: string; readonly bucket: Bucket; readonly keyArn: string };
}

interface DeploymentPipelineProps {
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
  /** @default the environment is with the pipeline */
  readonly elsewhere?: DeployElsewhere;
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
    const { application, environment, source, artifacts, key, elsewhere } = props;
    const { regional } = elsewhere ?? {};
    const name = pipelineName(application, environment);
    const role = this.createRole(props);
    const deployRole = elsewhere?.allowDeployments(role);
    if (deployRole)
      role.addToPolicy(new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [deployRole.roleArn] }));
    const artifactStore: CfnPipeline.ArtifactStoreProperty = {
      type: 'S3',
      location: artifacts.bucketName,
      encryptionKey: { type: 'KMS', id: key.keyArn },
    };
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
      ...(regional
        ? {
            artifactStores: [
              { region: Stack.of(this).region, artifactStore },
              {
                region: regional.region,
                artifactStore: {
                  type: 'S3',
                  location: regional.bucket.bucketName,
                  encryptionKey: { type: 'KMS', id: regional.keyArn },
                },
              },
            ],
          }
        : { artifactStore }),
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
              ...(deployRole && { roleArn: deployRole.roleArn }),
              ...(regional && { region: regional.region }),
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
      ...(props.elsewhere?.regional && { regional: props.elsewhere.regional }),
      functions: [guard],
    });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    if (props.test)
      allow(['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'], [props.test.arn]);
    if (props.elsewhere) return role;
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

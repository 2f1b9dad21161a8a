import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-codecommit';
import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
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
import { acknowledgeWildcards } from '../acknowledge.ts';
import { deploymentGroupName, pipelineArn, pipelineName, SOURCE_ACTION, SOURCE_NAMESPACE } from '../names.ts';
import { forResource } from '../service-principal.ts';

export interface DeploymentPipelineProps {
  readonly application: string;
  readonly environment: Environment;
  readonly repository: IRepository;
  /** The branch that the source action names; the state machine always pins a commit. */
  readonly branch: string;
  readonly guard: IFunction;
  /** The environment's CodeDeploy application and group. */
  readonly deployTo: {
    readonly codeDeployApplication: string;
    readonly deploymentGroupArn: string;
    readonly deploymentConfig: string;
  };
  readonly artifacts: Bucket;
  readonly key: IKey;
}

/** Name of the artifact that holds the commit's files. */
const SOURCE_ARTIFACT = 'Source';

/**
 * Deploys a commit to one environment: Source, then Deploy, whose first action lets only promotions pass. No event starts it,
 * and runs wait for each other.
 */
export class DeploymentPipeline extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentPipelineProps) {
    super(scope, id);
    const { application, environment, repository, artifacts, key } = props;
    const name = pipelineName(application, environment);
    const role = this.createRole(props);
    const guardParameters: GuardParameters = {
      environment,
      pipelineName: name,
      promotionId: `#{variables.${PROMOTION_ID_VARIABLE}}`,
      pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
      commitId: `#{${SOURCE_NAMESPACE}.CommitId}`,
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
        {
          name: 'Source',
          actions: [
            {
              name: SOURCE_ACTION,
              actionTypeId: { category: 'Source', owner: 'AWS', provider: 'CodeCommit', version: '1' },
              configuration: {
                RepositoryName: repository.repositoryName,
                BranchName: props.branch,
                PollForSourceChanges: false,
                OutputArtifactFormat: 'CODE_ZIP',
              },
              namespace: SOURCE_NAMESPACE,
              outputArtifacts: [{ name: SOURCE_ARTIFACT }],
              runOrder: 1,
            },
          ],
        },
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
    const { application, environment, repository, guard, deployTo, artifacts, key } = props;
    const stack = Stack.of(this);
    const codeDeploy = (resource: string, resourceName: string) =>
      stack.formatArn({
        service: 'codedeploy',
        resource,
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const role = new Role(this, 'Role', {
      description: `Pipeline of ${application} to ${environment}`,
      assumedBy: forResource(
        'codepipeline.amazonaws.com',
        stack,
        pipelineArn(stack, application, environment),
      ),
    });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    allow(
      [
        'codecommit:GetBranch',
        'codecommit:GetCommit',
        'codecommit:GetUploadArchiveStatus',
        'codecommit:CancelUploadArchive',
        'codecommit:UploadArchive',
      ],
      [repository.repositoryArn],
    );
    allow(['s3:GetBucketVersioning'], [artifacts.bucketArn]);
    const objects = artifacts.arnForObjects('*');
    allow(['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], [objects]);
    acknowledgeWildcards(
      role,
      "Artifacts of this application's pipelines: CodePipeline names each by its run.",
      objects,
    );
    allow(['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'], [key.keyArn]);
    allow(['lambda:InvokeFunction'], [guard.functionArn]);
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

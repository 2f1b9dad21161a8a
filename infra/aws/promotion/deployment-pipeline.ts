import { Stack } from 'aws-cdk-lib';
import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  type Environment,
  type GuardParameters,
  NO_PROMOTION,
  PROMOTION_ID_VARIABLE,
  QAT_URL_VARIABLE,
} from '../../../tasks/payloads.ts';
import { deploymentGroupName, pipelineArn, pipelineName, SOURCE_NAMESPACE } from '../names.ts';
import { allow, allowDeployments, awaitPermissions, type DeployTarget } from '../permissions.ts';
import type { Source } from '../source/source.ts';
import {
  artifactStoreOf,
  createPipelineRole,
  functionAction,
  SOURCE_ARTIFACT,
  sourceStage,
} from './pipeline-parts.ts';
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
  readonly source: Pick<Source, 'action' | 'read'>;
  /** What its action says of the revision: a commit's id, a version of an archive, or key and version of what was built. */
  readonly revision: Source['revisionVariable'] | 'built';
  readonly guard: IFunction;
  /** Runs before the deployment. @default none */
  readonly test?: TestProject;
  /** Runs after the deployment. @default none */
  readonly loadTest?: TestProject;
  readonly deployTo: DeployTarget;
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
    if (deployRole) allow(role, ['sts:AssumeRole'], [deployRole.roleArn]);
    const artifactStore = artifactStoreOf(artifacts, key.keyArn);
    const guardParameters: GuardParameters = {
      environment,
      pipelineName: name,
      promotionId: `#{variables.${PROMOTION_ID_VARIABLE}}`,
      pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
      ...(props.revision === 'built'
        ? {
            builtKey: `#{${SOURCE_NAMESPACE}.ObjectKey}`,
            builtVersion: `#{${SOURCE_NAMESPACE}.VersionId}`,
          }
        : { commitId: `#{${SOURCE_NAMESPACE}.${props.revision}}` }),
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
                artifactStore: artifactStoreOf(regional.bucket, regional.keyArn),
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
        ...(props.loadTest
          ? [
              {
                name: QAT_URL_VARIABLE,
                defaultValue: NO_PROMOTION,
                description: 'Where the load test reaches QAT; set by the state machine',
              },
            ]
          : []),
      ],
      stages: [
        sourceStage(source),
        ...(props.test ? [props.test.stage] : []),
        {
          name: 'Deploy',
          actions: [
            functionAction('Guard', props.guard, guardParameters),
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
        ...(props.loadTest ? [props.loadTest.stage] : []),
      ],
    });
    awaitPermissions(pipeline, role);
  }

  private createRole(props: DeploymentPipelineProps): Role {
    const { application, environment, source, guard, deployTo, artifacts, key } = props;
    const stack = Stack.of(this);
    const role = createPipelineRole(this, 'Role', {
      description: `Pipeline of ${application} to ${environment}`,
      pipelineArn: pipelineArn(stack, application, environment),
      source,
      artifacts,
      key,
      ...(props.elsewhere?.regional && { regional: props.elsewhere.regional }),
      functions: [guard],
    });
    const projects = [props.test, props.loadTest].flatMap((project) => project?.arn ?? []);
    if (projects.length > 0)
      allow(role, ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'], projects);
    if (!props.elsewhere) allowDeployments(role, deployTo);
    return role;
  }
}

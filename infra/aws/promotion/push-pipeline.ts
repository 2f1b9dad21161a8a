import { Stack } from 'aws-cdk-lib';
import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { PushParameters } from '../../../tasks/payloads.ts';
import { pushPipelineName, SOURCE_ACTION } from '../names.ts';
import { awaitPermissions } from '../permissions.ts';
import type { Source } from '../source/source.ts';
import { artifactStoreOf, createPipelineRole, functionAction, sourceStage } from './pipeline-parts.ts';

interface PushPipelineProps {
  readonly application: string;
  readonly branch: string;
  readonly source: Source;
  readonly startPromotion: IFunction;
  readonly artifacts: Bucket;
  readonly key: IKey;
}

/**
 * Starts promotions of pushes through a connection; it deploys nothing. Only pipelines learn of these pushes: a connection sends
 * no event to EventBridge (D-027).
 */
export class PushPipeline extends Construct {
  constructor(scope: Construct, id: string, props: PushPipelineProps) {
    super(scope, id);
    const { application, branch, source, startPromotion, artifacts, key } = props;
    const name = pushPipelineName(application);
    const role = createPipelineRole(this, 'Role', {
      description: `Pipeline that hears pushes of ${application}`,
      pipelineArn: pushPipelineArn(this, application),
      source,
      artifacts,
      key,
      functions: [startPromotion],
    });
    const parameters: PushParameters = {
      pipelineName: name,
      pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
    };
    const pipeline = new CfnPipeline(this, 'Pipeline', {
      name,
      roleArn: role.roleArn,
      pipelineType: 'V2',
      executionMode: 'QUEUED',
      restartExecutionOnUpdate: false,
      artifactStore: artifactStoreOf(artifacts, key.keyArn),
      triggers: [
        {
          providerType: 'CodeStarSourceConnection',
          gitConfiguration: {
            sourceActionName: SOURCE_ACTION,
            push: [{ branches: { includes: [branch] } }],
          },
        },
      ],
      stages: [
        sourceStage(source),
        {
          name: 'Promote',
          actions: [functionAction('StartPromotion', startPromotion, parameters)],
        },
      ],
    });
    awaitPermissions(pipeline, role);
  }
}

/** ARN of an application's push pipeline. */
export const pushPipelineArn = (scope: Construct, application: string): string =>
  Stack.of(scope).formatArn({ service: 'codepipeline', resource: pushPipelineName(application) });

import type { EmulatorHost } from '../create-host.ts';
import { createForge } from '../forge/forge.ts';
import { forgeProvider } from '../forge/forge-provider.ts';
import { NOTHING } from '../forge/repositories.ts';
import { createApiGatewayService } from './apigateway/apigateway.ts';
import { createAutoScalingService } from './autoscaling/autoscaling.ts';
import { createCloudFormationService } from './cloudformation/cloudformation.ts';
import { createCloudTrailService } from './cloudtrail/cloudtrail.ts';
import { createCloudWatchService } from './cloudwatch/cloudwatch.ts';
import { createCodeBuildService } from './codebuild/codebuild.ts';
import { createCodeCommitService } from './codecommit/codecommit.ts';
import { createCodeDeployService } from './codedeploy/codedeploy.ts';
import { createCodePipelineService } from './codepipeline/codepipeline.ts';
import { createCognitoService, type SignInOptions } from './cognito-idp/cognito-idp.ts';
import { createDynamoDbService } from './dynamodb/dynamodb.ts';
import { createEc2Service } from './ec2/ec2.ts';
import { createElasticLoadBalancingService } from './elasticloadbalancing/elasticloadbalancing.ts';
import { createEventsService } from './events/events.ts';
import { createIamService } from './iam/iam.ts';
import { createImageBuilderService } from './imagebuilder/imagebuilder.ts';
import { createInspectorService } from './inspector2/inspector2.ts';
import { createKmsService } from './kms/kms.ts';
import { createLambdaService } from './lambda/lambda.ts';
import { createLogsService } from './logs/logs.ts';
import { createS3Service } from './s3/s3.ts';
import { createSecretsManagerService } from './secretsmanager/secretsmanager.ts';
import { createServiceQuotasService } from './servicequotas/servicequotas.ts';
import { createSnsService } from './sns/sns.ts';
import { createSqsService } from './sqs/sqs.ts';
import { createSsmService } from './ssm/ssm.ts';
import { createStatesService } from './states/states.ts';
import { createStsService } from './sts/sts.ts';

/**
 * Makes every service of the emulator known to the host, in the order in which they start: what others stand on first.
 * @returns those of them that the run asks for more than their AWS operations
 */
export const createServices = (host: EmulatorHost, signIn: SignInOptions) => {
  const events = createEventsService(host);
  const autoscaling = createAutoScalingService(host);
  const elasticloadbalancing = createElasticLoadBalancingService(host);
  const secretsmanager = createSecretsManagerService(host);
  const connected = forgeProvider(host);
  const codepipeline = createCodePipelineService(host, connected);
  const codecommit = createCodeCommitService(host);
  const forge = createForge(host, {
    accounts: signIn.people.map(({ name }) => name),
    onPush: ({ id, repository, ref, after, at }) => {
      if (after !== NOTHING)
        codepipeline.pushed({
          id: String(id),
          repository,
          branch: ref.slice('refs/heads/'.length),
          commitId: after,
          at,
        });
    },
  });
  const services = [
    createIamService(host),
    createCloudFormationService(host),
    createStsService(host),
    createServiceQuotasService(host),
    createKmsService(host),
    secretsmanager,
    createLogsService(host),
    createDynamoDbService(host),
    createCloudTrailService(host),
    createSsmService(host),
    createS3Service(host),
    createSqsService(host),
    createSnsService(host),
    createCloudWatchService(host),
    createCognitoService(host, signIn),
    createApiGatewayService(host),
    createEc2Service(host),
    autoscaling,
    elasticloadbalancing,
    createCodeDeployService(host),
    createInspectorService(host),
    createImageBuilderService(host),
    createCodeBuildService(host, connected),
    codecommit,
    codepipeline,
    forge,
    createStatesService(host),
    events,
    // Last: at its start it delivers what was queued, and it stops first.
    createLambdaService(host),
  ];
  for (const service of services) host.register(service);
  return { events, autoscaling, elasticloadbalancing, secretsmanager, codecommit, forge };
};

/** Services that the run itself asks for more than their AWS operations. */
export type EmulatorServices = ReturnType<typeof createServices>;

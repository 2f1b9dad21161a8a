import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CodeCommitClient } from '@aws-sdk/client-codecommit';
import {
  AdminListGroupsForUserCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import {
  GetImageCommand,
  GetImagePipelineCommand,
  GetImageRecipeCommand,
  ImagebuilderClient,
} from '@aws-sdk/client-imagebuilder';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { readApprovalCounts } from '../../tasks/approvals/approval-counts.ts';
import { createKeptCommits } from '../../tasks/approvals/dynamodb-kept-commits.ts';
import { type RecipeContents, recipeContents } from '../../tasks/approvals/image-contents.ts';
import { type KeptCommits, nothingKept } from '../../tasks/approvals/read-change.ts';
import { createRoleMembers } from '../../tasks/approvals/role-members.ts';
import { type NameRules, readNameRules } from '../../tasks/approvals/same-maker.ts';
import { readWhenNewer } from '../../tasks/environment-locks/when-newer.ts';
import { readDefinition, successPath } from '../../tasks/executions/definition.ts';
import { type FunctionEnvironment, NONE } from '../../tasks/functions.ts';
import { type ReuseSources, readReuseFacts } from '../../tasks/images/read-reuse-facts.ts';
import { imageReuse, type ReuseRuling } from '../../tasks/images/reuse-rules.ts';
import { createReuseSources } from '../../tasks/images/reuse-sources.ts';
import { parsedJson } from '../../tasks/json.ts';
import type { Person } from '../../tasks/ledger/items.ts';
import type { ApproverRole, Environment, JobParameters } from '../../tasks/payloads.ts';
import { createCloudTrailPushes } from '../../tasks/source/cloudtrail-pushes.ts';
import { createCodeCommitFiles } from '../../tasks/source/codecommit-files.ts';
import { createCodeCommitSource } from '../../tasks/source/codecommit-source.ts';
import { createConnectedSource } from '../../tasks/source/connected-source.ts';
import { isInCodeCommit } from '../../tasks/source/revision-only-source.ts';
import type { ReadFile, Source } from '../../tasks/source/source.ts';
import type { ClientConfig } from '../doctor/clients.ts';
import type { PlanSettings } from './facts.ts';

/** What a plan reads beside the ledger. Everything only reads. */
export interface PlanSources {
  readonly settings: PlanSettings;
  readonly names: NameRules;
  readonly configurationVersion: string;
  /** States of a push's promotion that goes well, in their order. */
  readonly way: readonly string[];
  /** Undefined if the commits of its source cannot be read, as of archives in S3. */
  readonly source: Source | undefined;
  /** Undefined if files of its source cannot be read one by one. */
  readonly file: ReadFile | undefined;
  readonly kept: KeptCommits;
  /** Undefined if the company's provider has them. */
  readonly members: ((role: ApproverRole) => Promise<readonly Person[]>) | undefined;
  /** Whether somebody is in a role's group. */
  readonly isMember: (name: string, role: ApproverRole) => Promise<boolean>;
  /** What an environment's next image is made of. */
  readonly nextImage: (environment: Environment) => Promise<RecipeContents>;
  /**
   * Whether an environment's next image is built, or an earlier one is used again; undefined where none ever is. An environment in another
   * account or region is not looked into: its image counts as gone.
   */
  readonly reuse: (
    environment: Environment,
    read: Pick<ReuseSources, 'ledger' | 'readEvidence'>,
    now: Date,
  ) => Promise<ReuseRuling | undefined>;
  /** What an image was made of, by its build; undefined if Image Builder does not say. */
  readonly image: (imageBuildVersionArn: string) => Promise<RecipeContents | undefined>;
}

interface TaskState {
  readonly Arguments?: {
    readonly FunctionName?: string;
    readonly Payload?: { readonly parameters?: Partial<JobParameters['image-build']> };
  };
}

/** The state machine's name is the application's. */
const machineArnOf = async (application: string, config: ClientConfig): Promise<string> => {
  const sts = new STSClient(config);
  const { Arn = '', Account } = await sts.send(new GetCallerIdentityCommand({}));
  return `arn:${Arn.split(':')[1]}:states:${await sts.config.region()}:${Account}:stateMachine:lockstep-${application}`;
};

/**
 * Finds what an application's functions work with: the definition names them, and their variables are its configuration.
 * @param config empty for AWS by the default credentials
 * @throws Error of the service that does not answer
 */
export async function createPlanSources(application: string, config: ClientConfig): Promise<PlanSources> {
  const stateMachineArn = await machineArnOf(application, config);
  const { definition = '' } = await new SFNClient(config).send(
    new DescribeStateMachineCommand({ stateMachineArn }),
  );
  const { States } = parsedJson(definition) as { readonly States: Readonly<Record<string, TaskState>> };
  const lambda = new LambdaClient(config);
  /** Variables of the function behind a state. */
  const variables = async <Name extends 'request-approval' | 'start-job'>(
    state: string,
    _name: Name,
  ): Promise<Readonly<FunctionEnvironment<Name>>> => {
    const { Environment } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: States[state]?.Arguments?.FunctionName }),
    );
    return Environment?.Variables as Readonly<FunctionEnvironment<Name>>;
  };
  const [asking, starting] = await Promise.all([
    variables('QC approval', 'request-approval'),
    variables('Deploy to Prod', 'start-job'),
  ]);
  const { REPOSITORY_NAME: repositoryName, BRANCH: branch, USER_POOL_ID: userPoolId } = asking;
  const codeCommit = new CodeCommitClient(config);
  const isCodeCommit = isInCodeCommit(repositoryName);
  const source = isCodeCommit
    ? {
        ...createCodeCommitSource(repositoryName, branch, codeCommit),
        pushes: createCloudTrailPushes(
          { repositoryName, branchName: branch },
          new CloudTrailClient({ ...config, retryMode: 'adaptive', maxAttempts: 12 }),
        ),
      }
    : createConnectedSource(asking, new SecretsManagerClient(config));
  const { load } = createKeptCommits(asking.LEDGER_TABLE, application, new DynamoDBClient(config));
  const cognito = new CognitoIdentityProviderClient(config);
  const builder = new ImagebuilderClient(config);
  /** What the state that builds an environment's image gives its job. */
  const buildParameters = (environment: Environment) =>
    States[environment === 'qat' ? 'Build QAT image' : 'Build Prod image']?.Arguments?.Payload?.parameters;
  return {
    settings: {
      repositoryName,
      branch,
      counts: readApprovalCounts(asking.APPROVAL_COUNTS),
      makersMayDecide: asking.MAKERS_MAY_DECIDE === 'yes',
      whenNewer: readWhenNewer(asking.WHEN_NEWER),
      watchedAlarms: JSON.parse(starting.WATCHED_ALARMS) as readonly string[],
    },
    names: readNameRules(asking),
    configurationVersion: asking.CONFIGURATION_VERSION,
    way: successPath(readDefinition(definition)).map(({ name }) => name),
    source,
    file: isCodeCommit ? createCodeCommitFiles(repositoryName, codeCommit) : undefined,
    kept: { ...nothingKept, load },
    members: userPoolId === NONE ? undefined : createRoleMembers(userPoolId, cognito),
    isMember: async (name, role) => {
      try {
        const { Groups = [] } = await cognito.send(
          new AdminListGroupsForUserCommand({ UserPoolId: userPoolId, Username: name }),
        );
        return Groups.some(({ GroupName }) => GroupName === role);
      } catch (error) {
        if (error instanceof UserNotFoundException) return false;
        throw error;
      }
    },
    nextImage: async (environment) => {
      const { imagePipeline } = await builder.send(
        new GetImagePipelineCommand({ imagePipelineArn: buildParameters(environment)?.imagePipelineArn }),
      );
      const { imageRecipe } = await builder.send(
        new GetImageRecipeCommand({ imageRecipeArn: imagePipeline?.imageRecipeArn }),
      );
      return recipeContents(imageRecipe ?? {});
    },
    reuse: async (environment, { ledger, readEvidence }, now) => {
      const { reuseDays, releaseParameter, imagePipelineArn, parentParameter } =
        buildParameters(environment) ?? {};
      if (reuseDays === undefined || releaseParameter === undefined || imagePipelineArn === undefined)
        return undefined;
      const facts = await readReuseFacts(
        createReuseSources(ledger, readEvidence, builder, new SSMClient(config), () => new EC2Client(config)),
        {
          application,
          environment,
          imagePipelineArn,
          releaseParameter,
          ...(parentParameter !== undefined && { parentParameter }),
        },
      );
      return imageReuse(facts, Number(reuseDays), now);
    },
    image: async (imageBuildVersionArn) => {
      const { image } = await builder.send(new GetImageCommand({ imageBuildVersionArn }));
      return image?.imageRecipe && recipeContents(image.imageRecipe);
    },
  };
}

import { fileURLToPath } from 'node:url';
import type { GetRepositoryOutput } from '@aws-sdk/client-codecommit';
import type { GetPipelineOutput } from '@aws-sdk/client-codepipeline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DescribeStateMachineOutput, SFNClient } from '@aws-sdk/client-sfn';
import type { GetParameterResult } from '@aws-sdk/client-ssm';
import { APPLICATION_HOST, administrator } from '@lockstep/aws-emulator';
import { UsageError } from '../../../cli/arguments.ts';
import type { Executions } from '../../../tasks/executions/execution.ts';
import { createSfnExecutions } from '../../../tasks/executions/execution-history.ts';
import { createDynamoDbLedger } from '../../../tasks/ledger/dynamodb-ledger.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { platformParameters, readConfigurationVersions } from '../../../tasks/platform-parameters.ts';
import type { LocalRun } from './local-run.ts';
import { developer } from './people.ts';

/** One deployed application, as its stack's outputs tell. */
export interface DeployedApplication {
  readonly name: string;
  readonly branch: string;
  /** What a push goes to: the path of a bare repository; of one behind a connection, the URL at the forge, with the developer's token. */
  readonly remote: string;
  /** Of an application whose repository is behind a connection. */
  readonly connected?: {
    /** Owner and name. */
    readonly repository: string;
  };
  /** Tells the push of the branch's commit again, as another push. */
  readonly pushAgain: () => Promise<void> | void;
  readonly stateMachineArn: string;
  readonly pipelines: { readonly qat: string; readonly prod: string };
  /** Where its QAT instance and its Prod load balancer answer. */
  readonly qatUrl: string;
  readonly prodUrl: string;
}

/** The deployed system, as the run uses it. */
export interface LockstepSystem {
  readonly siteUrl: string;
  readonly ledger: Ledger;
  readonly executions: Executions;
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
  readonly applications: readonly DeployedApplication[];
}

/** The bare repository that stands for one in CodeCommit. */
const codeCommitPath = async ({ host }: LocalRun, repositoryName: string): Promise<string> => {
  const { repositoryMetadata }: GetRepositoryOutput = await host.call(
    administrator,
    'codecommit',
    'GetRepository',
    { repositoryName },
  );
  return fileURLToPath(repositoryMetadata?.cloneUrlHttp ?? '');
};

/** Reads the outputs of the stacks. */
export const readSystem = async (run: LocalRun): Promise<LockstepSystem> => {
  const { host, services, stacks } = run;
  const names = stacks.stackNames();
  const platform = names.find((name) => 'LedgerTableName' in stacks.stackOutputs(name));
  if (!platform) throw new Error(`None of the stacks ${names.join(', ')} has the output LedgerTableName.`);
  const value = (stack: string, name: string): string => {
    const found = stacks.stackOutputs(stack)[name];
    if (typeof found === 'string') return found;
    throw new Error(`The stack ${stack} has no output ${name}.`);
  };
  const applications = await Promise.all(
    names
      .filter((name) => 'StateMachineArn' in stacks.stackOutputs(name))
      .map(async (stack) => {
        const repository = value(stack, 'RepositoryName');
        const branch = value(stack, 'BranchName');
        const isInCodeCommit = 'RepositoryCloneUrl' in stacks.stackOutputs(stack);
        return {
          name:
            value(stack, 'StateMachineArn')
              .split(':')
              .at(-1)
              ?.replace(/^lockstep-/, '') ?? '',
          branch,
          ...(isInCodeCommit
            ? {
                remote: await codeCommitPath(run, repository),
                pushAgain: () => services.codecommit.pushAgain(repository, branch),
              }
            : {
                remote: services.forge.pushUrl(developer.name, repository),
                connected: { repository },
                pushAgain: () => services.forge.pushAgain(developer.name, repository, branch),
              }),
          stateMachineArn: value(stack, 'StateMachineArn'),
          pipelines: { qat: value(stack, 'QatPipelineName'), prod: value(stack, 'ProdPipelineName') },
          qatUrl: `http://${APPLICATION_HOST}:${services.autoscaling.frontDoorPort(value(stack, 'QatAutoScalingGroupName')) ?? host.ports.qat}`,
          prodUrl: value(stack, 'ProdUrl'),
        };
      }),
  );
  const client = {
    endpoint: host.endpointUrl,
    region: host.region,
    credentials: host.administratorKey(),
  };
  const { Parameter: versions }: GetParameterResult = await host.call(administrator, 'ssm', 'GetParameter', {
    Name: platformParameters.configurationVersions,
  });
  return {
    siteUrl: value(platform, 'ApprovalsUrl'),
    ledger: createDynamoDbLedger(value(platform, 'LedgerTableName'), new DynamoDBClient(client)),
    executions: createSfnExecutions(new SFNClient(client)),
    configurationVersion: readConfigurationVersions(versions?.Value ?? '{}'),
    applications,
  };
};

/** The parts of a state that tell its external job. */
interface StartJobState {
  readonly Type?: string;
  readonly Arguments?: {
    readonly Payload?: { readonly kind?: string; readonly parameters?: Readonly<Record<string, string>> };
  };
}

/** Where the deploy action of a pipeline deploys to, as `<application>/<deployment group>`. */
const deploymentTarget = async (run: LocalRun, pipelineName: string): Promise<string> => {
  const { pipeline }: GetPipelineOutput = await run.host.call(administrator, 'codepipeline', 'GetPipeline', {
    name: pipelineName,
  });
  const deploy = (pipeline?.stages ?? [])
    .flatMap((stage) => stage.actions ?? [])
    .find((action) => action.actionTypeId?.provider === 'CodeDeploy');
  return `${deploy?.configuration?.ApplicationName}/${deploy?.configuration?.DeploymentGroupName}`;
};

/**
 * What the external job of each state works on, by state name: where a failure that was asked for is to happen.
 * Read from the deployed definition.
 */
export const faultTargets = async (run: LocalRun, stateMachineArn: string): Promise<Map<string, string>> => {
  const machine: DescribeStateMachineOutput = await run.host.call(
    administrator,
    'states',
    'DescribeStateMachine',
    {
      stateMachineArn,
    },
  );
  const { States: states } = JSON.parse(machine.definition ?? '{}') as {
    States: Record<string, StartJobState>;
  };
  const targets = new Map<string, string>();
  for (const [name, state] of Object.entries(states)) {
    const { kind, parameters } = state.Arguments?.Payload ?? {};
    if (kind === 'code-build') targets.set(name, parameters?.projectName ?? '');
    if (kind === 'image-build') targets.set(name, parameters?.imagePipelineArn ?? '');
    if (kind === 'instance-refresh') targets.set(name, parameters?.autoScalingGroupName ?? '');
    if (kind === 'pipeline-run')
      targets.set(name, await deploymentTarget(run, parameters?.pipelineName ?? ''));
  }
  return targets;
};

/**
 * Checks the failures that the command line asks for.
 * @returns a function that arms them
 * @throws UsageError for a state without an external job, listing those that have one
 */
export const checkFailures = async (
  run: LocalRun,
  stateMachineArn: string,
  failures: ReadonlyMap<string, number>,
): Promise<() => void> => {
  const targets = await faultTargets(run, stateMachineArn);
  for (const state of failures.keys()) {
    if (targets.has(state)) continue;
    const known = [...targets.keys()].map((name) => JSON.stringify(name)).join(', ');
    throw new UsageError(
      `--fail takes a state that has an external job, got ${JSON.stringify(state)}. These have one: ${known}.`,
    );
  }
  return () => {
    for (const [state, attempts] of failures) run.host.faults.arm(targets.get(state) ?? '', attempts);
  };
};

/** A pipeline's definition, as the store keeps it. */
export interface Declaration {
  readonly name: string;
  readonly roleArn: string;
  readonly version: number;
  readonly artifactStore: { readonly bucket: string; readonly kmsKeyId?: string };
  readonly stages: readonly StageDeclaration[];
  readonly variables: readonly VariableDeclaration[];
  /** Pushes that start it. @default none do */
  readonly triggers?: readonly TriggerDeclaration[];
}

/** Pushes to one of these branches, through the connection of a source action. */
export interface TriggerDeclaration {
  readonly sourceActionName: string;
  readonly branches: readonly string[];
}

export interface StageDeclaration {
  readonly name: string;
  readonly actions: readonly ActionDeclaration[];
}

interface VariableDeclaration {
  readonly name: string;
  readonly defaultValue?: string;
  readonly description?: string;
}

export interface ActionDeclaration {
  readonly name: string;
  readonly type: ActionType;
  readonly runOrder: number;
  readonly configuration: Readonly<Record<string, string>>;
  readonly inputArtifacts: readonly string[];
  readonly outputArtifacts: readonly string[];
  readonly roleArn?: string;
  /** Under which later actions find its output variables. */
  readonly namespace?: string;
  readonly timeoutMinutes?: number;
}

export interface ActionType {
  readonly category: 'Source' | 'Test' | 'Invoke' | 'Deploy';
  readonly owner: 'AWS' | 'ThirdParty' | 'Custom';
  readonly provider: string;
  readonly version: string;
}

/** What each known kind of action takes. */
interface ActionKind {
  readonly category: ActionType['category'];
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** By provider; every one is AWS's, version 1. */
const kinds: Readonly<Record<string, ActionKind>> = {
  CodeCommit: {
    category: 'Source',
    required: ['RepositoryName', 'BranchName', 'PollForSourceChanges'],
    optional: ['OutputArtifactFormat'],
  },
  CodeStarSourceConnection: {
    category: 'Source',
    required: ['ConnectionArn', 'FullRepositoryId', 'BranchName', 'DetectChanges'],
    optional: ['OutputArtifactFormat'],
  },
  S3: {
    category: 'Source',
    required: ['S3Bucket', 'S3ObjectKey', 'PollForSourceChanges'],
    optional: ['AllowOverrideForS3ObjectKey'],
  },
  CodeBuild: { category: 'Test', required: ['ProjectName'], optional: ['EnvironmentVariables'] },
  Lambda: { category: 'Invoke', required: ['FunctionName'], optional: ['UserParameters'] },
  CodeDeploy: { category: 'Deploy', required: ['ApplicationName', 'DeploymentGroupName'], optional: [] },
};

/** What lets pushes start a pipeline by themselves. */
const switches = ['PollForSourceChanges', 'DetectChanges'];

/** Longest text of a Lambda action's user parameters. Source: CodePipeline quotas. */
const LONGEST_USER_PARAMETERS = 1000;

/** `#{namespace.name}` in an action's configuration. */
const REFERENCE = /#\{([A-Za-z0-9@_-]+)\.([A-Za-z0-9@_-]+)\}/g;

/**
 * Fills in the variables of a configuration.
 * @param look gives a variable's value
 * @throws Error naming the reference that has no value
 */
export const resolveConfiguration = (
  configuration: Readonly<Record<string, string>>,
  look: (namespace: string, name: string) => string | undefined,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(configuration).map(([key, text]) => [
      key,
      text.replace(REFERENCE, (reference, namespace: string, name: string) => {
        const value = look(namespace, name);
        if (value === undefined)
          throw new Error(`${key} refers to ${reference}, which no earlier action or variable gives.`);
        return value;
      }),
    ]),
  );

/** What CodePipeline, or the emulator, reports in a definition; empty when it is usable. */
export const findProblems = ({ stages, variables, triggers = [] }: Declaration): string[] => {
  const problems: string[] = [];
  const report = (text: string) => problems.push(text);
  if (stages.length < 2) report(`a pipeline needs at least two stages; received ${stages.length}`);
  for (const name of repeated(stages.map((stage) => stage.name))) report(`the stage ${name} is there twice`);
  for (const name of repeated(variables.map((variable) => variable.name)))
    report(`the variable ${name} is there twice`);
  const artifacts = new Set<string>();
  const namespaces = new Set(['codepipeline', 'variables']);
  stages.forEach((stage, index) => {
    if (stage.actions.length === 0) report(`the stage ${stage.name} has no actions`);
    for (const name of repeated(stage.actions.map((action) => action.name)))
      report(`the stage ${stage.name} has the action ${name} twice`);
    for (const action of byRunOrder(stage).flat()) {
      const place = `action ${action.name} of stage ${stage.name}`;
      for (const text of findActionProblems(action, index === 0)) report(`${place}: ${text}`);
      for (const name of action.inputArtifacts)
        if (!artifacts.has(name)) report(`${place}: no earlier action puts out the artifact ${name}`);
      for (const [reference, namespace = '', name = ''] of referencesOf(action)) {
        const isKnown = namespaces.has(namespace) && isDeclared(namespace, name, variables);
        if (!isKnown) report(`${place}: ${reference} is declared by no earlier action or variable`);
      }
      for (const name of action.outputArtifacts) artifacts.add(name);
      if (action.namespace !== undefined) namespaces.add(action.namespace);
    }
  });
  for (const { sourceActionName, branches } of triggers) {
    const source = stages[0]?.actions.find(({ name }) => name === sourceActionName);
    if (source?.type.provider !== 'CodeStarSourceConnection')
      report(`a trigger names the source ${sourceActionName}, which is no connection`);
    for (const branch of branches)
      if (/[*?[\]{}!]/.test(branch)) report(`the emulator has no patterns of branches; received ${branch}`);
  }
  return problems;
};

const findActionProblems = (action: ActionDeclaration, isFirstStage: boolean): string[] => {
  const { type, configuration } = action;
  const kind = kinds[type.provider];
  if (!kind || kind.category !== type.category || type.owner !== 'AWS' || type.version !== '1')
    return [
      `the emulator has no ${type.category} action ${type.owner}/${type.provider} version ${type.version}; ` +
        `it has ${Object.entries(kinds)
          .map(([name, { category }]) => `${category} AWS/${name}`)
          .join(', ')}`,
    ];
  const problems: string[] = [];
  if ((kind.category === 'Source') !== isFirstStage)
    problems.push('source actions, and no others, belong in the first stage');
  for (const key of kind.required)
    if (configuration[key] === undefined && !switches.includes(key)) problems.push(`${key} is required`);
  for (const key of Object.keys(configuration))
    if (![...kind.required, ...kind.optional].includes(key)) problems.push(`${key} is not known`);
  // Left out it means true: every push would start the pipeline (T22).
  for (const key of switches)
    if (kind.required.includes(key) && configuration[key] !== 'false')
      problems.push(
        `${key} must be "false", or pushes start the pipeline; received ${configuration[key] ?? 'nothing'}`,
      );
  if ((configuration.OutputArtifactFormat ?? 'CODE_ZIP') !== 'CODE_ZIP')
    problems.push(`OutputArtifactFormat must be CODE_ZIP; received ${configuration.OutputArtifactFormat}`);
  if ((configuration.UserParameters ?? '').length > LONGEST_USER_PARAMETERS)
    problems.push(`UserParameters must have at most ${LONGEST_USER_PARAMETERS} characters`);
  if (kind.category === 'Source' && action.outputArtifacts.length !== 1)
    problems.push('a source action has exactly one output artifact');
  if (['CodeBuild', 'CodeDeploy'].includes(type.provider) && action.inputArtifacts.length !== 1)
    problems.push(`a ${type.provider} action has exactly one input artifact`);
  return problems;
};

const referencesOf = ({ configuration }: ActionDeclaration) =>
  Object.values(configuration).flatMap((text) => [...text.matchAll(REFERENCE)]);

/** What an action puts out is only known when it has run. */
const isDeclared = (namespace: string, name: string, variables: readonly VariableDeclaration[]) =>
  namespace === 'variables'
    ? variables.some((variable) => variable.name === name)
    : namespace !== 'codepipeline' || name === 'PipelineExecutionId';

/** A stage's actions in the order in which they run: those of one group run at the same time. */
export const byRunOrder = (stage: StageDeclaration): ActionDeclaration[][] => {
  const groups = new Map<number, ActionDeclaration[]>();
  for (const action of stage.actions)
    groups.set(action.runOrder, [...(groups.get(action.runOrder) ?? []), action]);
  return [...groups].sort(([one], [other]) => one - other).map(([, actions]) => actions);
};

const repeated = (names: readonly string[]) =>
  new Set(names.filter((name, index) => names.indexOf(name) !== index));

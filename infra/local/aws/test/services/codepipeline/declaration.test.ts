import {
  type ActionDeclaration,
  byRunOrder,
  type Declaration,
  findProblems,
  resolveConfiguration,
} from '../../../services/codepipeline/declaration.ts';

const source: ActionDeclaration = {
  name: 'Source',
  type: { category: 'Source', owner: 'AWS', provider: 'CodeCommit', version: '1' },
  runOrder: 1,
  configuration: { RepositoryName: 'orders', BranchName: 'main', PollForSourceChanges: 'false' },
  inputArtifacts: [],
  outputArtifacts: ['App'],
  namespace: 'SourceVariables',
};
const guard: ActionDeclaration = {
  name: 'Guard',
  type: { category: 'Invoke', owner: 'AWS', provider: 'Lambda', version: '1' },
  runOrder: 1,
  configuration: {
    FunctionName: 'guard',
    UserParameters: '#{variables.PROMOTION_ID} #{SourceVariables.CommitId}',
  },
  inputArtifacts: [],
  outputArtifacts: [],
};
const deploy: ActionDeclaration = {
  name: 'Deploy',
  type: { category: 'Deploy', owner: 'AWS', provider: 'CodeDeploy', version: '1' },
  runOrder: 2,
  configuration: { ApplicationName: 'orders', DeploymentGroupName: 'qat' },
  inputArtifacts: ['App'],
  outputArtifacts: [],
};
const pipeline = (changes: { source?: object; guard?: object; deploy?: object } = {}): Declaration => ({
  name: 'p',
  roleArn: 'arn:role',
  version: 1,
  artifactStore: { bucket: 'artifacts' },
  variables: [{ name: 'PROMOTION_ID', defaultValue: 'none' }],
  stages: [
    { name: 'Source', actions: [{ ...source, ...changes.source }] },
    {
      name: 'Deploy',
      actions: [
        { ...deploy, ...changes.deploy },
        { ...guard, ...changes.guard },
      ],
    },
  ],
});

describe('a pipeline definition', () => {
  it('is usable with a source, a guard and a deployment', () => {
    expect(findProblems(pipeline())).toEqual([]);
  });

  it('runs actions in groups by their order', () => {
    const [, stage] = pipeline().stages;
    expect(stage && byRunOrder(stage).map((group) => group.map(({ name }) => name))).toEqual([
      ['Guard'],
      ['Deploy'],
    ]);
  });

  it.each<[string, Declaration, RegExp]>([
    ['has one stage', { ...pipeline(), stages: pipeline().stages.slice(0, 1) }, /at least two stages/],
    [
      'polls its source (T22)',
      pipeline({ source: { configuration: { RepositoryName: 'o', BranchName: 'm' } } }),
      /PollForSourceChanges must be "false".*received nothing/,
    ],
    [
      'has an unknown kind of action',
      pipeline({ guard: { type: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' } } }),
      /no Approval action AWS\/Manual/,
    ],
    [
      'deploys in the first stage',
      {
        ...pipeline(),
        stages: [
          { name: 'A', actions: [deploy] },
          { name: 'B', actions: [source] },
        ],
      },
      /source actions, and no others/,
    ],
    [
      'needs an artifact that nobody makes',
      pipeline({ deploy: { inputArtifacts: ['Other'] } }),
      /no earlier action puts out the artifact Other/,
    ],
    [
      'reads a variable that is not declared',
      pipeline({ guard: { configuration: { FunctionName: '#{variables.NAME}' } } }),
      /#\{variables\.NAME\} is declared by no earlier/,
    ],
    [
      'reads a namespace that comes later',
      pipeline({ guard: { configuration: { FunctionName: '#{Later.Name}' } } }),
      /#\{Later\.Name\}/,
    ],
    [
      'lacks a setting',
      pipeline({ deploy: { configuration: { ApplicationName: 'a' } } }),
      /DeploymentGroupName is required/,
    ],
    [
      'has a setting that is not known',
      pipeline({ deploy: { configuration: { ...deploy.configuration, AppSpec: 'x' } } }),
      /AppSpec is not known/,
    ],
    [
      'has an action twice',
      {
        ...pipeline(),
        stages: [pipeline().stages[0] ?? { name: '', actions: [] }, { name: 'B', actions: [guard, guard] }],
      },
      /has the action Guard twice/,
    ],
    [
      'has user parameters that are too long',
      pipeline({ guard: { configuration: { FunctionName: 'f', UserParameters: 'x'.repeat(1001) } } }),
      /at most 1000/,
    ],
  ])('is invalid when it %s', (_name, declaration, message) => {
    expect(findProblems(declaration).join('\n')).toMatch(message);
  });
});

describe('variables', () => {
  it('are filled in wherever they stand', () => {
    const values: Record<string, string> = { 'variables.A': 'one', 'ns.B_2': 'two' };
    const look = (namespace: string, name: string) => values[`${namespace}.${name}`];
    expect(
      resolveConfiguration({ a: '{"x":"#{variables.A}","y":"#{ns.B_2}#{ns.B_2}"}', b: '#{ no }' }, look),
    ).toEqual({
      a: '{"x":"one","y":"twotwo"}',
      b: '#{ no }',
    });
  });

  it('fail when they have no value', () => {
    expect(() => resolveConfiguration({ a: '#{ns.X}' }, () => undefined)).toThrow('a refers to #{ns.X}');
  });
});

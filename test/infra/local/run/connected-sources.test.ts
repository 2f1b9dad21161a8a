import {
  connectedSources,
  forgeApiUrl,
  prepareForge,
} from '../../../../infra/local/run/connected-sources.ts';

const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:github-a1B2c3';
const pipeline = (Configuration: object) => ({
  Type: 'AWS::CodePipeline::Pipeline',
  Properties: { Stages: [{ Actions: [{ Configuration }] }] },
});
const withVariables = (Variables: object) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Environment: { Variables } },
});
const assemblyOf = (...resources: readonly object[]) =>
  ({
    stacks: [
      { template: { Resources: Object.fromEntries(resources.map((one, index) => [`R${index}`, one])) } },
      { template: {} },
    ],
  }) as unknown as Parameters<typeof connectedSources>[0];

it('finds repositories and secrets, each once', () => {
  const found = connectedSources(
    assemblyOf(
      pipeline({ FullRepositoryId: 'example/orders' }),
      pipeline({ FullRepositoryId: 'example/orders' }),
      pipeline({ RepositoryName: 'stock' }),
      withVariables({ SOURCE_TOKEN_SECRET_ARN: SECRET }),
      withVariables({ SOURCE_TOKEN_SECRET_ARN: 'none' }),
      withVariables({ SOURCE_TOKEN_SECRET_ARN: { Ref: 'Secret' } }),
      { Type: 'AWS::SNS::Topic' },
    ),
  );
  expect(found).toEqual({ repositories: ['example/orders'], secrets: [SECRET] });
});

it('makes them on the forge', async () => {
  const made: string[] = [];
  await prepareForge(
    {
      forge: {
        createRepository: async (repository: string) => void made.push(repository),
        readOnlyToken: () => 'reader',
      },
      secretsmanager: { keep: (arn: string, value: string) => void made.push(`${arn} ${value}`) },
    } as unknown as Parameters<typeof prepareForge>[0],
    assemblyOf(
      pipeline({ FullRepositoryId: 'example/orders' }),
      withVariables({ SOURCE_TOKEN_SECRET_ARN: SECRET }),
    ),
  );
  expect(made).toEqual(['example/orders', `${SECRET} reader`]);
});

it.each([
  ['gitlab', 'http://forge/api/v4'],
  ['github', 'http://forge/api/v3'],
  ['none', undefined],
])("gives the address of the forge's API in the form that functions read: %s", (provider, url) => {
  const { stacks } = assemblyOf(
    { Type: 'AWS::SNS::Topic' },
    withVariables({ SOURCE_PROVIDER: 'none' }),
    withVariables({ SOURCE_PROVIDER: provider }),
  );
  const apiUrls = { github: 'http://forge/api/v3', gitlab: 'http://forge/api/v4' };
  expect(stacks.map((stack) => forgeApiUrl(stack, apiUrls))).toEqual([url, undefined]);
});

import { changeResources } from '../support/templates.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(120_000);

interface Statement {
  Action: string | string[];
}
/** Takes one action out of every inline policy of the templates. @returns how many statements held it */
const revoke = (assemblyDirectory: string, action: string): number => {
  let revoked = 0;
  changeResources(assemblyDirectory, ({ Type, Properties }) => {
    if (Type !== 'AWS::IAM::Policy') return true;
    const document = Properties?.PolicyDocument as { Statement: Statement[] };
    for (const statement of document.Statement) {
      const actions = [statement.Action].flat();
      if (!actions.includes(action)) continue;
      revoked++;
      statement.Action = actions.filter((granted) => granted !== action);
    }
    document.Statement = document.Statement.filter(({ Action }) => Action.length > 0);
    return true;
  });
  return revoked;
};

describe('a permission removed from the template', () => {
  let scenario: Scenario | undefined;
  afterEach(async () => {
    await scenario?.stop();
    scenario = undefined;
  });

  it.each([
    ['imagebuilder:StartImagePipelineExecution', /role\/.*StartJob/i, /:image-pipeline\//],
    ['lambda:InvokeFunction', /role\//, /:function:/],
    ['codedeploy:CreateDeployment', /role\/.*Pipeline/i, /:deploymentgroup:/],
  ])(
    'fails the promotion with AccessDenied that names role, action and resource: %s',
    async (action, role, resource) => {
      scenario = await startScenario({
        change: (assembly) => expect(revoke(assembly, action)).toBeGreaterThan(0),
      });
      const promotion = await scenario.startPromotion();
      const { status, error, cause } = await promotion.ended();
      expect(status).toBe('FAILED');
      expect(`${error} ${cause}`).toMatch(/AccessDenied|not authorized/);
      expect(cause).toContain(action);
      expect(scenario.run.host.accessReport().denied).toContainEqual({
        role: expect.stringMatching(role),
        action: expect.stringMatching(new RegExp(`^${action}$`, 'i')),
        resource: expect.stringMatching(resource),
      });
    },
  );
});

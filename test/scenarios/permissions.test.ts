import { pause } from '../../infra/local/run/follow.ts';
import { changeResources } from '../support/templates.ts';
import { eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

interface Statement {
  Action: string | string[];
}
/** Takes an action out of the inline policies of some roles. @returns how many statements held it */
const revoke = (assemblyDirectory: string, action: string, policies: RegExp): number => {
  let revoked = 0;
  changeResources(assemblyDirectory, ({ Type, Properties }, logicalId) => {
    if (Type !== 'AWS::IAM::Policy' || !policies.test(logicalId)) return true;
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
    ['imagebuilder:StartImagePipelineExecution', /StartJob/, /:image-pipeline\//],
    ['ssm:PutParameter', /PointAtImage/, /:parameter\/lockstep\/orders\/qat\/image/],
    ['codedeploy:CreateDeployment', /QatPipeline/, /:deploymentgroup:/],
  ])(
    'fails the promotion with AccessDenied that names role, action and resource: %s',
    async (action, role, resource) => {
      scenario = await startScenario({
        change: (assembly) => expect(revoke(assembly, action, role)).toBeGreaterThan(0),
      });
      const promotion = await scenario.startPromotion();
      const { status, error, cause } = await promotion.ended();
      expect(status).toBe('FAILED');
      expect(`${error} ${cause}`).toMatch(/AccessDenied|not authorized/);
      expect(cause).toContain(action);
      expect(scenario.run.host.accessReport().denied).toContainEqual({
        role: expect.stringMatching(role),
        action,
        resource: expect.stringMatching(resource),
      });
    },
  );

  it('of the state machine itself fails the promotion once its retries are spent', async () => {
    scenario = await startScenario({
      change: (assembly) =>
        expect(revoke(assembly, 'lambda:InvokeFunction', /^PromotionRole/)).toBeGreaterThan(0),
    });
    const promotion = await scenario.startPromotion();
    const { host } = scenario.run;
    await eventually('the denial', () => host.accessReport().denied.at(0));
    scenario.advance({ minutes: 1 });
    for (let minute = 0; minute < 5; minute++) {
      await pause(200);
      scenario.advance({ minutes: 1 });
    }
    const { error, cause } = await promotion.ended();
    expect(error).toBe('Lambda.AWSLambdaException');
    expect(cause).toMatch(/PromotionRole.*lambda:InvokeFunction.*AcquireLock/s);
  });

  it('that a deployment needs fails the deployment of the templates with the same words', async () => {
    const starting = startScenario({
      change: (assembly) =>
        expect(revoke(assembly, 'codedeploy:CreateDeploymentGroup', /ProdFleet/)).toBeGreaterThan(0),
    });
    await expect(starting).rejects.toThrow(
      /ProdFleet.*is not authorized to perform: codedeploy:CreateDeploymentGroup/s,
    );
  });
});

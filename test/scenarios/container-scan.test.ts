import { removeAbandoned } from '@lockstep/aws-emulator';
import { instancesOf } from '../../infra/local/aws/instances/instances.ts';
import {
  describeWithEngine,
  TEST_IMAGE,
  testEngine,
} from '../../infra/local/aws/test/instances/container/test-engine.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { makeMachineImage } from '../support/machine-image/make.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(900_000);

describeWithEngine('an image that is really built, and scanned on the way', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    const engine = await testEngine();
    makeMachineImage(engine.name);
    scenario = await startScenario({
      lockstep: {
        approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
        operators: ['olga@example.com'],
        applications: [
          {
            name: 'orders',
            runtime: 'none',
            image: { scan: 'component', components: ['test/support/machine-image/scan.yaml'] },
          },
        ],
      },
      containers: { engine, baseImage: `${TEST_IMAGE}-machine`, applicationPort: () => 80 },
    });
  });
  afterAll(async () => {
    await scenario?.stop();
    await removeAbandoned(await testEngine());
  });

  it('is stopped by what the component wrote on its build instance, and has nothing of the report', async () => {
    const promotion = await scenario.startPromotion();
    const end = await promotion.ended();
    expect(end).toMatchObject({ status: 'FAILED', error: 'ImageGateFailed' });
    // The version is what the build instance said of itself.
    expect(end.cause).toContain('CVE-2026-7777 (critical) in bash debian, fixed in 9.');
    expect((await promotion.states()).at(-1)).toEqual([names.buildQatImage, expect.anything()]);

    const [imageId] = /ami-[0-9a-f]+/.exec(end.cause ?? '') ?? [];
    expect(imageId).toBeDefined();
    const { workshop } = instancesOf(scenario.run.host);
    const machine = await workshop?.open('look', await workshop.imageOf(imageId), 'i-0123456789abcdef0');
    const seen = await machine?.bash('test -e /var/tmp/lockstep', {
      timeoutMs: 60_000,
      onOutput: () => undefined,
    });
    await machine?.remove();
    expect(seen).toMatchObject({ code: 1 });
  });
});

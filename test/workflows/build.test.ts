import aslValidator from 'asl-validator';
import { Duration } from 'aws-cdk-lib';
import jsonata from 'jsonata';
import { stateNames as names } from '../../workflows/state-names.ts';
import { renderDefinition } from './support/rendered.ts';

const { States: plain } = renderDefinition();
const definition = renderDefinition({
  build: { projectName: 'lockstep-orders-build', timeout: Duration.minutes(60) },
});
const { States: states } = definition;
const parametersOf = (name: string) => states[name]?.Arguments?.Payload.parameters;

describe('a promotion whose commit is built', () => {
  it('builds it once, before any image, and needs QAT’s lock for that', () => {
    expect(plain[names.buildRevision]).toBeUndefined();
    expect(plain[names.lockQat]?.Next).toBe(names.buildQatImage);
    expect(states[names.lockQat]?.Next).toBe(names.buildRevision);
    expect(states[names.buildRevision]).toMatchObject({
      Next: names.buildQatImage,
      TimeoutSeconds: (60 + 75) * 60,
      Assign: { built: '{% $states.result %}' },
      Arguments: {
        Payload: {
          kind: 'code-build',
          environment: 'qat',
          parameters: { projectName: 'lockstep-orders-build', commitId: '{% $promotion.commitId %}' },
        },
      },
    });
    expect(states[names.buildProdImage]?.Next).toBe(names.pointProdAtImage);
  });

  it('waits longer for QAT, which another may build for', () => {
    const wait = (of: typeof states) => of[names.lockQat]?.TimeoutSeconds ?? 0;
    expect(wait(states) - wait(plain)).toBe((60 + 75) * 60);
  });

  it.each([names.deployToQat, names.deployToProd])('gives %s the archive by key and version', (name) => {
    expect(parametersOf(name)).toMatchObject({
      builtKey: '{% $built.key %}',
      builtVersion: '{% $built.version %}',
      commitId: '{% $promotion.commitId %}',
    });
    expect(plain[name]?.Arguments?.Payload.parameters).not.toHaveProperty('builtKey');
  });

  it('has approvers decide about it, verifies it in Prod, and gives it out', () => {
    for (const name of [names.qcApproval, names.pmoApproval])
      expect(states[name]?.Arguments?.Payload.candidate).toMatchObject({ built: '{% $built %}' });
    expect(states[names.verifyProd]?.Arguments?.Payload).toMatchObject({
      builtVersion: '{% $built.version %}',
    });
    expect(states[names.promoted]?.Output).toMatchObject({ built: '{% $built %}' });
  });

  it('goes back to what was built then; to a release without a build with null, which "Check release" turns down', async () => {
    const choice = states[names.isGoBack]?.Choices?.find(({ Next }) => Next === names.checkRelease);
    const expression = String(choice?.Assign?.built).replace(/^\{%|%\}$/g, '');
    const assigned = (goBack: object) => jsonata(expression).evaluate({}, { states: { input: { goBack } } });
    expect(await assigned({ built: { key: 'k' } })).toEqual({ key: 'k' });
    expect(await assigned({})).toBeNull();
    expect(states[names.checkRelease]?.Arguments?.Payload).toMatchObject({ built: '{% $built %}' });
  });

  it('is valid', () => {
    const { isValid, errorsText } = aslValidator(definition);
    expect([isValid, errorsText()]).toEqual([true, expect.anything()]);
  });
});

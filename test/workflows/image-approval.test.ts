import aslValidator from 'asl-validator';
import jsonata from 'jsonata';
import { resumePoint } from '../../tasks/redrive/resume-point.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { anExecution } from '../tasks/redrive/redrive-context.ts';
import { renderDefinition, type State } from './support/rendered.ts';

const { States: plain } = renderDefinition();
const definition = renderDefinition({ onDrift: 'ask' });
const { States: states } = definition;

const evaluate = (expression: unknown, variables: object): Promise<unknown> =>
  jsonata(String(expression).replace(/^\{%|%\}$/g, '')).evaluate({}, variables);

/** The states from "Build Prod image" on, by what was built and decided, and the error that it ends with. */
const passed = async (result: object, qc: unknown, pmo: unknown): Promise<readonly string[]> => {
  const variables: Record<string, unknown> = { qc, pmo, states: { result } };
  for (const [name, expression] of Object.entries(states[names.buildProdImage]?.Assign ?? {}))
    variables[name] = await evaluate(expression, variables);
  const way: string[] = [];
  for (let next: string | undefined = states[names.buildProdImage]?.Next; next !== undefined; ) {
    way.push(next);
    const { Next, Default, Choices = [] }: State = states[next] ?? { Type: '' };
    let chosen: string | undefined;
    for (const one of Choices)
      if (chosen === undefined && (await evaluate(one.Condition, variables)) === true) chosen = one.Next;
    next = chosen ?? Next ?? Default;
  }
  return way;
};
const yes = { decision: 'approve' };
const built = { imageId: 'ami-1', inventory: 'd1' };
const differing = { ...built, differs: 'The package jq was added.' };
const toProd = [names.pointProdAtImage, names.deployToProd, names.verifyProd, names.promoted];
const asked = [names.isAsApproved, names.qcImageApproval, names.didQcApproveImage];
const askedBoth = [...asked, names.pmoImageApproval, names.didPmoApproveImage];

describe('a promotion in which people are asked about a Prod image that differs', () => {
  it.each([
    ['asks nobody about one that is as approved', built, yes, yes, [names.isAsApproved, ...toProd]],
    ['asks both', differing, yes, yes, [...askedBoth, names.confirmImageApprovers, ...toProd]],
    ['ends if QC rejects', differing, { decision: 'reject' }, yes, [...asked, names.rejected]],
    ['ends if PMO rejects', differing, yes, { decision: 'reject' }, [...askedBoth, names.rejected]],
    [
      'ends if a token was completed with anything else',
      differing,
      { x: 1 },
      yes,
      [...asked, names.rejected],
    ],
  ])('%s', async (_, result, qc, pmo, way) => {
    expect(await passed(result, qc, pmo)).toEqual(way);
  });

  it('is the only one that has these states, and whose job does not fail', () => {
    expect(
      Object.keys(states)
        .filter((name) => plain[name] === undefined)
        .sort(),
    ).toEqual([...askedBoth, names.confirmImageApprovers].sort());
    const parameters = (of: typeof states, name: string) => of[name]?.Arguments?.Payload.parameters;
    expect(parameters(states, names.buildProdImage)).toMatchObject({ onDrift: 'ask' });
    expect(parameters(states, names.buildQatImage)).not.toHaveProperty('onDrift');
    expect(parameters(plain, names.buildProdImage)).not.toHaveProperty('onDrift');
    // A go-back builds nothing.
    expect(states[names.isImageRecorded]?.Choices?.map(({ Next }) => Next)).toEqual([
      names.buildProdImage,
      names.pointProdAtImage,
    ]);
  });

  it.each([
    [names.qcImageApproval, names.qcApproval, 'qc'],
    [names.pmoImageApproval, names.pmoApproval, 'pmo'],
  ])('"%s" asks as "%s", also about the image, while the promotion holds Prod', (name, before, role) => {
    const payload = states[name]?.Arguments?.Payload;
    expect(payload).toEqual({
      ...states[before]?.Arguments?.Payload,
      state: name,
      candidate: {
        ...(states[before]?.Arguments?.Payload.candidate as object),
        prodImage: {
          imageId: '{% $prodImage %}',
          inventory: '{% $prodInventory %}',
          differs: '{% $prodDiffers %}',
        },
      },
    });
    expect(states[name]).toMatchObject({
      TimeoutSeconds: 7 * 86_400,
      Assign: { [role]: '{% $states.result %}' },
    });
    expect(states[name]?.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(
      expect.arrayContaining(['EnvironmentRestoring', 'PushNotConfirmed']),
    );
    expect(
      (states[name]?.Catch as { ErrorEquals: string[] }[] | undefined)?.flatMap((one) => one.ErrorEquals),
    ).toEqual(['Superseded', 'Recalled', 'Stale']);
  });

  it('waits longer for Prod, which another may hold while people decide', () => {
    const wait = (of: typeof states) => of[names.lockProd]?.TimeoutSeconds ?? 0;
    expect(wait(states) - wait(plain)).toBe(2 * 7 * 86_400 + 60);
  });

  it('gives redrive advice that Prod is needed, and what follows', () => {
    const pointAt = (state: string) => {
      const execution = anExecution(
        (history) =>
          history
            .done(names.buildProdImage)
            .choose(names.isAsApproved)
            .enter(state)
            .schedule()
            .taskTimedOut()
            .executionFailed('States.Timeout'),
        { definition: JSON.stringify(definition) },
      );
      const { work, environment, workStage, next } = resumePoint(execution, [], []) ?? {};
      return [work, environment, workStage, next?.at(0)];
    };
    expect(pointAt(names.qcImageApproval)).toEqual(['approval', 'prod', 'follows', names.pmoImageApproval]);
  });

  it('is valid', () => {
    const { isValid, errorsText } = aslValidator(definition);
    expect([isValid, errorsText()]).toEqual([true, expect.anything()]);
  });
});

import { stateNames } from '../../workflows/state-names.ts';
import { aJob, aPromotion } from '../tasks/doubles/samples.ts';
import { createScene } from './support/scene.ts';

const { promotionId } = aPromotion();
const PATH = `/promotions/${promotionId}`;
const reused = {
  choice: 'reuse',
  builtAt: '2026-11-21T12:00:00.000Z',
  sentence: 'Reused because equal: the image of then.',
} as const;

/** A promotion whose QAT image was built, or used again. */
const sceneWith = async (imageChoice?: typeof reused) => {
  const scene = createScene();
  await scene.addPromotion({}, (history) => history.enter(stateNames.buildQatImage).schedule());
  await scene.ledger.addJob(aJob({ state: stateNames.buildQatImage, ...(imageChoice && { imageChoice }) }));
  return scene;
};

describe('the page of a promotion whose images may be used again', () => {
  it.each([
    ['olga', true],
    ['quinn', false],
  ])('says to %s that one was, and lets only operators rebake: %s', async (name, isOperator) => {
    const scene = await sceneWith(reused);
    const text = await (await scene.get(PATH, await scene.signIn(name))).text();
    expect(text).toContain('Reused because equal: the image of then.');
    expect(text.includes(`action="${PATH}/rebake"`)).toBe(isOperator);
  });

  it('takes one click, says who asked, and logs it', async () => {
    const scene = await sceneWith(reused);
    const olga = await scene.signIn('olga');
    expect((await scene.post(`${PATH}/rebake`, olga)).headers.get('location')).toBe(PATH);
    expect(await scene.ledger.rebake('shop')).toMatchObject({ askedBy: { name: 'olga' } });
    expect(await (await scene.get(PATH, olga)).text()).toContain('asked for new images of');
    expect(scene.log).toContainEqual(expect.objectContaining({ event: 'rebake', person: 'olga' }));
  });

  it('denies it to everybody else', async () => {
    const scene = await sceneWith(reused);
    expect((await scene.post(`${PATH}/rebake`, await scene.signIn('parker'))).status).toBe(403);
    expect(await scene.ledger.rebake('shop')).toBeUndefined();
  });

  it('says nothing of it where each promotion builds', async () => {
    const scene = await sceneWith();
    expect(await (await scene.get(PATH, await scene.signIn('olga'))).text()).not.toContain('Rebake');
  });
});

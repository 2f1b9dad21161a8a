import { readCause } from '../../tasks/failure-cause.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { aPromotion } from '../tasks/doubles/samples.ts';
import { createScene, untilQc } from './support/scene.ts';

const { promotionId, executionArn } = aPromotion();
const PATH = `/promotions/${promotionId}`;

describe('a promotion that runs', () => {
  it.each([
    ['olga', true],
    ['quinn', false],
    ['dana', false],
  ])('offers %s its stop: %s', async (name, isOffered) => {
    const scene = createScene();
    await scene.addQcRequest();
    const cookie = await scene.signIn(name);
    expect((await (await scene.get(PATH, cookie)).text()).includes(`href="${PATH}/stop"`)).toBe(isOffered);
    const page = await scene.get(`${PATH}/stop`, cookie);
    expect(page.status).toBe(isOffered ? 200 : 403);
    expect((await page.text()).includes('name="reason"')).toBe(isOffered);
  });

  it('is stopped by an operator: recorded first, with name and reason', async () => {
    const order: string[] = [];
    const scene = createScene();
    const { noteStop, executions } = scene.dependencies;
    const watched = createScene({
      overrides: {
        noteStop: async (...given) => {
          order.push('noted');
          await noteStop(...given);
        },
        executions: {
          ...executions,
          read: async (arn) => watched.executions.get(arn),
          stop: async (...given) => {
            order.push('stopped');
            await executions.stop(...given);
          },
        },
      },
    });
    await watched.addQcRequest();
    const answer = await watched.post(`${PATH}/stop`, await watched.signIn('olga'), {
      reason: ' Wrong\r\nbranch ',
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, PATH]);
    expect(order).toEqual(['noted', 'stopped']);
    expect(scene.notedStops).toEqual([[promotionId, 'Wrong branch', 'olga']]);
    expect(scene.stopped).toEqual([{ arn: executionArn, error: 'Stopped', cause: expect.any(String) }]);
    expect(readCause(scene.stopped[0]?.cause ?? '')).toEqual({
      cause: 'olga stopped this promotion: Wrong branch',
      code: 'StoppedByOperator',
      stopped: { by: 'olga', reason: 'Wrong branch' },
    });
  });

  it('that cannot be recorded as stopped is not stopped', async () => {
    const scene = createScene({
      overrides: { noteStop: () => Promise.reject(new Error('the table is gone')) },
    });
    await scene.addQcRequest();
    const answer = await scene.post(`${PATH}/stop`, await scene.signIn('olga'), { reason: 'Wrong branch' });
    expect([answer.status, scene.stopped]).toEqual([500, []]);
  });

  it.each(['', '  ', 'x'.repeat(501)])('is not stopped for the reason %j', async (reason) => {
    const scene = createScene();
    await scene.addQcRequest();
    const answer = await scene.post(`${PATH}/stop`, await scene.signIn('olga'), { reason });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('Give a reason of 1 to 500 characters.');
    expect([scene.stopped, scene.notedStops]).toEqual([[], []]);
  });
});

describe('a promotion that was stopped', () => {
  const stoppedScene = async () => {
    const scene = createScene();
    const stopped = { by: 'olga', reason: 'Wrong \u202ebranch' };
    const cause = `olga stopped this promotion: ${stopped.reason}`;
    await scene.addPromotion(
      { status: 'ABORTED', endedAt: '2026-11-22T10:25:00.000Z', error: 'Stopped', cause },
      (history) => untilQc(history).aborted(),
      { cause, code: 'StoppedByOperator', stopped, error: 'Stopped' },
    );
    return scene;
  };

  it('says who stopped it and why, and that it can be redriven', async () => {
    const scene = await stoppedScene();
    const html = await (await scene.get(PATH, await scene.signIn('olga'))).text();
    expect(html).toContain('olga stopped this promotion: Wrong \\u202ebranch');
    expect(html).toContain(`Stopped at ${stateNames.qcApproval}`);
    expect(html).toContain(`Redrive from ${stateNames.qcApproval}`);
    expect(html).not.toContain(`${PATH}/stop`);
  });

  it('is not stopped again', async () => {
    const scene = await stoppedScene();
    const answer = await scene.post(`${PATH}/stop`, await scene.signIn('olga'), { reason: 'Once more' });
    expect([answer.status, scene.stopped, scene.notedStops]).toEqual([303, [], []]);
  });
});

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openStore, type Store } from '../../../store.ts';
import {
  callback,
  executionArn,
  type FakeFunction,
  hasEvent,
  invoke,
  isOver,
  lines,
  type StatesHost,
  statesHost,
  T0,
} from './states-host.ts';

const folders: string[] = [];
const running: StatesHost[] = [];
afterEach(async () => {
  for (const states of running.splice(0)) await states.stop();
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});
const newFolder = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-journal-'));
  folders.push(folder);
  return folder;
};
const open = async (functions: Record<string, FakeFunction>, store?: Store, time = T0) => {
  const states = await statesHost(functions, store, time);
  running.push(states);
  return states;
};
const restart = async (states: StatesHost) => {
  const next = await states.restart();
  running.push(next);
  return next;
};

const flow = {
  First: invoke({
    Assign: { id: '{% $uuid() %}', n: '{% $states.result.Payload.n %}' },
    Next: 'Ask',
    End: false,
  }),
  Ask: callback({
    TimeoutSeconds: 3600,
    Assign: { answer: '{% $states.result %}' },
    Next: 'Pause',
    End: false,
  }),
  Pause: { Type: 'Wait', Seconds: 60, Next: 'Last' },
  Last: invoke({ Output: '{% [$n, $answer] %}' }),
};

describe('the journal', () => {
  it('resumes an execution wherever the process was killed, with the same history', async () => {
    const functions: Record<string, FakeFunction> = { work: () => ({ n: 1 }) };
    /** Does what brings the execution to its end from where it is. */
    const finish = async (states: StatesHost) => {
      if (
        !states.store
          .table('states.machines')
          .has('arn:aws:states:us-east-1:000000000000:stateMachine:machine')
      ) {
        await states.machine(flow);
      }
      const known = await states.describe('one').catch(() => undefined);
      if (!known) await states.start('one');
      const sawAll = (count: number) => hasEvent('TaskSubmitted', count);
      await states.until('one', (execution, events) => isOver(execution) || sawAll(1)(execution, events));
      const scheduled = (await states.history('one')).findLast(
        (event) => event.taskScheduledEventDetails?.resource === 'invoke.waitForTaskToken',
      );
      const taskToken = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? '{}').Payload.token;
      await states
        .call('SendTaskSuccess', { taskToken, output: '"yes"' })
        .catch((error: Error) => expect(error.name).toBe('TaskTimedOut'));
      await states.until('one', hasEvent('WaitStateEntered'));
      states.clock.advance(60_000 - (states.clock.now() - T0));
      await states.until('one', isOver);
      return states.history('one');
    };

    const folder = newFolder();
    const states = await open(functions, openStore(folder));
    const whole = lines(await finish(states));
    expect((await states.describe('one')).output).toBe('[1,"yes"]');
    const id = (await states.history('one')).find(
      (event) => event.stateExitedEventDetails?.assignedVariables?.id,
    );
    states.store.close();

    const journal = fs.readFileSync(path.join(folder, 'journal.ndjson'), 'utf8').split('\n').slice(0, -1);
    expect(journal.length).toBeGreaterThan(12);
    for (let kept = 1; kept <= journal.length; kept++) {
      const cut = newFolder();
      fs.writeFileSync(path.join(cut, 'journal.ndjson'), `${journal.slice(0, kept).join('\n')}\n`);
      const resumed = await open(functions, openStore(cut));
      const history = await finish(resumed);
      expect(lines(history)).toEqual(whole);
      const again = history.find((event) => event.stateExitedEventDetails?.assignedVariables?.id);
      expect(again?.stateExitedEventDetails?.assignedVariables).toEqual(
        id?.stateExitedEventDetails?.assignedVariables,
      );
      await resumed.stop();
      resumed.store.close();
    }
  });

  it('makes a call again that had not returned, once, and no call that had', async () => {
    let hang = true;
    const states = await open({ work: () => (hang ? new Promise(() => undefined) : { n: 2 }) });
    await states.machine({ A: invoke() });
    await states.start('one');
    await states.until('one', hasEvent('TaskStarted'));
    hang = false;
    const second = await restart(states);
    await second.until('one', isOver);
    expect(second.calls).toHaveLength(1);
    expect((await second.history('one')).filter((event) => event.type === 'TaskStarted')).toHaveLength(1);
    const third = await restart(second);
    expect(await third.describe('one')).toEqual(await second.describe('one'));
    expect(await third.history('one')).toEqual(await second.history('one'));
    expect(third.calls).toEqual([]);
  });

  it('keeps tokens valid and does not start a submitted task again', async () => {
    const states = await open({ work: () => 1 });
    await states.machine({ A: callback() });
    await states.start('one');
    await states.until('one', hasEvent('TaskSubmitted'));
    const second = await restart(states);
    const { token } = states.calls[0] as { token: string };
    await second.call('SendTaskSuccess', { taskToken: token, output: '1' });
    expect([(await second.describe('one')).status, second.calls]).toEqual(['SUCCEEDED', []]);
  });

  it('fires what came due meanwhile, and nothing before its time', async () => {
    const states = await open({});
    await states.machine({ W: { Type: 'Wait', Seconds: '{% $states.input %}', End: true } });
    await states.start('soon', 60);
    await states.start('late', 7200);
    const second = await restart(states);
    second.clock.advance(3_600_000);
    await second.until('soon', isOver);
    expect((await second.describe('late')).status).toBe('RUNNING');
    const third = await restart(second);
    third.clock.advance(3_599_999);
    expect((await third.describe('late')).status).toBe('RUNNING');
    third.clock.advance(1);
    await third.until('late', isOver);
  });

  const stopped = async (states: StatesHost): Promise<Store> => {
    await states.stop();
    running.splice(running.indexOf(states), 1);
    return states.store;
  };

  it('gives what is taken up again a minute before timeouts that came due while nothing ran', async () => {
    const states = await open({ work: () => 1 });
    await states.machine({ A: callback({ TimeoutSeconds: 3600 }) });
    for (const name of ['answered', 'silent']) {
      await states.start(name);
      await states.until(name, hasEvent('TaskSubmitted'));
    }
    const { token } = states.calls[0] as { token: string };
    const second = await open({}, await stopped(states), T0 + 8 * 3_600_000);
    second.clock.advance(59_999);
    await second.call('SendTaskSuccess', { taskToken: token, output: '1' });
    expect((await second.describe('answered')).status).toBe('SUCCEEDED');
    expect((await second.describe('silent')).status).toBe('RUNNING');
    second.clock.advance(1);
    await second.until('silent', isOver);
    expect(await second.describe('silent')).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('never lets a history go back in time, whether the clock is set back under way or between two runs', async () => {
    const states = await open({ work: () => 1 });
    await states.machine({ A: callback() });
    await states.start('one');
    await states.until('one', hasEvent('TaskSubmitted'));
    states.clock.advance(-2 * 3_600_000);
    const { token } = states.calls[0] as { token: string };
    const second = await open({}, await stopped(states), T0 - 5 * 3_600_000);
    await second.call('SendTaskSuccess', { taskToken: token, output: '1' });
    await second.until('one', isOver);
    expect(second.clock.now()).toBeGreaterThanOrEqual(T0);
    const times = (await second.history('one')).map(({ timestamp }) => timestamp?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));

    await second.start('two');
    second.clock.advance(-3_600_000);
    await second.call('StopExecution', { executionArn: executionArn('two') });
    const [first, last] = [(await second.history('two')).at(0), (await second.history('two')).at(-1)];
    expect(last?.timestamp?.getTime()).toBeGreaterThanOrEqual(first?.timestamp?.getTime() ?? Number.NaN);
  });

  it('tells the last status again under the same id, in case the process died before it was told', async () => {
    const states = await open({});
    await states.machine({ F: { Type: 'Fail' } });
    await states.start('one');
    const second = await restart(states);
    expect(second.events.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'FAILED']);
  });

  it('remembers client tokens of redrives', async () => {
    const states = await open({});
    await states.machine({ F: { Type: 'Fail' } });
    await states.start('one');
    const given = { executionArn: executionArn('one'), clientToken: 'token' };
    const first = await states.call('RedriveExecution', given);
    const second = await restart(states);
    expect(await second.call('RedriveExecution', given)).toEqual(first);
    expect((await second.describe('one')).redriveCount).toBe(1);
  });

  it('gives a history also when it is no longer at hand', async () => {
    const states = await open({});
    await states.machine({ P: { Type: 'Pass', Output: '{% $uuid() %}', End: true } });
    await states.start('one');
    const before = await states.history('one');
    for (let i = 0; i < 210; i++) await states.start(`more-${i}`);
    expect(await states.history('one')).toEqual(before);
  });
});

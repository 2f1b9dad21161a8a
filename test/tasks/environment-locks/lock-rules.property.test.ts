import fc from 'fast-check';
import {
  type EnvironmentLock,
  freeLock,
  isNewer,
  type LockWaiter,
  type WhenNewer,
} from '../../../tasks/environment-locks/environment-lock.ts';
import {
  confirmLock,
  enqueue,
  type HolderStatus,
  type LockAction,
  type LockFacts,
  nextLockAction,
} from '../../../tasks/environment-locks/lock-rules.ts';
import type { WorkStage } from '../../../tasks/environment-locks/work-stage.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { aWaiter } from '../doubles/samples.ts';

/** Where a promotion is, as far as locks go. */
type Place = 'takes' | 'working' | 'awaiting-decision' | 'over';

interface Runner {
  readonly locking: LockWaiter;
  redrives: number;
  place: Place;
  /** Of one that works. */
  workStage: WorkStage;
  runs: boolean;
  /** Ended for good: superseded, stale, recalled or promoted. */
  end?: 'Superseded' | 'Stale' | 'QatChanged' | 'Recalled' | 'promoted';
  /** Its commit is marked bad. */
  bad?: boolean;
  /** Redrives after which Prod was put in order. */
  inOrderAfter?: number;
  /** The redrive that was recalled before it did anything, so that Prod stayed in order. */
  recalledUndone?: number;
  /** Of what QC was asked, the arbiter between a decision and a newer promotion. */
  request: 'none' | 'pending' | 'decided' | 'withdrawn';
  /** The state that waits. */
  token?: string;
  /** Tries of the state that asks for the lock. Any but the last may still be at it. */
  readonly tries: LockWaiter[];
}

/** A function that advances: what it read, and the step that follows from it. Cut short, it is never taken. */
interface Thought {
  readonly lock: EnvironmentLock;
  readonly step: LockAction;
}

const MINUTE = 60_000;

/** Step Functions, people, and any number of functions that advance one lock at the same time. */
const createWorld = (environment: Environment, whenNewer: WhenNewer) => {
  let lock: EnvironmentLock = freeLock('shop', environment);
  let now = Date.parse('2026-11-22T12:00:00Z');
  const runners: Runner[] = [];
  /** Whose image QAT runs. */
  let onQat: string | undefined;
  const thoughts: Thought[] = [];
  /** Every answer that a token was given, the ones too late included. */
  const answers = new Map<string, Set<string>>();

  const runnerOf = (id: string): Runner => {
    const found = runners.find(({ locking }) => locking.promotionId === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  };
  const live = () =>
    runners
      .filter(({ end }) => end === 'promoted')
      .map(({ locking }) => locking)
      .sort((a, b) => (isNewer(a, b) ? -1 : 1))[0];
  const holderStatusOf = (id: string): HolderStatus => {
    const { runs, end, request, redrives, inOrderAfter } = runnerOf(id);
    if (end === 'promoted' || request === 'decided' || request === 'withdrawn') return 'done';
    if (!runs) return environment === 'qat' || inOrderAfter === redrives ? 'done' : 'ended';
    return request === 'pending' ? 'awaiting-decision' : 'working';
  };
  const facts = (): LockFacts => ({
    holder: lock.holder && holderStatusOf(lock.holder.promotionId),
    gone: new Set(lock.waiting.map(({ promotionId }) => promotionId).filter((id) => !runnerOf(id).runs)),
    held: new Set(),
    bad: new Map(
      lock.waiting.flatMap(({ promotionId }) => (runnerOf(promotionId).bad ? [[promotionId, 'bad']] : [])),
    ),
    whenNewer,
    live: environment === 'prod' ? live() : undefined,
    now: new Date(now),
  });
  const write = (before: EnvironmentLock, after: EnvironmentLock): boolean => {
    if (lock.version !== before.version) return false;
    const leaver = lock.holder?.promotionId;
    if (environment === 'prod' && leaver !== undefined && leaver !== after.holder?.promotionId)
      if (holderStatusOf(leaver) !== 'done' && runnerOf(leaver).recalledUndone !== runnerOf(leaver).redrives)
        throw new Error('Prod is not in order');
    lock = { ...after, version: lock.version + 1 };
    return true;
  };
  const stop = (runner: Runner, end?: Runner['end']): void => {
    runner.runs = false;
    delete runner.token;
    if (end !== undefined) runner.end = end;
    // The page finds that nobody waits; a new request is made after a redrive.
    if (runner.request === 'pending') runner.request = 'none';
  };
  const answer = (token: string, said: string, then: (runner: Runner) => void): void => {
    answers.set(token, (answers.get(token) ?? new Set()).add(said));
    const runner = runners.find((one) => one.token === token);
    if (runner === undefined) return;
    delete runner.token;
    then(runner);
  };
  const record = (one: LockWaiter | undefined): unknown => one && write(lock, enqueue(lock, one));
  const ask = (runner: Runner, token: string): void => {
    runner.place = 'takes';
    runner.token = token;
    const { locking, redrives, tries } = runner;
    tries.push({ ...locking, redrives, taskToken: token, stateAttempt: redrives * 100 + tries.length });
    record(tries.at(-1));
  };
  /** What each state does first that works on the environment. */
  const isAdmitted = (runner: Runner): boolean => {
    const { locking, redrives, workStage } = runner;
    if (runner.bad) {
      stop(runner, 'Recalled');
      return false;
    }
    const completion = confirmLock(lock, { ...locking, redrives }, workStage, facts());
    if (completion.do === 'write') write(lock, completion.after);
    if (completion.do === 'fail' || completion.do === 'retry') {
      const error =
        completion.do === 'fail' && completion.error !== 'EnvironmentLocked' ? completion.error : undefined;
      if (error === 'QatChanged' && onQat === locking.promotionId) throw new Error('QAT runs its own image');
      stop(runner, error);
      return false;
    }
    if (workStage === 'points') onQat = locking.promotionId;
    if (workStage === 'follows' && onQat !== locking.promotionId) throw new Error("works on another's image");
    return true;
  };
  const goOn = (runner: Runner): void => {
    if (!runner.runs || runner.place !== 'working') return;
    if (!isAdmitted(runner)) return;
    if (environment === 'prod') {
      runner.place = 'over';
      stop(runner, 'promoted');
      return;
    }
    if (runner.workStage !== 'follows') {
      runner.workStage = runner.workStage === 'builds' ? 'points' : 'follows';
      return;
    }
    const newer = lock.waiting.some((one) => isNewer(one, runner.locking) && !runnerOf(one.promotionId).bad);
    if (whenNewer === 'supersede' && newer) {
      stop(runner, 'Superseded');
      return;
    }
    runner.place = 'awaiting-decision';
    runner.request = 'pending';
  };

  const perform = (thought: Thought): void => {
    const { lock: read, step } = thought;
    switch (step.do) {
      case 'nothing':
        return;
      case 'write':
        write(read, step.after);
        return;
      case 'complete':
        if (read.holder?.taskToken !== undefined)
          answer(read.holder.taskToken, 'has it', (runner) => {
            runner.place = 'working';
          });
        for (const { taskToken, error } of read.dequeued)
          answer(taskToken, error, (runner) =>
            stop(runner, error === 'EnvironmentLocked' ? undefined : error),
          );
        write(read, step.after);
        return;
      case 'withdraw': {
        const runner = runnerOf(step.holder.promotionId);
        if (runner.request !== 'pending') return;
        if (isNewer(runner.locking, step.by)) throw new Error('a newer one would be superseded');
        runner.request = 'withdrawn';
        stop(runner, 'Superseded');
        return;
      }
    }
  };

  return {
    push: (minutesAgo: number) => {
      const promotionId = `p${String(runners.length).padStart(3, '0')}`;
      const at = new Date(now - minutesAgo * MINUTE).toISOString();
      const locking = aWaiter(promotionId, { pushedAt: at, startedAt: new Date(now).toISOString() });
      const runner: Runner = {
        locking,
        redrives: 0,
        place: 'takes',
        workStage: 'builds',
        runs: true,
        request: 'none',
        tries: [],
      };
      runners.push(runner);
      ask(runner, `${promotionId}/0`);
    },
    /** The state is tried again by a new token, as after a fault of Lambda. */
    retry: (runner: Runner | undefined) => {
      if (runner?.token !== undefined && runner.place === 'takes') ask(runner, `${runner.token}'`);
    },
    /** The function of an attempt that was overtaken goes on; in its minutes nobody gets as far as to let go of the lock. */
    goOnLate: (runner: Runner | undefined) => runner?.place !== 'over' && record(runner?.tries.at(-2)),
    goOn: (runner: Runner | undefined) => runner && goOn(runner),
    decide: (runner: Runner | undefined) => {
      if (runner?.runs !== true || runner.request !== 'pending') return;
      runner.request = 'decided';
      runner.place = 'over';
    },
    /** Somebody marks its commit bad; what is asked is withdrawn, unless it is decided. */
    mark: (runner: Runner | undefined) => {
      if (runner === undefined || runner.end !== undefined) return;
      runner.bad = true;
    },
    fail: (runner: Runner | undefined) => runner?.runs === true && stop(runner),
    restore: (runner: Runner | undefined) => {
      if (runner?.runs === false) runner.inOrderAfter = runner.redrives;
    },
    redrive: (runner: Runner | undefined) => {
      if (runner === undefined || runner.runs || runner.end !== undefined || runner.place === 'over') return;
      runner.runs = true;
      runner.redrives += 1;
      if (runner.place === 'takes') ask(runner, `${runner.locking.promotionId}/${runner.redrives}`);
      else {
        runner.place = 'working';
        const wasInOrder = runner.inOrderAfter === runner.redrives - 1;
        if (!isAdmitted(runner) && runner.end === 'Recalled' && wasInOrder)
          runner.recalledUndone = runner.redrives;
      }
    },
    pass: (minutes: number) => {
      now += minutes * MINUTE;
    },
    think: () => thoughts.push({ lock, step: nextLockAction(lock, facts()) }),
    act: (index: number) => {
      const [thought] = thoughts.splice(index % Math.max(1, thoughts.length), 1);
      if (thought) perform(thought);
    },
    crash: (index: number) => {
      thoughts.splice(index % Math.max(1, thoughts.length), 1);
    },
    holder: () => runners.find((one) => one.locking.promotionId === lock.holder?.promotionId),
    actOnLast: () => {
      const thought = thoughts.pop();
      if (thought) perform(thought);
    },
    runner: (index: number) => runners[index % Math.max(1, runners.length)],
    /** Settles as reconciling does, until there is nothing to do. */
    advance: () => {
      thoughts.length = 0;
      now += 10 * MINUTE;
      for (const runner of runners) if (!runner.runs) runner.inOrderAfter = runner.redrives;
      for (const runner of runners)
        if (runner.bad && runner.runs && runner.request === 'pending') {
          runner.request = 'withdrawn';
          stop(runner, 'Recalled');
        }
      for (let steps = 0; ; steps += 1) {
        if (steps > 500) throw new Error('the lock is never up to date');
        const step = nextLockAction(lock, facts());
        if (step.do === 'nothing') return;
        perform({ lock, step });
      }
    },
    /** The promotions in the environment. */
    inside: () =>
      runners.filter(({ runs, place, request }) => runs && (place === 'working' || request === 'pending')),
    lock: () => lock,
    runners,
    answers,
  };
};

type World = ReturnType<typeof createWorld>;
const index = fc.nat(30);
type Happening = readonly [name: string, happen: (world: World) => unknown];
const happening = (name: string, happen: (world: World) => unknown): Happening => [name, happen];
const befalling = ['goOn', 'decide', 'fail', 'restore', 'redrive', 'retry', 'goOnLate', 'mark'] as const;
const event: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 2, arbitrary: fc.nat(5).map((ago) => happening(`push ${ago} min ago`, (w) => w.push(ago))) },
  { weight: 4, arbitrary: fc.constant(happening('think', (w) => w.think())) },
  { weight: 4, arbitrary: index.map((i) => happening(`act ${i}`, (w) => w.act(i))) },
  { weight: 2, arbitrary: fc.constant(happening('advance', (w) => w.advance())) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...befalling), index)
      .map(([what, i]) => happening(`${what} ${i}`, (w) => w[what](w.runner(i)))),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...befalling)
      .map((what) => happening(`${what} the holder`, (w) => w[what](w.holder()))),
  },
  {
    weight: 4,
    // What was read is no more true when it is acted upon.
    arbitrary: fc
      .tuple(
        fc.array(fc.constantFrom(...befalling), { minLength: 1, maxLength: 2 }),
        fc.constantFrom(...befalling),
      )
      .map(([before, then]) =>
        happening(`${before.join(', ')}, think, ${then}, act`, (w) => {
          for (const what of before) w[what](w.holder());
          w.think();
          w[then](w.holder());
          w.actOnLast();
        }),
      ),
  },
  {
    weight: 4,
    // Who comes next finds the environment as it was left.
    arbitrary: fc.tuple(fc.nat(4), index).map(([steps, i]) =>
      happening(`the holder fails after ${steps} steps, and ${i} is redriven`, (w) => {
        w.advance();
        for (let step = 0; step < steps; step += 1) w.goOn(w.holder());
        w.fail(w.holder());
        w.redrive(w.runner(i));
      }),
    ),
  },
  { weight: 1, arbitrary: index.map((i) => happening(`crash ${i}`, (w) => w.crash(i))) },
  { weight: 1, arbitrary: fc.nat(4).map((m) => happening(`${m} min pass`, (w) => w.pass(m))) },
);
const runs = { numRuns: 300 };
const events = fc.array(event, { minLength: 10, maxLength: 80 });

it.each<[Environment, WhenNewer]>([
  ['qat', 'supersede'],
  ['qat', 'wait'],
  ['prod', 'supersede'],
])('in any order of any events, the %s lock (%s) is kept', (environment, whenNewer) => {
  fc.assert(
    fc.property(events, (happens) => {
      const world = createWorld(environment, whenNewer);
      for (const [, happen] of happens) {
        happen(world);
        // Never two at once.
        if (world.inside().length > 1) throw new Error('two at once');
      }
      world.advance();
      const { holder, waiting, dequeued } = world.lock();
      const running = world.runners.filter(({ runs }) => runs);
      const waits = running.filter(({ place }) => place === 'takes').map((one) => one.locking.promotionId);
      // No promotion waits for a free environment, and each waiting promotion is known.
      expect(new Set(waiting.map((one) => one.promotionId))).toEqual(new Set(waits));
      if (waiting.length > 0)
        expect(world.inside().map((one) => one.locking.promotionId)).toEqual([holder?.promotionId]);
      expect(dequeued).toEqual([]);
      // One completion for each token, however many functions try.
      for (const [token, said] of world.answers) expect([token, said.size]).toEqual([token, 1]);
      // The newest is promoted or still in it, unless it failed by itself.
      const newest = [...world.runners].sort((a, b) => (isNewer(a.locking, b.locking) ? -1 : 1))[0];
      expect(['Superseded', 'Stale']).not.toContain(newest?.end);
      // No bad commit waits for anything, and none was promoted after it was marked.
      expect(running.filter(({ bad, place }) => bad && place !== 'working' && place !== 'over')).toEqual([]);
      expect(world.runners.filter(({ bad, end }) => bad && end === 'promoted')).toEqual([]);
      // Everybody goes on as soon as those before are through.
      for (let rounds = 0; rounds < 4 * world.runners.length; rounds += 1) {
        for (const runner of world.inside()) {
          world.goOn(runner);
          world.decide(runner);
        }
        world.advance();
      }
      expect(world.runners.filter(({ runs, place }) => runs && place === 'takes')).toEqual([]);
    }),
    runs,
  );
});

import fc from 'fast-check';
import type { Environment } from '../../../tasks/payloads.ts';
import {
  admission,
  askedFor,
  nextTurnStep,
  type Standing,
  type TurnFacts,
  type TurnStep,
} from '../../../tasks/turns/rules.ts';
import type { Stage } from '../../../tasks/turns/stage.ts';
import { freeTurn, isNewer, type Turn, type TurnWaiter, type WhenNewer } from '../../../tasks/turns/turn.ts';
import { aWaiter } from '../doubles/samples.ts';

/** Where a promotion is, as far as turns go. */
type Place = 'takes' | 'works' | 'asks' | 'over';

interface Runner {
  readonly contender: TurnWaiter;
  redrives: number;
  place: Place;
  /** Of one that works. */
  stage: Stage;
  runs: boolean;
  /** Ended for good: superseded, stale or promoted. */
  end?: 'Superseded' | 'Stale' | 'QatChanged' | 'promoted';
  /** Redrives after which Prod was put in order. */
  inOrderAfter?: number;
  /** Of what QC was asked, the arbiter between a decision and a newer promotion. */
  request: 'none' | 'pending' | 'decided' | 'withdrawn';
  /** The state that waits. */
  token?: string;
  /** Tries of the state that asks for the turn. Any but the last may still be at it. */
  readonly tries: TurnWaiter[];
}

/** Somebody who settles: what was read, and the step that follows from it. Cut short, it is never taken. */
interface Thought {
  readonly turn: Turn;
  readonly step: TurnStep;
}

const MINUTE = 60_000;

/** Step Functions, people, and any number of functions that settle one turn at the same time. */
const createWorld = (environment: Environment, whenNewer: WhenNewer) => {
  let turn: Turn = freeTurn('shop', environment);
  let now = Date.parse('2026-11-22T12:00:00Z');
  const runners: Runner[] = [];
  /** Whose image QAT runs. */
  let onQat: string | undefined;
  const thoughts: Thought[] = [];
  /** Every answer that a token was given, the ones too late included. */
  const answers = new Map<string, Set<string>>();

  const runnerOf = (id: string): Runner => {
    const found = runners.find(({ contender }) => contender.promotionId === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  };
  const live = () =>
    runners
      .filter(({ end }) => end === 'promoted')
      .map(({ contender }) => contender)
      .sort((a, b) => (isNewer(a, b) ? -1 : 1))[0];
  const standingOf = (id: string): Standing => {
    const { runs, end, request, redrives, inOrderAfter } = runnerOf(id);
    if (end === 'promoted' || request === 'decided' || request === 'withdrawn') return 'done';
    if (!runs) return environment === 'qat' || inOrderAfter === redrives ? 'done' : 'ended';
    return request === 'pending' ? 'asks' : 'works';
  };
  const facts = (): TurnFacts => ({
    holder: turn.holder && standingOf(turn.holder.promotionId),
    gone: new Set(turn.waiting.map(({ promotionId }) => promotionId).filter((id) => !runnerOf(id).runs)),
    whenNewer,
    live: environment === 'prod' ? live() : undefined,
    now: new Date(now),
  });
  const write = (before: Turn, after: Turn): boolean => {
    if (turn.version !== before.version) return false;
    const leaver = turn.holder?.promotionId;
    if (environment === 'prod' && leaver !== undefined && leaver !== after.holder?.promotionId)
      if (standingOf(leaver) !== 'done') throw new Error('Prod is not in order');
    turn = { ...after, version: turn.version + 1 };
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
  const record = (one: TurnWaiter | undefined): unknown => one && write(turn, askedFor(turn, one));
  const ask = (runner: Runner, token: string): void => {
    runner.place = 'takes';
    runner.token = token;
    const { contender, redrives, tries } = runner;
    tries.push({ ...contender, redrives, taskToken: token, tryNumber: redrives * 100 + tries.length });
    record(tries.at(-1));
  };
  /** What each state does first that works on the environment. */
  const isAdmitted = (runner: Runner): boolean => {
    const { contender, redrives, stage } = runner;
    const told = admission(turn, { ...contender, redrives }, stage, facts());
    if (told.do === 'write') write(turn, told.after);
    if (told.do === 'fail' || told.do === 'try again') {
      const error = told.do === 'fail' && told.error !== 'TurnTaken' ? told.error : undefined;
      if (error === 'QatChanged' && onQat === contender.promotionId)
        throw new Error('QAT runs its own image');
      stop(runner, error);
      return false;
    }
    if (stage === 'points') onQat = contender.promotionId;
    if (stage === 'follows' && onQat !== contender.promotionId) throw new Error("works on another's image");
    return true;
  };
  const goOn = (runner: Runner): void => {
    if (!runner.runs || runner.place !== 'works') return;
    if (!isAdmitted(runner)) return;
    if (environment === 'prod') {
      runner.place = 'over';
      stop(runner, 'promoted');
      return;
    }
    if (runner.stage !== 'follows') {
      runner.stage = runner.stage === 'builds' ? 'points' : 'follows';
      return;
    }
    const newer = turn.waiting.some((one) => isNewer(one, runner.contender));
    if (whenNewer === 'supersede' && newer) {
      stop(runner, 'Superseded');
      return;
    }
    runner.place = 'asks';
    runner.request = 'pending';
  };

  const perform = (thought: Thought): void => {
    const { turn: read, step } = thought;
    switch (step.do) {
      case 'nothing':
        return;
      case 'write':
        write(read, step.after);
        return;
      case 'tell':
        if (read.holder?.taskToken !== undefined)
          answer(read.holder.taskToken, 'has it', (runner) => {
            runner.place = 'works';
          });
        for (const { taskToken, error } of read.dismissed)
          answer(taskToken, error, (runner) => stop(runner, error === 'TurnTaken' ? undefined : error));
        write(read, step.after);
        return;
      case 'withdraw': {
        const runner = runnerOf(step.holder.promotionId);
        if (runner.request !== 'pending') return;
        if (isNewer(runner.contender, step.by)) throw new Error('a newer one would be superseded');
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
      const contender = aWaiter(promotionId, { pushedAt: at, startedAt: new Date(now).toISOString() });
      const runner: Runner = {
        contender,
        redrives: 0,
        place: 'takes',
        stage: 'builds',
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
    /** The function of a try that was overtaken goes on; in its minutes nobody gets as far as to let go of the turn. */
    goOnLate: (runner: Runner | undefined) => runner?.place !== 'over' && record(runner?.tries.at(-2)),
    goOn: (runner: Runner | undefined) => runner && goOn(runner),
    decide: (runner: Runner | undefined) => {
      if (runner?.runs !== true || runner.request !== 'pending') return;
      runner.request = 'decided';
      runner.place = 'over';
    },
    fail: (runner: Runner | undefined) => runner?.runs === true && stop(runner),
    restore: (runner: Runner | undefined) => {
      if (runner?.runs === false) runner.inOrderAfter = runner.redrives;
    },
    redrive: (runner: Runner | undefined) => {
      if (runner === undefined || runner.runs || runner.end !== undefined || runner.place === 'over') return;
      runner.runs = true;
      runner.redrives += 1;
      if (runner.place === 'takes') ask(runner, `${runner.contender.promotionId}/${runner.redrives}`);
      else {
        runner.place = 'works';
        isAdmitted(runner);
      }
    },
    pass: (minutes: number) => {
      now += minutes * MINUTE;
    },
    think: () => thoughts.push({ turn, step: nextTurnStep(turn, facts()) }),
    act: (index: number) => {
      const [thought] = thoughts.splice(index % Math.max(1, thoughts.length), 1);
      if (thought) perform(thought);
    },
    crash: (index: number) => {
      thoughts.splice(index % Math.max(1, thoughts.length), 1);
    },
    holder: () => runners.find((one) => one.contender.promotionId === turn.holder?.promotionId),
    actOnLast: () => {
      const thought = thoughts.pop();
      if (thought) perform(thought);
    },
    runner: (index: number) => runners[index % Math.max(1, runners.length)],
    /** Settles as reconciling does, until there is nothing to do. */
    settle: () => {
      thoughts.length = 0;
      now += 10 * MINUTE;
      for (const runner of runners) if (!runner.runs) runner.inOrderAfter = runner.redrives;
      for (let steps = 0; ; steps += 1) {
        if (steps > 500) throw new Error('the turn is never settled');
        const step = nextTurnStep(turn, facts());
        if (step.do === 'nothing') return;
        perform({ turn, step });
      }
    },
    /** Whoever is in the environment. */
    inside: () =>
      runners.filter(({ runs, place, request }) => runs && (place === 'works' || request === 'pending')),
    turn: () => turn,
    runners,
    answers,
  };
};

type World = ReturnType<typeof createWorld>;
const index = fc.nat(30);
type Happening = readonly [name: string, happen: (world: World) => unknown];
const happening = (name: string, happen: (world: World) => unknown): Happening => [name, happen];
const befalling = ['goOn', 'decide', 'fail', 'restore', 'redrive', 'retry', 'goOnLate'] as const;
const event: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 2, arbitrary: fc.nat(5).map((ago) => happening(`push ${ago} min ago`, (w) => w.push(ago))) },
  { weight: 4, arbitrary: fc.constant(happening('think', (w) => w.think())) },
  { weight: 4, arbitrary: index.map((i) => happening(`act ${i}`, (w) => w.act(i))) },
  { weight: 2, arbitrary: fc.constant(happening('settle', (w) => w.settle())) },
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
        w.settle();
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
])('whatever happens in whatever order, the %s turn (%s) is kept', (environment, whenNewer) => {
  fc.assert(
    fc.property(events, (happens) => {
      const world = createWorld(environment, whenNewer);
      for (const [, happen] of happens) {
        happen(world);
        // Never two at once.
        if (world.inside().length > 1) throw new Error('two at once');
      }
      world.settle();
      const { holder, waiting, dismissed } = world.turn();
      const running = world.runners.filter(({ runs }) => runs);
      const waits = running.filter(({ place }) => place === 'takes').map((one) => one.contender.promotionId);
      // Nobody waits for an environment that nobody has, and whoever waits is known.
      expect(new Set(waiting.map((one) => one.promotionId))).toEqual(new Set(waits));
      if (waiting.length > 0)
        expect(world.inside().map((one) => one.contender.promotionId)).toEqual([holder?.promotionId]);
      expect(dismissed).toEqual([]);
      // One answer for each token, whoever gave it and however often.
      for (const [token, said] of world.answers) expect([token, said.size]).toEqual([token, 1]);
      // The newest is promoted or still in it, unless it failed by itself.
      const newest = [...world.runners].sort((a, b) => (isNewer(a.contender, b.contender) ? -1 : 1))[0];
      expect(['Superseded', 'Stale']).not.toContain(newest?.end);
      // Everybody goes on as soon as those before are through.
      for (let rounds = 0; rounds < 4 * world.runners.length; rounds += 1) {
        for (const runner of world.inside()) {
          world.goOn(runner);
          world.decide(runner);
        }
        world.settle();
      }
      expect(world.runners.filter(({ runs, place }) => runs && place === 'takes')).toEqual([]);
    }),
    runs,
  );
});

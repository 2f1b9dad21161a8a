import { applyEvent, type InputEvent } from '../../engine/apply-event.ts';
import {
  dueTimers,
  type Execution,
  isLimit,
  newExecution,
  nextTimer,
  type OpenTask,
} from '../../engine/execution.ts';
import type { HistoryEvent } from '../../engine/history-event.ts';
import type { Effect, Machine } from '../../engine/transition.ts';
import type { Host } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import { type JournalRecord, openJournal, type StartRecord } from './journal.ts';
import { runTask } from './run-task.ts';
import type { Definitions } from './state-machines.ts';
import { statusChange } from './status-change-events.ts';
import type { Tokens } from './tokens.ts';

/** A redrive that was asked for with a client token. */
interface ClientToken {
  readonly token: string;
  readonly redriveDate: number;
}

/** One execution, as this process knows it. */
export interface Run {
  readonly arn: string;
  readonly start: StartRecord;
  readonly execution: Execution;
  readonly clientTokens: readonly ClientToken[];
}

interface LiveRun extends Run {
  execution: Execution;
  clientTokens: ClientToken[];
  readonly machine: Machine;
  readonly records: JournalRecord[];
  /** Absent where it can be had again from the records. */
  history: HistoryEvent[] | undefined;
  /** Tasks whose call this process has made. */
  readonly called: Set<string>;
  /** Resolves when every event applied so far has had its effects. */
  idle: Promise<unknown>;
  timer: { readonly due: number; readonly cancel: () => void } | undefined;
}

/** What is told with an event, beside the event itself. */
interface Told {
  readonly start?: StartRecord;
  readonly clientToken?: string;
}

/** The executions of the emulator. */
export interface Executions {
  readonly arnOf: (stateMachineName: string, name: string) => string;
  readonly find: (arn: string) => Run | undefined;
  /** A state machine's executions, in the order of their starts. */
  readonly of: (stateMachineArn: string) => readonly Run[];
  readonly history: (arn: string) => Promise<readonly HistoryEvent[]>;
  /** Starts an execution under a name that is free. */
  readonly start: (arn: string, start: StartRecord) => Promise<void>;
  /** Gives an execution an event. False when the event no longer concerned it. */
  readonly tell: (arn: string, event: InputEvent, told?: Told) => Promise<boolean>;
  /** Reads the journal, once; nothing is called yet. */
  readonly load: () => Promise<void>;
  /** Takes up what was under way: tells the last status again, calls open tasks again, sets timers. */
  readonly resume: () => void;
  readonly stop: () => void;
}

/** Closed executions whose history is kept at hand. */
const HISTORIES_KEPT = 200;
/** How long timeouts that came due while nothing ran wait for what is taken up again, in ms. */
const RESUMED_GRACE_MS = 60_000;
/** Redrives that are remembered by their client token [API reference of RedriveExecution]. */
const CLIENT_TOKENS_KEPT = 10;

/** Executions that the journal in the store remembers. */
export const createExecutions = (host: Host, definitions: Definitions, tokens: Tokens): Executions => {
  const journal = openJournal(host);
  const runs = new Map<string, LiveRun>();
  const byMachine = new Map<string, LiveRun[]>();
  const closed: LiveRun[] = [];
  let stopped = false;
  let loading: Promise<void> | undefined;

  const add = (arn: string, start: StartRecord): LiveRun => {
    const run: LiveRun = {
      arn,
      start,
      execution: newExecution({ arn, ...identityOf(start) }),
      machine: { definition: definitions.parsed(start.definition), token: tokens.of },
      records: [],
      history: [],
      clientTokens: [],
      called: new Set(),
      idle: Promise.resolve(),
      timer: undefined,
    };
    runs.set(arn, run);
    const siblings = byMachine.get(start.stateMachineArn);
    if (siblings) siblings.push(run);
    else byMachine.set(start.stateMachineArn, [run]);
    return run;
  };

  /** Takes one event, as it is in the journal or goes there now (`isNew`). False when it did not concern the execution. */
  const take = async (run: LiveRun, record: JournalRecord, isNew: boolean): Promise<boolean> => {
    const result = await applyEvent(run.machine, run.execution, record.event, record.at);
    if (!result.applied || (isNew && stopped)) return false;
    // From here on nothing waits: only what follows from the journal's last record can have been lost in a crash.
    if (isNew) journal.append(record);
    run.records.push(record);
    run.execution = result.execution;
    run.history?.push(...result.history);
    if (record.clientToken !== undefined) {
      run.clientTokens.push({ token: record.clientToken, redriveDate: record.at });
      if (run.clientTokens.length > CLIENT_TOKENS_KEPT) run.clientTokens.shift();
    }
    if (result.effects.some((effect) => effect.type === 'ended')) keepFewHistories(run);
    if (isNew) follow(run, record.event, result.effects);
    return true;
  };

  const follow = (run: LiveRun, event: InputEvent, effects: readonly Effect[]) => {
    for (const effect of effects) if (effect.type === 'task') callTask(run, effect.task);
    if (effects.some((effect) => effect.type !== 'task')) tellStatus(run, event);
    setTimer(run);
  };

  const keepFewHistories = (run: LiveRun) => {
    closed.push(run);
    const oldest = closed.length > HISTORIES_KEPT ? closed.shift() : undefined;
    if (oldest && oldest.execution.status !== 'RUNNING') oldest.history = undefined;
  };

  const tell = (run: LiveRun, event: InputEvent, told: Told = {}): Promise<boolean> => {
    const done = run.idle.then(() => {
      // Events of one history never go back in time, even if the clock does.
      const at = Math.max(host.clock.now(), run.records.at(-1)?.at ?? 0);
      return take(run, { executionArn: run.arn, at, event, ...told }, true);
    });
    run.idle = done.catch(() => undefined);
    return done;
  };

  const tellStatus = (run: LiveRun, event: InputEvent) => {
    const { execution } = run;
    const wasStarted = event.type === 'started' || event.type === 'redriven';
    const now = host.clock.now();
    if (wasStarted && execution.status !== 'RUNNING') {
      // Started and ended in one transition: two changes, and the first of them has an id of its own.
      const running = {
        ...execution,
        status: 'RUNNING' as const,
        stopDate: null,
        output: null,
        error: null,
        cause: null,
      };
      host.emit(statusChange({ ...running, sequence: -execution.sequence }, now));
    }
    host.emit(statusChange(execution, now));
  };

  const setTimer = (run: LiveRun, limitsFrom = 0) => {
    const next = nextTimer(run.execution);
    if (run.timer?.due === next?.due) return;
    run.timer?.cancel();
    run.timer = next && {
      due: next.due,
      cancel: host.clock.at(isLimit(next) ? Math.max(next.due, limitsFrom) : next.due, () => fireTimers(run)),
    };
  };

  const fireTimers = (run: LiveRun) => {
    run.timer = undefined;
    const fire = async () => {
      await run.idle;
      // Taking it sets the next one, which may be due as well.
      const [timer] = dueTimers(run.execution, host.clock.now());
      if (timer) await tell(run, { type: 'timer', id: timer.id });
      if (!stopped) setTimer(run);
    };
    void fire().catch((error: unknown) => report(run, error));
  };

  const callTask = (run: LiveRun, task: OpenTask) => {
    run.called.add(task.id);
    const taskId = task.id;
    const call = async () => {
      if (task.stage === 'scheduled') await tell(run, { type: 'taskStarted', taskId });
      if (stopped || !(taskId in run.execution.tasks)) return;
      const outcome = await runTask(host, task, run.start);
      if (stopped) return;
      if (!outcome.succeeded) {
        const { error, cause } = outcome;
        await tell(run, { type: 'taskFailed', taskId, error, cause });
      } else {
        const type = task.token === null ? 'taskSucceeded' : 'taskSubmitted';
        await tell(run, { type, taskId, output: outcome.output });
      }
    };
    void call()
      .catch(async (error: unknown) => {
        report(run, error);
        const cause = `The emulator could not make the call: ${String(error)}`;
        if (!stopped) await tell(run, { type: 'taskFailed', taskId, error: 'States.Runtime', cause });
      })
      .catch((error: unknown) => report(run, error))
      .finally(() => run.called.delete(taskId));
  };

  const report = (run: LiveRun, error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    host.log('states', 'An execution could not go on', { executionArn: run.arn, error: text });
  };

  const load = async () => {
    for (const record of journal.records()) {
      host.clock.notBefore(record.at);
      const run = record.start ? add(record.executionArn, record.start) : runs.get(record.executionArn);
      if (!run) throw new Error(`The journal does not say how ${record.executionArn} was started.`);
      await take(run, record, false);
    }
  };

  const liveRun = (arn: string): LiveRun => {
    const run = runs.get(arn);
    if (!run) throw new Error(`There is no execution ${arn}.`);
    return run;
  };

  return {
    arnOf: (stateMachineName, name) => arnOf(host, 'states', `execution:${stateMachineName}:${name}`),
    find: (arn) => runs.get(arn),
    of: (stateMachineArn) => byMachine.get(stateMachineArn) ?? [],
    history: async (arn) => {
      const run = liveRun(arn);
      if (run.history) return run.history;
      const history: HistoryEvent[] = [];
      let execution = newExecution({ arn, ...identityOf(run.start) });
      for (const { event, at } of [...run.records]) {
        const step = await applyEvent(run.machine, execution, event, at);
        execution = step.execution;
        history.push(...step.history);
      }
      // A redrive may have come in between; then the next reading has it all.
      if (execution.sequence === run.execution.sequence) {
        run.history = history;
        keepFewHistories(run);
      }
      return history;
    },
    start: async (arn, start) => {
      await tell(add(arn, start), { type: 'started' }, { start });
    },
    tell: (arn, event, told) => tell(liveRun(arn), event, told),
    load: () => {
      loading ??= load();
      return loading;
    },
    resume: () => {
      const last = journal.records().at(-1);
      const run = last && runs.get(last.executionArn);
      if (last && run && changesStatus(run.execution, last)) tellStatus(run, last.event);
      for (const open of runs.values()) {
        if (open.execution.status !== 'RUNNING') continue;
        setTimer(open, host.clock.now() + RESUMED_GRACE_MS);
        for (const task of Object.values(open.execution.tasks)) {
          if (task.stage !== 'submitted' && !open.called.has(task.id)) callTask(open, task);
        }
      }
    },
    stop: () => {
      stopped = true;
      for (const run of runs.values()) run.timer?.cancel();
    },
  };
};

/** Whether the journal's last record started, redrove or ended its execution. */
const changesStatus = (execution: Execution, { event }: JournalRecord): boolean =>
  event.type === 'started' || event.type === 'redriven' || execution.status !== 'RUNNING';

const identityOf = ({ name, stateMachineArn, stateMachineName, roleArn, input }: StartRecord) => ({
  name,
  stateMachineArn,
  stateMachineName,
  roleArn,
  input,
});

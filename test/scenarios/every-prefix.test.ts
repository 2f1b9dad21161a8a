import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { type BusEvent, type Mail, readOutbox } from '@lockstep/aws-emulator';
import type { JournalLine } from '../../infra/local/aws/journal-records.ts';
import type { GroupRecord } from '../../infra/local/aws/services/autoscaling/records.ts';
import { push, sampleApplication } from '../../infra/local/run/application-source.ts';
import { describeExecution, historyOf } from '../../infra/local/run/follow.ts';
import { stateAttempts } from '../../infra/local/run/report.ts';
import { EVENT_SOURCE } from '../../tasks/events/event-types.ts';
import { eventIdOf } from '../../tasks/events/promotion-event.ts';
import { createDynamoDbEvidenceStore } from '../../tasks/evidence/dynamodb-evidence-store.ts';
import { createDynamoDbLedger } from '../../tasks/ledger/dynamodb-ledger.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import { testAssembly } from '../support/assembly.ts';
import { rememberGit } from './support/in-process/remembered-git.ts';
import { functions, type SimulatedRun, startSimulatedRun } from './support/in-process/simulated-run.ts';

// What is outside of this process is played: machines with their agents, listeners, and git once nothing is pushed any more.
// Services, functions, templates, policies and the ledger are the real ones; time passes by itself.
jest.mock('../../infra/local/aws/instances/instances.ts', () => ({
  ...jest.requireActual('../../infra/local/aws/instances/instances.ts'),
  instancesOf: jest.requireActual(`./support/in-process/played-machines.ts`).instancesOf,
}));
jest.mock('../../infra/local/aws/services/codedeploy/agent/agent.ts', () => ({
  createAgent: jest.requireActual(`./support/in-process/played-machines.ts`).createAgent,
}));
jest.mock('../../infra/local/aws/git.ts', () =>
  jest
    .requireActual(`./support/in-process/remembered-git.ts`)
    .rememberedGit(jest.requireActual('../../infra/local/aws/git.ts')),
);
jest.mock('../../infra/local/aws/services/lambda/function-worker.ts', () => ({
  ...jest.requireActual('../../infra/local/aws/services/lambda/function-worker.ts'),
  startFunctionWorker: () => functions.startWorker(),
}));
jest.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => jest.requireActual(`./support/in-process/simulated-run.ts`).simulatedPause(ms),
}));
jest.mock('../../infra/local/aws/instances/reverse-proxy.ts', () => ({
  createReverseProxy: jest.requireActual(`./support/in-process/played-machines.ts`).listen,
}));
jest.mock('../../infra/local/aws/services/cognito-idp/sign-in-server.ts', () => ({
  startSignInServer: jest.requireActual(`./support/in-process/played-machines.ts`).listen,
}));
jest.mock('../../infra/local/aws/services/apigateway/gateway-server.ts', () => ({
  startGatewayServer: jest.requireActual(`./support/in-process/played-machines.ts`).listen,
}));

/**
 * Which of the beginnings are tried: one in so many, from a place that differs at each run (both are printed on failure). All of
 * them (`EVERY_PREFIX=1`) take minutes; `FIRST_PREFIX` repeats a run's choice.
 */
const oneIn = Number(process.env.EVERY_PREFIX ?? 7);
const firstOne = Number(process.env.FIRST_PREFIX ?? Math.floor(Math.random() * oneIn));
/** One in so many of those is followed to the end, past the points at which it stands as the uninterrupted run stood. */
const wholeOneIn = 8;

/** Of an alarm, not of a promotion. */
const isOfAlarm = (subject: string): boolean => /^(OK|ALARM): /.test(subject);

/** Lines after the first of which a crash once did harm: these beginnings are tried always. */
const onceHarmful = [
  /"t":"codedeploy.targets".*"label":"Blue"/,
  /"t":"host.faults".*"left":0/,
  /"t":"dynamodb.journal".*"PutItem".*"status":\{"S":"APPROVED"\}/,
  /"t":"codepipeline.actions".*"actionName":"Guard".*"status":"Succeeded"/,
  /"t":"sns.outbox".*"subject":"QC approved/,
];

jest.setTimeout(900_000 * Math.max(1, 7 / oneIn));

/** Only counted; nothing is taken up from them. The beginning that ends with one is the one before it. */
const isBookkeeping = ({ t }: JournalLine) => /^iam\.(allowed|used|sessions)$/.test(t);

/** How long what a decision's telling left undone may wait to be told by reconciling, in ms. */
const UNTOLD_MS = 70_000;

/** Where a promotion waits for a person, and its end. */
type Point = 'QC is asked' | 'PMO is asked' | 'failed' | 'ended';

/** All that a promotion has brought about so far, without ids and times. */
type HolderStatus = Awaited<ReturnType<typeof holderStatusOf>>;

const holderStatusOf = async (run: SimulatedRun, id: string) => {
  const { host } = run;
  const values = <Value>(table: string) => host.store.table<Value>(table).values();
  const tableName = run.output('LedgerTableName');
  const ledger = createDynamoDbLedger(tableName);
  const { executionArn = '' } = (await ledger.promotion(id)) ?? {};
  const execution: DescribeExecutionOutput = await describeExecution(host, executionArn);
  const history = await historyOf(host, executionArn);
  return {
    promotions: (await ledger.promotions()).items.map((one) => [one.status, one.redrives]),
    execution: [execution.status, execution.redriveCount],
    states: stateAttempts(history).map(({ name, attempt, status }) => [name, attempt, status]),
    jobs: (await ledger.jobs(id)).map((one) => [
      one.state,
      one.attempt,
      one.status,
      one.completedToken === one.taskToken,
    ]),
    approvals: (await ledger.approvals(id)).map((one) => [
      one.role,
      one.attempt,
      one.status,
      one.decisions.map(({ person }) => person.name),
      one.mailedAt !== undefined,
      one.announcedAt !== undefined,
      one.completedToken === one.taskToken,
    ]),
    denials: await ledger.denials(id),
    builds: values<{ status: string }>('imagebuilder.images').map(({ status }) => status),
    refreshes: values('autoscaling.refreshes').length,
    pipelineRuns: values<{ pipelineName: string; status: string }>('codepipeline.executions').map((one) => [
      one.pipelineName,
      one.status,
    ]),
    deployments: values<{ groupName: string; status: string }>('codedeploy.deployments').map((one) => [
      one.groupName,
      one.status,
    ]),
    instances: values<GroupRecord>('autoscaling.groups').map(({ slots }) => slots.map(({ state }) => state)),
    mails: readOutbox(host.store)
      // Of alarms: how soon they know enough depends on when a run was killed, as its metrics end with it.
      .filter(({ subject }) => !isOfAlarm(subject))
      .map(({ to, subject }) => `${to}: ${subject}`)
      .sort(),
    evidence: (await createDynamoDbEvidenceStore(tableName).entries(id))
      .map(({ kind }) => kind)
      // Somebody whose redrive a crash prevented asks again, and both are on record.
      .filter((kind, index, kinds) => kind !== 'redrive-asked' || kinds.indexOf(kind) === index)
      .sort(),
    seals: (await createDynamoDbEvidenceStore(tableName).seals(id)).length,
    deadLetters: values('sqs.messages').length,
    denied: host.accessReport().denied,
    faultsLeft: values<{ left: number }>('host.faults').map(({ left }) => left),
  };
};

/** Entries of the record that no event has told yet. */
const untold = async ({ host, output }: SimulatedRun, id: string): Promise<readonly string[]> => {
  const entries = await createDynamoDbEvidenceStore(output('LedgerTableName')).entries(id);
  const told = host.store
    .table<{ readonly event: BusEvent; readonly bus: string }>('events.recent')
    .values()
    .filter(({ event, bus }) => bus === EVENT_SOURCE && event.source === EVENT_SOURCE)
    .map(({ event }) => event.detail.id);
  return entries.map(({ key }) => key).filter((key) => !told.includes(eventIdOf(id, key)));
};

/**
 * Promotes: people do what is to be done, unless it has been done.
 * @param isEnough is told how the promotion stands wherever it waits for a person, and at its end
 * @returns its id
 */
const promote = (
  run: SimulatedRun,
  isEnough: (point: Point, standing: HolderStatus) => boolean,
): Promise<string> =>
  functions.asAdministrator(async () => {
    const ledger = createDynamoDbLedger(run.output('LedgerTableName'));
    let id = '';
    await run.until('a promotion', async () => {
      id = (await ledger.promotions()).items[0]?.promotionId ?? '';
      return id !== '';
    });
    const asked = async (role: ApproverRole, person: string) => {
      const { status, mailedAt, approvalId, digest = '' } = (await ledger.latestApproval(id, role)) ?? {};
      if (status !== 'PENDING' || mailedAt === undefined) return undefined;
      return () => run.post(person, `/approvals/${approvalId}/decision`, { decision: 'approve', digest });
    };
    for (;;) {
      let point: Point | undefined;
      let act: (() => Promise<number>) | undefined;
      await run.until('somebody to be asked', async () => {
        const status = (await ledger.promotion(id))?.status;
        if (status === 'SUCCEEDED') point = 'ended';
        if (status === 'FAILED') {
          point = 'failed';
          act = () => run.post('olga', `/promotions/${id}/redrive`);
        }
        if (status !== 'RUNNING') return point !== undefined;
        act = await asked('qc', 'quinn');
        point = act && 'QC is asked';
        act ??= await asked('pmo', 'parker');
        point ??= act && 'PMO is asked';
        return point !== undefined;
      });
      if (!point || isEnough(point, await holderStatusOf(run, id)) || !act) return id;
      expect(await act()).toBe(303);
    }
  });

/** What the ledger's item holds, or which one it is, once a mail is noted as sent. */
const noteOf = (subject: string): RegExp => {
  if (/ approval: /.test(subject)) return /"mailedAt"/;
  if (/^Promoted: /.test(subject)) return /SUCCEEDED/;
  return / approved: /.test(subject) ? /"announcedAt"/ : /FAILED/;
};

/**
 * Which mails may come once more: those that stand in this beginning of the journal while the note that they were sent does not.
 * SNS sends at least once, and a function that was cut off between the two cannot know.
 */
const unnoted = (lines: readonly JournalLine[]): readonly string[] =>
  lines.flatMap(({ t, v }, index) => {
    if (t !== 'sns.outbox') return [];
    const { to, subject } = v as Mail;
    if (isOfAlarm(subject)) return [];
    const isNoted = lines
      .slice(index)
      .some((line) => line.t === 'dynamodb.journal' && noteOf(subject).test(JSON.stringify(line.v)));
    return isNoted ? [] : [`${to}: ${subject}`];
  });

const without = (mails: readonly string[], some: readonly string[]): string[] =>
  some.reduce<string[]>(
    (left, mail) => (left.includes(mail) ? left.toSpliced(left.indexOf(mail), 1) : left),
    [...mails],
  );

const freeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
};

describe('a journal that ends anywhere in a promotion with a failure and a redrive', () => {
  let stateDir: string;
  let lines: JournalLine[];
  /** When each line was written. */
  let times: number[];
  let first: number;
  const standings = new Map<Point, HolderStatus>();

  beforeAll(async () => {
    stateDir = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-prefix-'));
    // Functions write metrics there.
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    // Every health check passes.
    jest.spyOn(http, 'get').mockImplementation(((_: unknown, onResponse: (response: unknown) => void) => {
      setImmediate(() => onResponse({ statusCode: 200, resume: () => undefined }));
      return new EventEmitter();
    }) as never);

    const run = await startSimulatedRun(stateDir, [], Date.now());
    await run.deploy(await testAssembly());
    const pipelines = run.host.store.table<{ readonly arn: string }>('imagebuilder.pipelines').values();
    run.host.faults.arm(pipelines.find(({ arn }) => arn.endsWith('-prod'))?.arn ?? '', 1);
    first = run.written.length;
    const source = await sampleApplication(path.join(stateDir, 'applications/orders'));
    const [repository = ''] = fs.readdirSync(path.join(stateDir, 'git'));
    await push(source, path.join(stateDir, 'git', repository), 'main');
    await promote(run, (point, standing) => {
      standings.set(point, standing);
      return false;
    });
    await run.stop();
    rememberGit();
    // What a run changes in place would be changed for all that follow.
    lines = run.written.map(({ line }) => freeze(line));
    times = run.written.map(({ at }) => at);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    fs.rmSync(stateDir, { recursive: true, force: true });
  });

  it('holds a whole promotion', () => {
    expect([...standings.keys()]).toEqual(['QC is asked', 'PMO is asked', 'failed', 'ended']);
    expect(standings.get('ended')).toMatchObject({
      promotions: [['SUCCEEDED', 1]],
      execution: ['SUCCEEDED', 1],
      jobs: [
        ['Build QAT image', 1, 'SUCCEEDED', true],
        ['Refresh QAT instance', 1, 'SUCCEEDED', true],
        ['Deploy to QAT', 1, 'SUCCEEDED', true],
        ['Build Prod image', 1, 'FAILED', true],
        ['Build Prod image', 2, 'SUCCEEDED', true],
        ['Deploy to Prod', 1, 'SUCCEEDED', true],
      ],
      builds: ['AVAILABLE', 'FAILED', 'AVAILABLE'],
      refreshes: 1,
      deployments: [
        ['qat', 'Succeeded'],
        ['prod', 'Succeeded'],
      ],
      deadLetters: 0,
      denied: [],
      seals: 2,
    });
    // Of them, two go to the developer who made the commit: it failed, and it was promoted.
    expect(standings.get('ended')?.mails).toHaveLength(8);
  });

  /**
   * Goes on from the first `end` lines of the journal; files are those of the whole run, so ahead of them. Once it stands at some
   * point exactly as the uninterrupted run stood there, what follows is what follows from that point's own beginning.
   */
  const goOnFrom = async (end: number, isWhole: boolean) => {
    const beginning = lines.slice(0, end);
    const run = await startSimulatedRun(stateDir, beginning, (times[end - 1] ?? 0) + 1_000);
    const again = unnoted(beginning);
    let wanted: HolderStatus | undefined;
    const withoutAgain = (found: HolderStatus): HolderStatus => {
      const spare = found.mails.length - (wanted?.mails.length ?? 0);
      return spare > 0 && spare <= again.length ? { ...found, mails: without(found.mails, again) } : found;
    };
    let found: HolderStatus | undefined;
    const id = await promote(run, (point, standing) => {
      wanted = standings.get(point);
      found = withoutAgain(standing);
      return !isWhole && isDeepStrictEqual(found, wanted);
    });
    if (!isDeepStrictEqual(found, wanted)) {
      await run.pass(UNTOLD_MS);
      found = withoutAgain(await functions.asAdministrator(() => holderStatusOf(run, id)));
    }
    await functions.asAdministrator(() =>
      run.until('each change to be told', async () => (await untold(run, id)).length === 0),
    );
    await run.stop();
    expect(found).toEqual(wanted);
    expect(run.logs.filter((line) => /fail|cannot|could not|given up/i.test(line))).toEqual([]);
  };

  it('goes on to the same outcome, with nothing built, deployed, mailed or decided twice', async () => {
    const texts = lines.map((line) => JSON.stringify(line));
    const always = new Set(
      onceHarmful.map((one) => texts.findIndex((text, index) => index >= first && one.test(text)) + 1),
    );
    // Each names a line; else it would try nothing.
    expect(always).not.toContain(0);
    const ends = lines
      .map((line, index) => ({ line, end: index + 1 }))
      .filter(({ line, end }) => end >= first && !isBookkeeping(line))
      .filter(({ end }, index) => index % oneIn === firstOne % oneIn || always.has(end));
    const failures: string[] = [];
    for (const [index, { line, end }] of ends.entries())
      await goOnFrom(end, index % wholeOneIn === 0).catch((error: unknown) => {
        failures.push(
          `After line ${end} of ${lines.length}, ${JSON.stringify(line).slice(0, 200)}: ${error}`,
        );
      });
    if (failures.length > 0)
      throw new Error(
        `${failures.length} of ${ends.length} (EVERY_PREFIX=${oneIn} FIRST_PREFIX=${firstOne}):\n${failures.slice(0, 5).join('\n\n')}`,
      );
  });
});

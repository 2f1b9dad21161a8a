import { type BusEvent, createClock, readOutbox } from '@lockstep/aws-emulator';
import { openJournal } from '../../infra/local/aws/services/states/journal.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const HOUR_MS = 3_600_000;

/** What tells Lockstep that something has ended. */
const isCompletionEvent = ({ source }: Pick<BusEvent, 'source'>) =>
  ['aws.imagebuilder', 'aws.autoscaling', 'aws.codepipeline', 'aws.codedeploy'].includes(source);

/** Cuts Lockstep off from the events that are meant: their rules. @returns what undoes it */
const loseRules = (
  { run: { host } }: Scenario,
  isMeant: (event: Pick<BusEvent, 'source'>) => boolean,
): (() => void)[] => {
  const restore: (() => void)[] = [];
  const rules = host.store.table<{ pattern?: { source?: string[] }; isEnabled: boolean }>('events.rules');
  for (const [arn, rule] of rules.entries()) {
    if (!rule.pattern?.source?.some((source) => isMeant({ source }))) continue;
    rules.put(arn, { ...rule, isEnabled: false });
    restore.push(() => rules.put(arn, rule));
  }
  return restore;
};

/** Cuts Lockstep off from what tells it of ended jobs: the functions' subscriptions, and the rules on completion events. */
const loseEvents = (scenario: Scenario): { lost: number; findAgain: () => void } => {
  const { host } = scenario.run;
  const restore = loseRules(scenario, isCompletionEvent);
  const subscriptions = host.store.table<{ protocol: string }>('sns.subscriptions');
  for (const [arn, subscription] of subscriptions.entries()) {
    if (subscription.protocol !== 'lambda') continue;
    subscriptions.delete(arn);
    restore.push(() => subscriptions.put(arn, subscription));
  }
  return { lost: restore.length, findAgain: () => restore.forEach((undo) => void undo()) };
};

describe('one promotion whose events are lost, then doubled, while the machine’s clock jumps', () => {
  /** How far the machine's wall clock has been set. */
  let set = 0;
  const clock = createClock(
    () => Date.now() + set,
    () => performance.now(),
  );
  let scenario: Scenario;
  let promotion: Awaited<ReturnType<Scenario['startPromotion']>>;
  beforeAll(async () => {
    scenario = await startScenario({ clock });
  });
  afterAll(() => scenario?.stop());

  const tellAgain = () => {
    const { events } = scenario.run.services;
    const told = events.recentEvents().filter(isCompletionEvent);
    expect(told.length).toBeGreaterThan(0);
    for (const event of told) events.redeliver(event.id);
  };
  const reached = (state: string) =>
    eventually(state, async () =>
      (await promotion.states()).some(([name]) => name === state) ? true : undefined,
    );

  it('waits for the next reconcile when all are lost, and no longer', async () => {
    const { lost, findAgain } = loseEvents(scenario);
    expect(lost).toBeGreaterThan(3);
    const { host } = scenario.run;
    promotion = await scenario.startPromotion();
    await eventually('the image to be built', async () => {
      const [job] = await scenario.system.ledger.jobs(promotion.id);
      if (!job?.externalId) return undefined;
      const { image } = await host.call<{ image?: { state?: { status?: string } } }>(
        { kind: 'administrator' },
        'imagebuilder',
        'GetImage',
        { imageBuildVersionArn: job.externalId },
      );
      return image?.state?.status === 'AVAILABLE' ? true : undefined;
    });
    expect((await promotion.states()).at(-1)).toEqual([stateNames.buildQatImage, 'RUNNING']);
    findAgain();
    scenario.advance({ minutes: 5 });
    await reached(stateNames.pointQatAtImage);
  });

  it('neither waits nor runs out of time when the clock is set back and forward by hours under way', async () => {
    set -= 3 * HOUR_MS;
    await reached(stateNames.deployToQat);
    // Longer than the state may take.
    set += 12 * HOUR_MS;
    await promotion.asked('qc');
    set -= 8 * HOUR_MS;
    expect(await promotion.decide('qc', 'quinn')).toMatchObject({ kind: 'decided' });
    set += 5 * HOUR_MS;
    tellAgain();
    await promotion.decide('pmo', 'parker');
    await reached(stateNames.deployToProd);
    set += 9 * HOUR_MS;
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('has done each thing once, in the order of its history', async () => {
    const history = await promotion.history();
    tellAgain();
    expect((await promotion.report()).jobs.map(({ status }) => status)).toEqual(Array(5).fill('SUCCEEDED'));
    expect(await promotion.history()).toEqual(history);
    const times = history.map(({ timestamp }) => timestamp?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const asked = readOutbox(scenario.run.host.store).filter(({ subject }) =>
      /^(QC|PMO) approval/.test(subject),
    );
    expect(asked.map(({ to, subject }) => `${to} ${subject}`)).toEqual([
      ...new Set(asked.map(({ to, subject }) => `${to} ${subject}`)),
    ]);
    const journal = openJournal(scenario.run.host)
      .records()
      .map(({ at }) => at);
    expect(journal).toEqual([...journal].sort((a, b) => a - b));
  });

  it('notes the end of one that was stopped without an event, and lets it go, at the next reconcile', async () => {
    const { ledger } = scenario.system;
    const stopped = await scenario.startPromotion();
    await stopped.asked('qc');
    const { executionArn, id } = stopped;
    const found = loseRules(scenario, ({ source }) => source === 'aws.states');
    expect(found).toHaveLength(4);
    await scenario.run.host.call({ kind: 'administrator' }, 'states', 'StopExecution', { executionArn });
    expect(await stopped.ended()).toMatchObject({ status: 'ABORTED' });
    expect(await ledger.promotion(id)).toMatchObject({ status: 'RUNNING' });
    // A turn, and the window that it begins in.
    scenario.advance({ minutes: 10 });
    const promotion = await eventually('the end in the ledger', async () => {
      const noted = await ledger.promotion(id);
      return noted?.status === 'RUNNING' ? undefined : noted;
    });
    expect(promotion).toMatchObject({ status: 'ABORTED', endedAt: expect.any(String) });
    await eventually('QAT to be free', async () =>
      (await ledger.lock(scenario.application.name, 'qat')).holder ? undefined : true,
    );
    for (const undo of found) undo();
  });
});

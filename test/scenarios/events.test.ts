import { stateNames } from '../../workflows/state-names.ts';
import { changeResources } from '../support/templates.ts';
import { approveBoth, eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(120_000);

/** What tells Lockstep that something has ended. */
const isCompletionEvent = (source: string) =>
  ['aws.imagebuilder', 'aws.autoscaling', 'aws.codepipeline', 'aws.codedeploy'].includes(source);

/** Cuts Lockstep off from what tells it of ended jobs: the image topics' subscriptions and the rules on completion events. */
const loseEvents = (assemblyDirectory: string): number => {
  let lost = 0;
  changeResources(assemblyDirectory, ({ Type, Properties = {} }) => {
    const pattern = Properties.EventPattern as { source?: string[] } | undefined;
    if (Type === 'AWS::Events::Rule' && pattern?.source?.some(isCompletionEvent)) {
      Properties.State = 'DISABLED';
      lost++;
    }
    const isTold = Type === 'AWS::SNS::Subscription' && Properties.Protocol === 'lambda';
    if (isTold) lost++;
    return !isTold;
  });
  return lost;
};

describe('events about external jobs', () => {
  let scenario: Scenario | undefined;
  afterEach(() => scenario?.stop());

  it('that are all lost delay a promotion until the next reconcile, and no longer', async () => {
    scenario = await startScenario({ change: (assembly) => expect(loseEvents(assembly)).toBeGreaterThan(3) });
    const { host } = scenario.run;
    const { ledger } = scenario.system;
    const promotion = await scenario.startPromotion();
    await eventually('the image to be built', async () => {
      const [job] = await ledger.jobs(promotion.id);
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
    scenario.advance({ minutes: 5 });
    await eventually('the next state', async () =>
      (await promotion.states()).some(([name]) => name === stateNames.pointQatAtImage) ? true : undefined,
    );
  });

  it('that come twice, and again when all is over, change nothing', async () => {
    scenario = await startScenario();
    const { events } = scenario.run.services;
    const tellAgain = () => {
      const told = events.recentEvents().filter(({ source }) => isCompletionEvent(source));
      expect(told.length).toBeGreaterThan(0);
      for (const event of told) events.redeliver(event.id);
    };
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    tellAgain();
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
    const history = await promotion.history();
    tellAgain();
    expect((await promotion.report()).jobs.map(({ status }) => status)).toEqual(Array(5).fill('SUCCEEDED'));
    expect(await promotion.history()).toEqual(history);
  });
});

import { readOutbox } from '@lockstep/aws-emulator';
import { repositoryOf } from '../../infra/local/aws/services/imagebuilder/packages.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import type { BadSubject } from '../../tasks/marks/bad-mark.ts';
import { markBad, unmarkBad } from '../../tasks/marks/mark-bad.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstep as runLockstep } from './support/command-line.ts';
import { pressGoBack, servedInProd } from './support/go-back.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(600_000);

const OLD = '1:3.0.7-1.amzn2023.0.1';
const NEW = '1:3.0.8-1.amzn2023.0.21';
const subject = { packageVersion: 'openssl@3.0.7' };
const application = 'orders';
const quinn = { type: 'identity', arn: 'arn:aws:iam::000000000000:user/quinn' } as const;

describe('images and packages that are marked bad', () => {
  let scenario: Scenario;
  let first: ScenarioPromotion;
  let second: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario();
    first = await scenario.startPromotion();
    expect(await approveBoth(first)).toMatchObject({ status: 'SUCCEEDED' });
    second = await scenario.startPromotion();
    expect(await approveBoth(second)).toMatchObject({ status: 'SUCCEEDED' });
  });
  afterAll(() => scenario?.stop());

  const ledger = () => scenario.system.ledger;
  const lockstep = (...args: string[]) => runLockstep(scenario, ...args);
  const mark = async (what: string, reason: string) => {
    const asked = await lockstep('mark-bad', what, '--application', application, '--reason', reason);
    expect([asked.code, asked.error]).toEqual([0, '']);
    return asked.out;
  };
  /** Somebody else than the one at this machine's command line, who marked it, unmarks it. */
  const unmark = (bad: BadSubject) =>
    unmarkBad(
      ledger(),
      { application, ...bad },
      {
        by: quinn,
        at: new Date().toISOString(),
        reason: 'it is another one',
      },
    );
  const endsAsRecalled = async (promotion: ScenarioPromotion, state: string, ...causes: string[]) => {
    const end = await promotion.ended();
    expect(end).toMatchObject({ status: 'FAILED', error: 'Recalled' });
    for (const cause of causes) expect(end.cause).toContain(cause);
    expect((await promotion.states()).slice(-2)).toEqual([
      [state, 'FAILED'],
      [names.recalled, 'FAILED'],
    ]);
  };

  it('a package that is marked while QC is asked withdraws the request and ends the promotion; what is live stays', async () => {
    repositoryOf(scenario.run.host).put('openssl', OLD);
    const promotion = await scenario.startPromotion();
    const { approvalId } = await promotion.asked('qc');
    const before = await servedInProd(scenario);
    const said = await mark('OpenSSL 3.0.7', 'it leaks keys');
    expect(said).toContain(`In progress, and recalled now: ${promotion.id}`);
    expect(said).toContain('QAT runs it.');
    expect(said).not.toContain('Prod runs it.');
    scenario.advance({ minutes: 6 });
    await endsAsRecalled(
      promotion,
      names.qcApproval,
      'has a bad package',
      'package openssl 3.0.7 bad',
      'it leaks keys',
    );
    const [withdrawn] = await eventually('the mail', () => {
      const found = readOutbox(scenario.run.host.store).filter(({ subject }) =>
        /^QC request withdrawn/.test(subject),
      );
      return found.length > 0 ? found : undefined;
    });
    expect(withdrawn?.message).toContain('package openssl 3.0.7 bad');
    const signedIn = await signInAs('quinn', scenario.system.siteUrl);
    expect(
      await signedIn.decide(`${scenario.system.siteUrl}/approvals/${approvalId}`, 'approve'),
    ).toMatchObject({ kind: 'denied', reason: 'Withdrawn' });
    const { document } = await signedIn.open(`${scenario.system.siteUrl}/promotions/${promotion.id}`);
    expect(document.text).toContain('package openssl 3.0.7 bad');
    expect(await servedInProd(scenario)).toBe(before);
    expect(before).toBe(second.commitId);
    await expect(promotion.redrive()).rejects.toThrow('openssl 3.0.7');
  });

  it('a later promotion that builds the same ends before QAT gets its image; after somebody else unmarks it, it goes on', async () => {
    const later = await scenario.startPromotion();
    await endsAsRecalled(later, names.pointQatAtImage, 'package openssl 3.0.7 bad');
    expect((await ledger().promotion(later.id))?.images.qat).toBeUndefined();
    const own = await lockstep(
      'unmark-bad',
      'openssl@3.0.7',
      '--application',
      application,
      '--reason',
      'it is fine',
    );
    expect(own.code).toBe(1);
    expect(own.error).toContain('Another operator or approver must unmark it.');
    expect(await unmark(subject)).toMatchObject({ kind: 'ok' });
    const allowed = await scenario.startPromotion();
    expect(await approveBoth(allowed)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await servedInProd(scenario)).toBe(allowed.commitId);
  });

  it('a mark of the version that Prod runs does not stop a promotion that brings another', async () => {
    repositoryOf(scenario.run.host).put('openssl', NEW);
    const before = await servedInProd(scenario);
    const promotion = await scenario.startPromotion();
    await promotion.decide('qc', 'quinn');
    await promotion.asked('pmo');
    await mark(`openssl@${OLD}`, 'it leaks keys');
    expect((await ledger().promotion(promotion.id))?.status).toBe('RUNNING');
    await promotion.decide('pmo', 'parker');
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await servedInProd(scenario)).not.toBe(before);
  });

  it('Prod does not go back to a release with a bad image, nor to one with a bad package', async () => {
    const release = await ledger().promotion(second.id);
    const imageId = release?.images.prod ?? '';
    const said = await mark(imageId, 'it does not boot');
    expect(said).toContain('No promotion in progress has it yet.');
    const asked = await lockstep('go-back', application, second.id, '--reason', 'x');
    expect(asked.code).toBe(1);
    expect(asked.error).toContain(`marked image ${imageId} bad`);
    expect(asked.error).toContain('Choose another release, or have somebody else unmark it.');
    await expect(pressGoBack(scenario, second, 'x')).rejects.toThrow('has no form');
    // A go-back that was asked for before ends before anybody is asked.
    expect(await unmark({ imageId })).toMatchObject({ kind: 'ok' });
    const goBack = await pressGoBack(scenario, second, 'y');
    await goBack.asked('qc');
    await markBad(
      ledger(),
      { application, packageVersion: `openssl@${NEW}` },
      {
        by: quinn,
        at: new Date().toISOString(),
        reason: 'it leaks keys as well',
      },
    );
    scenario.advance({ minutes: 6 });
    const end = await goBack.ended();
    expect(end).toMatchObject({ status: 'FAILED', error: 'Recalled' });
    expect(end.cause).toContain('it leaks keys as well');
    const { out } = await lockstep('bad', application);
    expect(out).toContain(`image ${imageId}`);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});

import fs from 'node:fs';
import path from 'node:path';
import { startTrafficProbe } from '../../infra/local/run/traffic-probe.ts';
import type { EvidenceFile } from '../../tasks/evidence/evidence-file.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstepJson } from './support/command-line.ts';
import { goBackOf, pressGoBack, servedInProd } from './support/go-back.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;

describe('going back to an earlier release', () => {
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

  const lockstep = (...args: string[]) => lockstepJson(scenario, ...args);
  const reason = 'The cart is empty since the last release';
  /** The services that have noted something since a line of the journal. */
  const notedSince = (line: number): ReadonlySet<string> =>
    new Set(
      journal()
        .slice(line)
        .map((text) => /"t":"(\w+)/.exec(text)?.[1] ?? ''),
    );
  const journal = () =>
    fs.readFileSync(path.join(scenario.stateDir, 'journal.ndjson'), 'utf8').trimEnd().split('\n');

  it('deploys the recorded image and commit under load: no build, no QAT, no request fails; and evidence names it', async () => {
    const before = (await scenario.system.ledger.promotion(first.id))?.images;
    const stopTraffic = startTrafficProbe(scenario.application.prodUrl);
    const begin = journal().length;
    const goBack = await pressGoBack(scenario, first, reason);
    const { id } = goBack;
    // Pressed twice, it starts once.
    expect((await pressGoBack(scenario, first, reason)).id).toBe(id);

    const { review, candidate } = await goBack.asked('qc');
    expect(review).toMatchObject({
      goBack: {
        to: { promotionId: first.id },
        undone: [{ promotionId: second.id }],
        askedBy: 'olga',
        reason,
        prodImageId: before?.prod,
      },
      commits: [{ commitId: second.commitId }],
      makers: [{ name: 'olga' }],
      gaps: [],
    });
    expect(review.fileCount).toEqual({ added: 0, changed: 1, removed: 0 });
    expect(candidate).toMatchObject({ commitId: first.commitId, qatImageId: before?.qat });
    expect(await approveBoth(goBack)).toMatchObject({ status: 'SUCCEEDED' });

    const { requests, failed } = await stopTraffic();
    expect(requests).toBeGreaterThan(10);
    expect(failed).toBe(0);
    expect(await servedInProd(scenario)).toBe(first.commitId);
    expect([...notedSince(begin)]).toEqual(expect.arrayContaining(['codedeploy', 'dynamodb']));
    expect([...notedSince(begin)]).not.toContain('imagebuilder');
    expect((await scenario.system.ledger.promotion(id))?.images).toEqual(before);
    expect((await goBack.states()).map(([name]) => name)).toEqual([
      names.isGoBack,
      names.checkRelease,
      names.isOneApproval,
      names.qcApproval,
      names.didQcApprove,
      names.pmoApproval,
      names.didPmoApprove,
      names.lockProd,
      names.confirmApprovers,
      names.isImageRecorded,
      names.pointProdAtImage,
      names.deployToProd,
      names.verifyProd,
      names.promoted,
    ]);
    expect((await scenario.system.ledger.jobs(id)).map(({ kind }) => kind)).toEqual(['pipeline-run']);
    expect(scenario.run.host.accessReport().denied).toEqual([]);

    await eventually('the seal', async () => {
      const { json } = await lockstep('show', id);
      const { entries, sealedUpTo } = (json as { evidence: { entries: number; sealedUpTo: number } })
        .evidence;
      return sealedUpTo === entries ? true : undefined;
    });
    expect(await lockstep('evidence', id, '--out', 'go-back.json')).toMatchObject({ code: 0 });
    const file = path.join(scenario.stateDir, 'go-back.json');
    const { entries, key } = JSON.parse(fs.readFileSync(file, 'utf8')) as EvidenceFile;
    fs.writeFileSync(path.join(scenario.stateDir, 'key.pem'), key?.publicKey ?? '');
    expect(await lockstep('verify', 'go-back.json', '--key', 'key.pem')).toMatchObject({ code: 0 });
    expect(entries[0]).toMatchObject({
      kind: 'go-back',
      actor: { type: 'person', name: 'olga' },
      what: {
        reason,
        to: first.id,
        from: second.id,
        prodImageId: before?.prod,
      },
    });
  });

  it('goes on with the next push, whose change is everything that Prod no longer has', async () => {
    const third = await scenario.startPromotion();
    const { review } = await third.asked('qc');
    expect(review.commits.map(({ commitId }) => commitId)).toEqual([third.commitId, second.commitId]);
    expect(review.makers.map(({ name }) => name)).not.toContain('olga');
    expect(review.bad).toMatchObject([{ commitId: second.commitId, by: { name: 'olga' }, reason }]);
    expect(await approveBoth(third)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await servedInProd(scenario)).toBe(third.commitId);
  });

  it('fails before anybody is asked if the image is gone; the command line asks in the caller’s name', async () => {
    expect(await lockstep('go-back', scenario.application.name, second.id, '--reason', 'x')).toMatchObject({
      code: 1,
      error: expect.stringContaining('Choose another release, or have somebody else unmark it.'),
    });
    const imageId = (await scenario.system.ledger.promotion(first.id))?.images.prod;
    await scenario.run.host.call(administrator, 'ec2', 'DeregisterImage', { ImageId: imageId });
    const { code, json, error } = await lockstep(
      'go-back',
      scenario.application.name,
      first.id,
      '--reason',
      'The third is slow',
    );
    expect([code, error]).toEqual([0, '']);
    const goBack = goBackOf(scenario, String(json?.promotionId), first);
    const end = await goBack.ended();
    expect(end).toMatchObject({ status: 'FAILED', error: 'ReleaseGone' });
    expect(end.cause).toContain(`The image ${imageId} is gone`);
    expect(await scenario.system.ledger.approvals(goBack.id)).toEqual([]);
  });
});

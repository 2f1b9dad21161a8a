import fs from 'node:fs';
import path from 'node:path';
import { repositoryOf } from '../../infra/local/aws/services/imagebuilder/packages.ts';
import { signInAs } from '../../infra/local/run/approver.ts';
import type { Inventory } from '../../tasks/image-inventory/inventory.ts';
import { inventoryDigest } from '../../tasks/image-inventory/inventory.ts';
import type { Lineage } from '../../tasks/lineage/lineage.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstep as runLockstep } from './support/command-line.ts';
import { editStatement } from './support/edit-statement.ts';
import { pressGoBack } from './support/go-back.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(600_000);

describe('what is in images', () => {
  let scenario: Scenario;
  let first: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario();
    first = await scenario.startPromotion();
    expect(await approveBoth(first)).toMatchObject({ status: 'SUCCEEDED' });
  });
  afterAll(() => scenario?.stop());

  const lockstep = (...args: string[]) => runLockstep(scenario, ...args);
  const repository = () => repositoryOf(scenario.run.host);
  it('is recorded with each promotion, and its bills of materials are given only as they were recorded', async () => {
    const { inventory: digest = '', imageId } = (await first.job(names.buildProdImage)).output ?? {};
    const asked = await lockstep('sbom', first.id, '--format', 'inventory');
    expect(asked).toMatchObject({ code: 0, error: '' });
    const inventory = JSON.parse(asked.out) as Inventory;
    expect(inventoryDigest(inventory)).toBe(digest);
    expect(inventory.imageId).toBe(imageId);
    expect(inventory.packages.map(({ name }) => name)).toContain('openssl');
    expect(inventory.components.every(({ digest: one }) => one !== undefined)).toBe(true);

    const live = await lockstep('sbom', 'live');
    expect(JSON.parse(live.out)).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    const ami = await lockstep('sbom', imageId ?? '', '--format', 'spdx', '--out', 'live.spdx.json');
    expect(ami).toMatchObject({ code: 0, out: expect.stringContaining(imageId ?? '') });
    expect(JSON.parse(fs.readFileSync(path.join(scenario.stateDir, 'live.spdx.json'), 'utf8'))).toMatchObject(
      { spdxVersion: 'SPDX-2.3', name: imageId },
    );
    const { code, out } = await lockstep('diff', first.id, 'live');
    expect([code, out]).toEqual([0, expect.stringContaining('have the same contents')]);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('is compared with Prod in front of approvers, an older package first; and Prod is not built with other packages than approved', async () => {
    repository().put('openssl', '1:3.0.7-1.amzn2023.0.1');
    repository().put('jq', '1.7.1-1.amzn2023');
    repository().put('curl-minimal', '8.5.0-1.amzn2023.0.5');
    const promotion = await scenario.startPromotion();
    const { approvalId, review, candidate } = await promotion.asked('qc');
    expect(candidate.qatInventory).toMatch(/^[0-9a-f]{64}$/);
    expect(review.gaps).toEqual([]);
    expect(review.packages).toMatchObject({
      count: { down: 1, added: 1, up: 1, removed: 0, other: 0 },
      changes: [
        { change: 'down', name: 'openssl' },
        { change: 'added', name: 'jq' },
        { change: 'up', name: 'curl-minimal' },
      ],
    });
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const { document } = await quinn.open(`${scenario.system.siteUrl}/approvals/${approvalId}`);
    expect(document.text).toContain('1 older, 1 added, 1 newer');
    expect(document.text).toContain('older than in Prod');

    // QAT runs it by now, and Prod still the other version.
    const asked = await lockstep('trace', 'openssl', '--json');
    expect([asked.code, asked.error]).toEqual([0, '']);
    expect(JSON.parse(asked.out)).toMatchObject({
      live: [
        {
          release: { environment: 'qat', promotionId: promotion.id, approvedBy: { qc: [] } },
          packages: [{ version: '1:3.0.7-1.amzn2023.0.1' }],
        },
        {
          release: {
            environment: 'prod',
            promotionId: first.id,
            approvedBy: { qc: ['quinn'], pmo: ['parker'] },
          },
          packages: [{ version: '1:3.0.8-1.amzn2023.0.21' }],
        },
      ],
      gaps: { live: [] },
    });
    const answer = await quinn.open(`${scenario.system.siteUrl}/search?q=openssl+3.0.7`);
    expect(
      answer.document.querySelectorAll('[data-lineage]').map((one) => one.attributes['data-lineage']),
    ).toEqual(['orders qat']);
    expect(answer.document.querySelector('.gaps')).toBeNull();

    // Between both builds, something leaves the repository.
    repository().put('jq', '');
    await promotion.decide('qc', 'quinn');
    await promotion.decide('pmo', 'parker');
    expect(await promotion.ended()).toMatchObject({
      status: 'FAILED',
      error: 'ImageDiffers',
      cause: expect.stringContaining('The package jq 1.7.1-1.amzn2023 was removed.'),
    });
    expect((await promotion.states()).at(-1)).toEqual([names.buildProdImage, 'FAILED']);
    const before = (await promotion.job(names.buildProdImage)).externalId;

    // A security update is allowed by default.
    repository().put('jq', '1.7.1-1.amzn2023');
    repository().put('expat', '2.6.3-1.amzn2023.0.2');
    await eventually('the end in the ledger', async () =>
      (await scenario.system.ledger.promotion(promotion.id))?.status === 'FAILED' ? true : undefined,
    );
    await promotion.redrive();
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
    expect((await promotion.job(names.buildProdImage)).externalId).not.toBe(before);
    const { out } = await lockstep('diff', first.id, promotion.id);
    expect(out.trimEnd().split('\n').slice(1)).toEqual([
      'Package curl-minimal went up from 8.5.0-1.amzn2023.0.4 to 8.5.0-1.amzn2023.0.5',
      'Package expat went up from 2.6.3-1.amzn2023.0.1 to 2.6.3-1.amzn2023.0.2',
      'Package jq 1.7.1-1.amzn2023 was added',
      'Package openssl went down from 1:3.0.8-1.amzn2023.0.21 to 1:3.0.7-1.amzn2023.0.1',
    ]);

    // Nothing live has the first one's version; Prod can go back to it.
    const kept = await eventually('the end in the ledger, and the images that are kept', async () => {
      const { out: answer } = await lockstep('trace', 'openssl@3.0.8', '--json');
      const lineage = JSON.parse(answer) as Lineage;
      return lineage.earlier.length > 0 && lineage.gaps.live.length === 0 ? lineage : undefined;
    });
    expect(kept).toMatchObject({ live: [], looked: { live: 2, earlier: 1 } });
    expect(kept.earlier.map(({ release }) => release.promotionId)).toEqual([first.id]);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('has a statement of where it comes from, without which no instance starts from it', async () => {
    const { imageId = '' } = (await first.job(names.buildProdImage)).output ?? {};
    editStatement(scenario, imageId, ['"environment":"prod"', '"environment":"qat"']);
    const live = (await scenario.system.ledger.live('orders'))?.promotionId;
    const goBack = await pressGoBack(scenario, first, 'it was better');
    expect(await approveBoth(goBack)).toMatchObject({
      status: 'FAILED',
      error: 'ProvenanceInvalid',
      cause: expect.stringContaining(`The image ${imageId} has no valid statement of where it comes from`),
    });
    expect((await goBack.states()).at(-1)).toEqual([names.pointProdAtImage, 'FAILED']);
    expect((await scenario.system.ledger.live('orders'))?.promotionId).toBe(live);
    expect(await lockstep('sbom', first.id)).toMatchObject({
      code: 1,
      error: expect.stringContaining('or it was changed'),
    });
  });
});

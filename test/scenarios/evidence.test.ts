import fs from 'node:fs';
import path from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ListObjectVersionsOutput } from '@aws-sdk/client-s3';
import { createDynamoDbEvidenceStore } from '../../tasks/evidence/dynamodb-evidence-store.ts';
import { type EvidenceFile, serialize } from '../../tasks/evidence/evidence-file.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { ReleaseHistory } from '../../tasks/promotions/read-live.ts';
import { searchPromotions } from '../../tasks/promotions/search.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { lockstepJson } from './support/command-line.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;

describe('evidence of a promotion that failed and was redriven', () => {
  let scenario: Scenario;
  let promotion: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario();
    await scenario.failNext(stateNames.buildProdImage);
    promotion = await scenario.startPromotion();
    await approveBoth(promotion);
    await sealedUntil('FAILED');
    expect(await lockstep('redrive', promotion.id)).toMatchObject({
      code: 2,
      error: expect.stringContaining('add --yes'),
    });
    expect(await lockstep('redrive', promotion.id.slice(0, 20), '--yes')).toMatchObject({
      code: 0,
      json: { advice: { resumesAt: { state: stateNames.buildProdImage, attempt: 2 }, taking: 'starts' } },
    });
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    await sealedUntil('SUCCEEDED');
  });
  afterAll(() => scenario.stop());

  const lockstep = (...args: string[]) => lockstepJson(scenario, ...args);
  const sealedUntil = (status: string) =>
    eventually(`the seal after ${status}`, async () => {
      const { json } = await lockstep('show', promotion.id);
      const shown = json as {
        promotion: { status: string };
        evidence: { entries: number; sealedUpTo: number };
      };
      const { entries, sealedUpTo } = shown.evidence;
      return shown.promotion.status === status && sealedUpTo === entries ? shown : undefined;
    });
  const fileAt = (name: string) => path.join(scenario.stateDir, name);

  it('goes with a cost that counts each attempt of each job, and the images that exist', async () => {
    const { json } = await lockstep('cost', promotion.id);
    expect(json).toMatchObject({
      promotionId: promotion.id,
      lines: expect.arrayContaining([
        expect.objectContaining({ item: 'Image builds (3) on t3.small' }),
        expect.objectContaining({ item: "Actions of the pipelines' runs (2)" }),
        expect.objectContaining({
          item: 'Snapshots of 2 images, kept for a month',
          quantity: 16,
          price: 0.05,
        }),
      ]),
    });
  });
  const read = (name: string) => JSON.parse(fs.readFileSync(fileAt(name), 'utf8')) as EvidenceFile;

  it('is what Prod runs, seen on the instances that serve, and a release that two people approved', async () => {
    const { json } = await lockstep('live');
    expect(json).toMatchObject([
      {
        application: 'orders',
        environments: [
          // Whether somebody has looked at the instance since.
          {
            environment: 'qat',
            certainty: expect.stringMatching(/^(deployed|verified)$/),
            release: { promotionId: promotion.id },
          },
          { environment: 'prod', certainty: 'verified', release: { promotionId: promotion.id } },
        ],
        next: [],
      },
    ]);
    const [, prod] = (await lockstep('releases', 'orders')).json as unknown as readonly ReleaseHistory[];
    expect(prod?.releases).toEqual([
      expect.objectContaining({
        promotionId: promotion.id,
        imageBuiltAt: expect.any(String),
        revision: expect.objectContaining({ pipelineExecutionId: expect.any(String) }),
        approvedBy: { qc: ['quinn'], pmo: ['parker'] },
      }),
    ]);
    const shown = (await lockstep('show', promotion.id)).json as unknown as { promotion: Promotion };
    const ids = shown.promotion.verifiedInstances ?? [];
    expect(ids.length).toBeGreaterThan(0);
    const { found } = await searchPromotions(scenario.system.ledger, ids[0] ?? '');
    expect(found).toMatchObject([{ promotion: { promotionId: promotion.id }, because: 'Prod instance' }]);
  });

  it('tells everything that happened, by whom, once and in order, and verifies', async () => {
    expect(await lockstep('evidence', promotion.id, '--out', 'e.json')).toMatchObject({ code: 0 });
    // The event that tells of the redrive and the state that goes on are told by two functions, in either order.
    const [redriven, rest] = [true, false].map((is) =>
      read('e.json').entries.filter(({ kind }) => (kind === 'redriven') === is),
    );
    expect(redriven).toMatchObject([{ what: { redrive: 1 } }]);
    const story = rest?.map(({ kind, actor, what }) => [
      kind,
      what.state ?? what.redrive ?? what.branch ?? null,
      what.status ?? what.decision ?? null,
      actor.type === 'person'
        ? actor.name
        : actor.type === 'identity'
          ? actor.arn.split('/').at(-1)
          : 'lockstep',
    ]);
    const job = (state: string, status = 'SUCCEEDED') => [
      ['job-started', state, null, 'lockstep'],
      ['job-ended', state, status, 'lockstep'],
    ];
    expect(story).toEqual([
      ['push-event', 'main', null, 'lockstep'],
      ...job(stateNames.buildQatImage),
      ...job(stateNames.refreshQatInstance),
      ...job(stateNames.deployToQat),
      ['push', 'main', null, 'dana'],
      ['approval-requested', stateNames.qcApproval, null, 'lockstep'],
      ['decision', stateNames.qcApproval, 'approve', 'quinn'],
      ['approval-requested', stateNames.pmoApproval, null, 'lockstep'],
      ['decision', stateNames.pmoApproval, 'approve', 'parker'],
      ...job(stateNames.buildProdImage, 'FAILED'),
      ['ended', null, 'FAILED', 'lockstep'],
      ['redrive-asked', 1, null, expect.any(String)],
      ...job(stateNames.buildProdImage),
      ...job(stateNames.deployToProd),
      ['ended', null, 'SUCCEEDED', 'lockstep'],
    ]);
    expect(read('e.json').seals).toMatchObject([{ state: 'FAILED' }, { state: 'SUCCEEDED' }]);
    const decision = read('e.json').entries.find(({ kind }) => kind === 'decision');
    expect(decision?.what.signedInAt).toMatch(/^2\d{3}-/);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('verifies by the key of the account, and not without it or with a changed byte', async () => {
    const { json } = await lockstep('evidence', promotion.id, '--out', 'pinned.json');
    const { key } = json as { key: { fingerprint: string } };
    expect(await lockstep('verify', 'pinned.json', '--key', key.fingerprint)).toMatchObject({
      code: 0,
      json: { verified: true, state: 'SUCCEEDED', statements: 2 },
    });
    expect(await lockstep('verify', 'pinned.json')).toMatchObject({
      code: 3,
      json: { problems: [{ kind: 'no-expected-key' }] },
    });
    const text = fs.readFileSync(fileAt('pinned.json'), 'utf8');
    fs.writeFileSync(fileAt('forged.json'), text.replace('"quinn"', '"quint"'));
    expect(await lockstep('verify', 'forged.json', '--key', key.fingerprint)).toMatchObject({
      code: 3,
      json: { verified: false, problems: [{ kind: 'changed', sequence: 10 }] },
    });
  });

  it('has a signed statement of each image, and is not verified with one of another promotion', async () => {
    const { json } = await lockstep('evidence', promotion.id, '--out', 'whole.json');
    const { fingerprint } = (json as { key: { fingerprint: string } }).key;
    const { statements = [], ...record } = read('whole.json');
    expect(statements).toHaveLength(2);
    const other = await scenario.startPromotion();
    await other.asked('qc');
    await lockstep('evidence', other.id, '--out', 'other.json');
    const [foreign] = read('other.json').statements ?? [];
    fs.writeFileSync(fileAt('foreign.json'), serialize({ ...record, statements: [statements[0], foreign] }));
    expect(await lockstep('verify', 'foreign.json', '--key', fingerprint)).toMatchObject({
      code: 3,
      json: { problems: [{ kind: 'statement' }, { kind: 'statement' }] },
    });
    await other.decide('qc', 'quinn', 'reject');
    expect(await other.ended()).toMatchObject({ error: 'Rejected' });
  });

  it('is locked: no sealed version can be deleted', async () => {
    const { host, stacks } = scenario.run;
    const Bucket = stacks.stackOutputs('Lockstep-Platform').EvidenceBucketName ?? '';
    const { Versions } = await host.call<ListObjectVersionsOutput>(
      administrator,
      's3',
      'ListObjectVersions',
      { Bucket, Prefix: `${scenario.application.name}/${promotion.id}/` },
    );
    expect(Versions).toHaveLength(2);
    const { Key, VersionId } = Versions?.[0] ?? {};
    const deleted = host.call(administrator, 's3', 'DeleteObject', { Bucket, Key, VersionId });
    await expect(deleted).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('is not redriven again, as there is nothing to redrive', async () => {
    expect(await lockstep('redrive', promotion.id)).toMatchObject({
      code: 1,
      error: expect.stringContaining('The promotion succeeded'),
    });
  });

  // Last: the ledger is not what it was afterwards.
  it('that somebody changed in the ledger is told from what was sealed', async () => {
    const { host, stacks } = scenario.run;
    const TableName = stacks.stackOutputs('Lockstep-Platform').LedgerTableName ?? '';
    const client = new DynamoDBClient({
      endpoint: host.endpointUrl,
      region: host.region,
      credentials: host.administratorKey(),
    });
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk: { S: `PROMOTION#${promotion.id}` }, sk: { S: 'EVIDENCE#000009' } },
        UpdateExpression: 'SET actor.#name = :name, #hash = :hash',
        ExpressionAttributeNames: { '#name': 'name', '#hash': 'hash' },
        ExpressionAttributeValues: { ':name': { S: 'parker' }, ':hash': { S: 'f'.repeat(64) } },
      }),
    );
    const entries = await createDynamoDbEvidenceStore(TableName, client).entries(promotion.id);
    expect(entries[8]?.actor).toMatchObject({ name: 'parker' });
    client.destroy();
    expect(await lockstep('evidence', promotion.id, '--out', 'departed.json')).toMatchObject({
      code: 3,
      json: { findings: expect.arrayContaining([expect.objectContaining({ kind: 'ledger-differs' })]) },
    });
    const { key } = read('departed.json');
    fs.writeFileSync(fileAt('key.pem'), key?.publicKey ?? '');
    expect(await lockstep('verify', 'departed.json', '--key', 'key.pem')).toMatchObject({ code: 0 });
  });
});

import fs from 'node:fs';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import type { EventDetail } from '../../tasks/events/promotion-event.ts';
import { createDynamoDbEvidenceStore } from '../../tasks/evidence/dynamodb-evidence-store.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { approveBoth, eventually, type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const schema = z.fromJSONSchema(
  JSON.parse(fs.readFileSync(path.join(projectRoot, 'docs/events.schema.json'), 'utf8')),
);

describe('a promotion with a failure and a redrive', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario?.stop());

  const told = (promotionId: string) =>
    scenario.run.services.events
      .recentEvents()
      .filter(({ source, detail }) => source === 'lockstep' && detail.promotionId === promotionId);

  const evidence = async (promotionId: string) => {
    const { host, stacks } = scenario.run;
    const client = new DynamoDBClient({
      endpoint: host.endpointUrl,
      region: host.region,
      credentials: host.administratorKey(),
    });
    try {
      const TableName = stacks.stackOutputs('Lockstep-Platform').LedgerTableName ?? '';
      return await createDynamoDbEvidenceStore(TableName, client).entries(promotionId);
    } finally {
      client.destroy();
    }
  };

  it('is told event by event, in order, each as the schema has it, from the push to its end', async () => {
    await scenario.failNext(names.buildProdImage);
    const promotion = await scenario.startPromotion();
    expect(await approveBoth(promotion)).toMatchObject({ status: 'FAILED' });
    await promotion.redrive();
    expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });

    const record = await eventually('the end to be on record', async () => {
      const entries = await evidence(promotion.id);
      return entries.at(-1)?.kind === 'ended' && entries.at(-1)?.what.redrives === 1 ? entries : undefined;
    });
    const events = await eventually('each entry to be told', () => {
      const all = told(promotion.id);
      return all.length >= record.length ? all : undefined;
    });
    const details = events.map(({ detail }) => detail as unknown as EventDetail);
    expect(details.map(({ sequence, kind }) => [sequence, kind])).toEqual(
      record.map(({ sequence, kind }) => [sequence, kind]),
    );
    expect(new Set(details.map(({ id }) => id)).size).toBe(record.length);
    for (const event of events)
      expect([event['detail-type'], schema.safeParse(event)]).toMatchObject([
        expect.any(String),
        { success: true },
      ]);
    expect(events.map((event) => event['detail-type'])).toEqual(
      expect.arrayContaining(['Promotion Started', 'Push Confirmed', 'Decision Made', 'Promotion Redriven']),
    );
    expect(events.at(-1)).toMatchObject({
      'detail-type': 'Promotion Ended',
      resources: [promotion.executionArn],
      detail: {
        application: scenario.application.name,
        commit: { id: promotion.commitId },
        url: `${scenario.system.siteUrl}/promotions/${promotion.id}`,
        data: { status: 'SUCCEEDED', redrives: 1 },
      },
    });
    expect(JSON.stringify(events)).not.toMatch(/@example\.com/);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});

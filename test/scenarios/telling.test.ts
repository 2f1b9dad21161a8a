import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClock } from '@lockstep/aws-emulator';
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

describe('a webhook on this machine', () => {
  const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:hook-a1B2c3';
  let scenario: Scenario;
  let server: http.Server;
  const received: { readonly headers: http.IncomingHttpHeaders; readonly body: string }[] = [];
  /** What the receiver answers, by the type of the event: 200 to what is not named. */
  const answers = new Map<string, number[]>();

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        const { type } = JSON.parse(body) as { type: string };
        response.writeHead(answers.get(type)?.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    scenario = await startScenario({
      clock: createClock(),
      lockstep: {
        approvers: { qc: ['quinn@example.com'], pmo: ['parker@example.com'] },
        operators: ['olga@example.com'],
        notifications: [{ webhook: { url, secretArn } }],
        applications: [{ name: 'orders', runtime: 'nodejs' }],
      },
    });
  });
  afterAll(async () => {
    await scenario?.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  const typesOf = (some: typeof received) =>
    some.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  const deadLetters = () =>
    scenario.run.host.store
      .table<{ queueArn: string; body: string; attributes: Record<string, { StringValue: string }> }>(
        'sqs.messages',
      )
      .values()
      .filter(({ queueArn }) => queueArn.includes('NotificationsDeadLetters'));

  it('gets what it is to be told, signed; what fails comes again, and what it does not take is a dead letter', async () => {
    answers.set('Approval Requested', [503]);
    answers.set('Decision Made', [410]);
    const promotion = await scenario.startPromotion();
    await promotion.asked('qc');
    await eventually(
      'the request to be told',
      () => typesOf(received).includes('Approval Requested') || undefined,
    );
    // After the queue's visibility timeout it comes once more, under the same id.
    scenario.advance({ minutes: 4 });
    const requests = await eventually('the request to be told again', () => {
      const all = received.filter(({ body }) => body.includes('"type":"Approval Requested"'));
      return all.length >= 2 ? all : undefined;
    });
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);

    await promotion.decide('qc', 'quinn', 'reject');
    await promotion.ended();
    const [letter] = await eventually('a dead letter', () =>
      deadLetters().length > 0 ? deadLetters() : undefined,
    );
    expect(letter?.attributes.ErrorMessage?.StringValue).toMatch(/answers 410/);
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({
      notification: { to: 'webhook' },
      event: { 'detail-type': 'Decision Made', detail: { data: { decision: 'reject' } } },
    });
    await eventually('the end to be told', () => typesOf(received).includes('Promotion Ended') || undefined);
    expect(typesOf(received)).not.toContain('Image Build Ended');
    expect(typesOf(received)).toContain('Deployment Ended');

    const key =
      scenario.run.host.store.table<{ value: string }>('secretsmanager.secrets').get(secretArn)?.value ?? '';
    for (const { headers, body } of received) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const mac = createHmac('sha256', Buffer.from(key.replace('whsec_', ''), 'base64')).update(signed);
      expect(headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
    }
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { approveBoth, type Scenario, scenarioOf, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const lockstep = JSON.parse(
  readFileSync(path.join(projectRoot, 'examples/several-applications.json'), 'utf8'),
) as unknown;

/** Which commit answers at an address of the sample application. */
const answersWith = async (url: string): Promise<string> => (await fetch(url)).text();

describe('two applications', () => {
  let orders: Scenario;
  let stock: Scenario;
  beforeAll(async () => {
    orders = await startScenario({ lockstep });
    stock = await scenarioOf(orders.run, orders.stateDir, 'stock');
  });
  afterAll(() => orders.stop());

  it('have repositories and addresses of their own', () => {
    const { applications } = orders.system;
    expect(applications.map(({ name, branch }) => [name, branch])).toEqual([
      ['orders', 'main'],
      ['stock', 'release'],
    ]);
    const places = applications.flatMap(({ remote, qatUrl, prodUrl }) => [remote, qatUrl, prodUrl]);
    expect(new Set(places).size).toBe(places.length);
    expect(places).toContain(`http://localhost:${orders.run.host.ports.qat}`);
  });

  it('are promoted side by side, each by its own push to its own environments', async () => {
    const [ofOrders, ofStock] = await Promise.all([orders.startPromotion(), stock.startPromotion()]);
    expect(ofOrders.executionArn).toContain(':execution:lockstep-orders:');
    expect(ofStock.executionArn).toContain(':execution:lockstep-stock:');
    const ends = await Promise.all([approveBoth(ofOrders), approveBoth(ofStock)]);
    expect(ends.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    for (const [scenario, { commitId }] of [
      [orders, ofOrders],
      [stock, ofStock],
    ] as const) {
      const { name, qatUrl, prodUrl } = scenario.application;
      expect([name, await answersWith(qatUrl)]).toEqual([name, expect.stringContaining(commitId)]);
      expect([name, await answersWith(prodUrl)]).toEqual([name, expect.stringContaining(commitId)]);
      expect(await scenario.executions()).toHaveLength(1);
    }
    expect(orders.run.host.accessReport().denied).toEqual([]);
  });

  it("cannot write each other's items", async () => {
    const { host, stacks } = orders.run;
    const role = stacks
      .resourcesOfType('AWS::IAM::Role')
      .map(({ state }) => String(state.attributes.Arn))
      .find((arn) => arn.includes('Lockstep-orders-FunctionsStartPromotionRole'));
    const { TableNames } = await host.call<{ TableNames: string[] }>(
      { kind: 'administrator' },
      'dynamodb',
      'ListTables',
      {},
    );
    const principal = { kind: 'role', roleArn: role ?? '', sessionName: 'attack' } as const;
    const write = (pk: string) =>
      host.call(principal, 'dynamodb', 'PutItem', {
        TableName: TableNames[0],
        Item: { pk: { S: pk }, sk: { S: 'TEST' } },
      });
    const promotionOf = (application: string) =>
      `PROMOTION#${application}-aaaaaaaaaaaa-6b1f2a0e-0000-4000-8000-000000000001`;
    await expect(write(promotionOf('stock'))).rejects.toThrow(/not authorized to perform: dynamodb:PutItem/);
    await expect(write('APPLICATION#stock')).rejects.toThrow(/not authorized to perform: dynamodb:PutItem/);
    await expect(write(promotionOf('orders'))).resolves.toBeDefined();
  });
});

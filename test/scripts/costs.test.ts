import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { BEGIN, costSection, costSummary, END, withCosts } from '../../scripts/costs/document.ts';
import { endpointCosts, furtherCosts } from '../../scripts/costs/further-costs.ts';
import { idleCosts } from '../../scripts/costs/idle-costs.ts';
import { promotionCosts } from '../../scripts/costs/promotion-costs.ts';
import { type Resources, readTemplates } from '../../scripts/templates.ts';
import { type CostLine, totalOf as total } from '../../tasks/prices/cost-line.ts';
import { usEast1 } from '../../tasks/prices/price-list.ts';
import { testAssembly } from '../support/assembly.ts';

describe('costs', () => {
  let templates: Readonly<Record<string, Resources>>;
  let withoutInternet: Readonly<Record<string, Resources>>;
  let application: Resources;
  beforeAll(async () => {
    templates = readTemplates(await testAssembly());
    const example = fs.readFileSync(path.join(projectRoot, 'examples/no-internet.json'), 'utf8');
    withoutInternet = readTemplates(await testAssembly(JSON.parse(example)));
    application = templates['Lockstep-orders'] as Resources;
  });

  it.each([
    ['docs/deploy-to-aws.md', () => costSection(templates, withoutInternet)],
    ['README.md', () => costSummary(templates)],
  ])(
    'in %s are those of the templates and the price list: npm run costs writes them',
    (document, section) => {
      const text = fs.readFileSync(path.join(projectRoot, document), 'utf8');
      expect(text).toBe(withCosts(text, section()));
    },
  );

  it('grow with the fleet, in a month and in each promotion', () => {
    const larger: Resources = Object.fromEntries(
      Object.entries(application).map(([id, resource]) => [
        id,
        resource.Type === 'Custom::LockstepProdFleet'
          ? { ...resource, Properties: { ...resource.Properties, desiredCapacity: 4 } }
          : resource,
      ]),
    );
    // Two more t3.small with 8 GiB each.
    expect(total(idleCosts(larger)) - total(idleCosts(application))).toBeCloseTo(
      2 * (0.0208 * 730 + 8 * 0.08),
    );
    expect(total(promotionCosts(larger))).toBeGreaterThan(total(promotionCosts(application)));
  });

  it('count every state that a promotion passes', () => {
    const [states] = promotionCosts(application).filter(({ unit }) => unit === 'transitions');
    expect(states?.quantity).toBeGreaterThanOrEqual(14);
  });

  it.each<[string, RegExp, number, number]>([
    ['each version of a rotated key, up to the second', /^From the third year on/, 8, 1],
    ['the images of kept releases', /^Images of the 10 releases that are kept \(2 each\)/, 160, 0.05],
    ["the load balancer's capacity units", /^Each load balancer capacity unit/, 730, 0.008],
    ['scans by Inspector', /^Scans of the 3 instances by Inspector/, 3, 1.2528],
  ])('name %s', (_, item, quantity, price) => {
    const platform = templates['Lockstep-Platform'] as Resources;
    const line = furtherCosts([platform, application]).find((one) => item.test(one.item));
    expect(line).toMatchObject({ quantity, price });
  });

  it('name eight endpoints in two zones for a network without the internet', () => {
    const lines = endpointCosts(withoutInternet['Lockstep-Platform'] as Resources);
    expect(lines[0]).toMatchObject({
      item: 'Interface endpoints, per zone',
      quantity: 8 * 2 * 730,
      price: 0.01,
    });
    expect(total(lines)).toBeCloseTo(8 * 2 * 730 * 0.01 + 0.01);
  });

  it('name X-Ray traces, of timers and of a promotion', () => {
    const traces = (lines: readonly CostLine[]) => lines.filter(({ unit }) => unit === 'traces');
    expect(traces(idleCosts(application))[0]?.quantity).toBeGreaterThanOrEqual(4 * 12 * 730);
    expect(traces(promotionCosts(application))).toHaveLength(1);
    const cron = {
      Type: 'AWS::Scheduler::Schedule',
      Properties: { ScheduleExpression: 'cron(0 1 * * ? *)' },
    };
    expect(() => idleCosts({ cron })).toThrow('A schedule is cron(0 1 * * ? *)');
  });

  it('follow the prices of another region', () => {
    const list = { ...usEast1, region: 'eu-central-1', currency: 'EUR', date: '2026-01-02' };
    const section = costSection(templates, withoutInternet, {
      ...list,
      prices: { ...list.prices, loadBalancerHour: 1 },
    });
    expect(section).toContain('list prices of 2026-01-02 (EUR, eu-central-1, on demand');
    expect(section).toContain('| Load balancer | 730 hours | 1 EUR | 730.00 EUR |');
  });

  it('fail for a type that nobody has priced, and for an instance type without a price', () => {
    expect(() => idleCosts({ Thing: { Type: 'AWS::Other::Thing' } })).toThrow(
      /what AWS::Other::Thing costs: price it, or list it as free/,
    );
    const template = {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateData: { InstanceType: 'u7i.metal' } },
    };
    const group = { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { MinSize: '1' } };
    expect(() => idleCosts({ template, group })).toThrow(/no instance type u7i.metal: add its price/);
  });

  it('replace what stood between the markers, and nothing else', () => {
    expect(withCosts(`before\n${BEGIN}\nold\n${END}\nafter\n`, 'new')).toBe(
      `before\n${BEGIN}\n\nnew\n\n${END}\nafter\n`,
    );
    expect(() => withCosts('no markers', 'new')).toThrow(/lacks the lines/);
  });
});

import fs from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { BEGIN, costSection, costSummary, END, withCosts } from '../../scripts/costs/document.ts';
import { idleCosts } from '../../scripts/costs/idle-costs.ts';
import { promotionCosts } from '../../scripts/costs/promotion-costs.ts';
import { type Resources, readTemplates } from '../../scripts/templates.ts';
import { totalOf as total } from '../../tasks/prices/cost-line.ts';
import { testAssembly } from '../support/assembly.ts';

describe('costs', () => {
  let templates: Readonly<Record<string, Resources>>;
  let application: Resources;
  beforeAll(async () => {
    templates = readTemplates(await testAssembly());
    application = templates['Lockstep-orders'] as Resources;
  });

  it.each([
    ['docs/deploy-to-aws.md', costSection],
    ['README.md', costSummary],
  ])(
    'in %s are those of the templates and the price list: npm run costs writes them',
    (document, section) => {
      const text = fs.readFileSync(path.join(projectRoot, document), 'utf8');
      expect(text).toBe(withCosts(text, section(templates)));
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

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type SignedInPerson, signInAs } from '../../infra/local/run/approver.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { type Scenario, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const { context } = JSON.parse(readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8')) as {
  context: { lockstep: object };
};
/** Two people of QC must approve. */
const lockstep = {
  ...context.lockstep,
  approvers: { qc: { addresses: ['qc@example.com', 'qc2@example.com'], count: 2 }, pmo: ['pmo@example.com'] },
};

describe('two people of QC, one of them absent', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ lockstep });
  });
  afterAll(() => scenario.stop());

  const send = async (person: SignedInPerson, action: string, fields: Record<string, string> = {}) => {
    const page = await person.open(`${scenario.system.siteUrl}/absences`);
    const form = page.document.querySelector(`form[action="${action}"]`);
    if (!form) throw new Error(`The page has no form for ${action}.`);
    return person.submit(page, form, fields);
  };

  it('are promoted by the substitute and another member, then PMO; the absent person decides nothing', async () => {
    const promotion = await scenario.startPromotion();
    expect(await promotion.asked('qc')).toMatchObject({ count: 2, decisions: [] });
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const day = (after: number) =>
      new Date(scenario.run.clock.now() + after * 86_400_000).toISOString().slice(0, 10);
    const answer = await send(quinn, '/absences', {
      role: 'qc',
      substitute: 'olga',
      first: day(0),
      last: day(7),
      reason: 'Holiday',
    });
    expect([answer.status, answer.document.querySelector('[data-reason]')]).toEqual([200, null]);

    expect(await promotion.decide('qc', 'quinn')).toMatchObject({ kind: 'denied', reason: 'Absent' });
    expect(await promotion.decide('qc', 'olga')).toEqual({ kind: 'decided' });
    expect(await promotion.asked('qc')).toMatchObject({ status: 'PENDING' });
    expect(await promotion.decide('qc', 'sam')).toEqual({ kind: 'decided' });
    expect(await promotion.decide('pmo', 'sam')).toMatchObject({ reason: 'ApproversMustDiffer' });
    expect(await promotion.decide('pmo', 'parker')).toEqual({ kind: 'decided' });
    const { status, output } = await promotion.ended();
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '{}')).toMatchObject({
      approvedBy: {
        qc: expect.stringMatching(/^olga for quinn \(absent until .* UTC\) and sam$/),
        pmo: 'parker',
      },
    });
    const [request] = await scenario.system.ledger
      .approvals(promotion.id)
      .then((all) => all.filter(({ role }) => role === 'qc'));
    expect(request?.decisions).toMatchObject([
      { person: { name: 'olga' }, absence: { absent: { name: 'quinn' } } },
      { person: { name: 'sam' } },
    ]);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });
});

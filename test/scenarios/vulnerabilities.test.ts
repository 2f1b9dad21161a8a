import fs from 'node:fs';
import path from 'node:path';
import {
  readOutbox,
  repositoryOf,
  scanOutcomeOf,
  type Vulnerability,
  vulnerabilitiesOf,
} from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import type { EvidenceFile } from '../../tasks/evidence/evidence-file.ts';
import type { Lineage } from '../../tasks/lineage/lineage.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { lockstep as runLockstep } from './support/command-line.ts';
import {
  approveBoth,
  eventually,
  type Scenario,
  type ScenarioPromotion,
  startScenario,
} from './support/scenario.ts';

jest.setTimeout(600_000);

let scenario: Scenario;
beforeAll(async () => {
  scenario = await startScenario({
    lockstep: {
      approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
      operators: ['olga@example.com'],
      applications: [{ name: 'orders', runtime: 'nodejs', image: { scan: 'inspector' } }],
    },
  });
});
afterAll(() => scenario?.stop());

/** The simulated image has openssl 1:3.0.8-1.amzn2023.0.21. */
const critical: Vulnerability = {
  vulnerabilityId: 'CVE-2026-1111',
  packageName: 'openssl',
  severity: 'CRITICAL',
  title: 'Reads past the end of a certificate',
  fixedIn: '1:3.0.9-1.amzn2023.0.1',
};
const inspectorKnows = (...known: readonly Vulnerability[]) => {
  const table = vulnerabilitiesOf(scenario.run.host);
  for (const one of known) table.put(one.vulnerabilityId, one);
};
const lockstep = (...args: string[]) => runLockstep(scenario, ...args, '--json');
const recordOf = async ({ id }: ScenarioPromotion) => {
  await eventually('the seal', async () =>
    (await scenario.system.ledger.promotion(id))?.status === 'SUCCEEDED' ? true : undefined,
  );
  const file = `${id}-${Date.now()}.json`;
  expect(await lockstep('evidence', id, '--out', file)).toMatchObject({ code: 0 });
  const text = fs.readFileSync(path.join(scenario.stateDir, file), 'utf8');
  return (JSON.parse(text) as EvidenceFile).entries;
};
const stoppedAtBuild = async (promotion: ScenarioPromotion): Promise<string> => {
  const end = await promotion.ended();
  expect(end).toMatchObject({ status: 'FAILED', error: 'ImageGateFailed' });
  expect((await promotion.states()).at(-1)).toEqual([names.buildQatImage, expect.anything()]);
  expect(await scenario.system.ledger.approvals(promotion.id)).toEqual([]);
  return end.cause ?? '';
};
const accepted = async (vulnerabilityId: string) =>
  scenario.system.ledger.replaceAcceptance(undefined, {
    application: 'orders',
    vulnerabilityId,
    by: { type: 'identity', arn: 'arn:aws:iam::000000000000:user/olga' },
    at: new Date().toISOString(),
    until: UNTIL,
    reason: 'Nobody uses a shell there',
    promotionId: 'none',
  });
const UNTIL = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

it('a new critical vulnerability with a fix stops a promotion before QC is asked, again after a redrive; an acceptance with its reason lets it on, is shown to approvers and is in the record', async () => {
  inspectorKnows(critical, { ...critical, vulnerabilityId: 'CVE-2026-2222', severity: 'HIGH' });
  const promotion = await scenario.startPromotion();
  const cause = await stoppedAtBuild(promotion);
  expect(cause).toContain(
    'CVE-2026-1111 (critical) in openssl 1:3.0.8-1.amzn2023.0.21, fixed in 1:3.0.9-1.amzn2023.0.1',
  );
  expect(cause).not.toContain('CVE-2026-2222');
  await promotion.redrive();
  await stoppedAtBuild(promotion);

  const reason = 'We parse no certificates';
  expect(
    await lockstep('accept-finding', promotion.id, 'CVE-2026-1111', '--until', UNTIL, '--reason', reason),
  ).toMatchObject({ code: 0, error: '' });
  await promotion.redrive();
  const { review } = await promotion.asked('qc');
  expect(review.gaps).toEqual([]);
  expect(review.vulnerabilities).toMatchObject({
    isCompared: false,
    count: { new: 2, still: 0, fixed: 0 },
    findings: [
      { vulnerabilityId: 'CVE-2026-1111', change: 'new', acceptance: { reason, until: UNTIL } },
      { vulnerabilityId: 'CVE-2026-2222', change: 'new', severity: 'high' },
    ],
  });
  expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });

  const record = await recordOf(promotion);
  expect(record.filter(({ kind }) => kind === 'finding-accepted')).toMatchObject(
    [names.buildQatImage, names.buildProdImage].map((state) => ({
      actor: { type: 'identity' },
      what: { state, vulnerabilityId: 'CVE-2026-1111', until: UNTIL, reason },
    })),
  );
  const builds = record.filter(({ what }) => what.job === 'image-build' && what.status === 'SUCCEEDED');
  expect(builds.map(({ what }) => what.output)).toEqual([
    expect.objectContaining({ findings: expect.stringMatching(/^[0-9a-f]{64}$/) }),
    expect.objectContaining({ findings: expect.stringMatching(/^[0-9a-f]{64}$/) }),
  ]);
});

it('what Prod has already does not stop a promotion, but what is known to be exploited does; a fix shows as such', async () => {
  inspectorKnows({
    vulnerabilityId: 'CVE-2026-3333',
    packageName: 'xz',
    severity: 'LOW',
    title: 'Runs what an archive says',
    isKnownExploited: true,
  });
  const promotion = await scenario.startPromotion();
  expect(await stoppedAtBuild(promotion)).toContain('CVE-2026-3333 (low, known exploited) in xz 5.2.5');
  vulnerabilitiesOf(scenario.run.host).delete('CVE-2026-3333');
  repositoryOf(scenario.run.host).put('openssl', '1:3.0.9-1.amzn2023.0.1');
  await promotion.redrive();
  expect((await promotion.asked('qc')).review.vulnerabilities).toMatchObject({
    isCompared: true,
    count: { new: 0, still: 0, fixed: 2 },
  });
  expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
});

it('what becomes known while approvals wait does not get to Prod, until an approver accepts it on the page', async () => {
  const promotion = await scenario.startPromotion();
  await promotion.decide('qc', 'quinn');
  inspectorKnows({ ...critical, vulnerabilityId: 'CVE-2026-4444', packageName: 'sudo', fixedIn: '1.9.16' });
  await promotion.decide('pmo', 'parker');
  expect(await promotion.ended()).toMatchObject({
    error: 'ImageGateFailed',
    cause: expect.stringMatching(/^The Prod image .*CVE-2026-4444 \(critical\) in sudo/s),
  });
  expect((await promotion.states()).at(-1)?.[0]).toBe(names.buildProdImage);
  const { siteUrl } = scenario.system;
  const quinn = await signInAs('quinn', siteUrl);
  const page = await quinn.open(`${siteUrl}/promotions/${promotion.id}/accept-finding`);
  const form = page.document.querySelector('form[action$="/accept-finding"]');
  if (!form) throw new Error('The page has no form.');
  await quinn.submit(page, form, {
    vulnerability: 'CVE-2026-4444',
    until: UNTIL,
    reason: 'Nobody signs in there',
  });
  await promotion.redrive();
  expect(await promotion.ended()).toMatchObject({ status: 'SUCCEEDED' });
  expect((await recordOf(promotion)).filter(({ kind }) => kind === 'finding-accepted')).toMatchObject([
    { actor: { type: 'person', name: 'quinn' }, what: { state: names.buildProdImage } },
  ]);
});

it('what becomes known about a release that is live is shown, and mailed to operators once', async () => {
  inspectorKnows({ ...critical, vulnerabilityId: 'CVE-2026-5555', packageName: 'bash', fixedIn: '5.3' });
  const later = async () =>
    (await scenario.system.ledger.environmentStatus('orders', 'prod'))?.vulnerabilities?.findings;
  const mailed = () =>
    readOutbox(scenario.run.host.store).filter(
      ({ subject, message }) =>
        subject.includes('New vulnerabilities: Prod of orders') && message.includes('CVE-2026-5555'),
    );
  scenario.advance({ days: 1, minutes: 10 });
  expect(await eventually('the finding', async () => ((await later()) ?? []).length > 0 || undefined)).toBe(
    true,
  );
  expect(await later()).toMatchObject([{ vulnerabilityId: 'CVE-2026-5555', severity: 'critical' }]);
  const { out } = await lockstep('trace', 'CVE-2026-5555');
  expect((JSON.parse(out) as Lineage).live).toContainEqual(
    expect.objectContaining({
      release: expect.objectContaining({ environment: 'prod', application: 'orders' }),
      finding: expect.objectContaining({ vulnerabilityId: 'CVE-2026-5555', severity: 'critical' }),
    }),
  );
  await eventually('the mail', () => mailed()[0]);
  expect(mailed()[0]?.message).toContain('- CVE-2026-5555 (critical) in bash 5.2.15');
  const olga = await signInAs('olga', scenario.system.siteUrl);
  const page = await olga.open(`${scenario.system.siteUrl}/live`);
  expect(page.document.querySelector('[data-status="vulnerabilities"]')?.textContent).toContain(
    'CVE-2026-5555',
  );
  scenario.advance({ days: 1, minutes: 10 });
  const at = (await scenario.system.ledger.environmentStatus('orders', 'prod'))?.vulnerabilities?.at ?? '';
  await eventually('the next look', async () => {
    const status = await scenario.system.ledger.environmentStatus('orders', 'prod');
    return (status?.vulnerabilities?.at ?? '') > at || undefined;
  });
  expect(mailed()).toHaveLength(1);
});

it('fails closed where an image was not scanned', async () => {
  // What Prod's image has had not been known when it was built.
  await accepted('CVE-2026-5555');
  scanOutcomeOf(scenario.run.host).put('status', 'TIMED_OUT');
  const promotion = await scenario.startPromotion();
  expect(await stoppedAtBuild(promotion)).toContain('is TIMED_OUT');
  scanOutcomeOf(scenario.run.host).delete('status');
  await promotion.redrive();
  expect((await promotion.asked('qc')).review.vulnerabilities).toMatchObject({
    count: { new: 1, still: 1, fixed: 0 },
  });
});

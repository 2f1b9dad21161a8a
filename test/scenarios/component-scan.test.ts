import { buildFilesOf } from '@lockstep/aws-emulator';
import { signInAs } from '../../infra/local/run/approver.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { aTrivyReport, aTrivyVulnerability } from '../tasks/vulnerabilities/sample-reports.ts';
import { lockstep as runLockstep } from './support/command-line.ts';
import { approveBoth, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(600_000);

/** Where a component of the team has its scanner write. */
const REPORT = '/var/tmp/lockstep/scan.json';
const UNTIL = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

const start = (image: object) =>
  startScenario({
    lockstep: {
      approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
      operators: ['olga@example.com'],
      applications: [
        {
          name: 'orders',
          runtime: 'nodejs',
          image: { scan: 'component', components: ['examples/image/scan-with-trivy.yaml'], ...image },
        },
      ],
    },
  });
const builds = ({ run }: Scenario) => ({
  find: (report: string) => buildFilesOf(run.host).put(REPORT, report),
  findNothing: () => buildFilesOf(run.host).delete(REPORT),
});

describe('images that a component of the team scans', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await start({});
  });
  afterAll(() => scenario?.stop());

  const stoppedAtBuild = async (promotion: ScenarioPromotion): Promise<string> => {
    const end = await promotion.ended();
    expect(end).toMatchObject({ status: 'FAILED', error: 'ImageGateFailed' });
    expect((await promotion.states()).at(-1)).toEqual([names.buildQatImage, expect.anything()]);
    expect(await scenario.system.ledger.approvals(promotion.id)).toEqual([]);
    return end.cause ?? '';
  };

  it('stop a promotion before QC is asked, until somebody accepts what was found; findings name the scanner', async () => {
    builds(scenario).find(JSON.stringify(aTrivyReport(aTrivyVulnerability())));
    const promotion = await scenario.startPromotion();
    expect(await stoppedAtBuild(promotion)).toContain(
      'CVE-2026-1 (critical) in openssl 1:3.0.8-1, fixed in 1:3.0.9-1.',
    );
    const reason = 'We parse no certificates';
    expect(
      await runLockstep(
        scenario,
        ...['accept-finding', promotion.id, 'CVE-2026-1', '--until', UNTIL, '--reason', reason],
      ),
    ).toMatchObject({ code: 0, error: '' });
    await promotion.redrive();
    const { review } = await promotion.asked('qc');
    const scanner = { name: 'trivy', version: '0.69.0', at: '2026-11-22T10:00:00.500Z' };
    expect(review.gaps).toEqual([]);
    expect(review.vulnerabilities).toMatchObject({
      scanner,
      count: { new: 1, still: 0, fixed: 0 },
      findings: [{ vulnerabilityId: 'CVE-2026-1', acceptance: { reason, until: UNTIL } }],
    });
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('are compared with what Prod runs, and with what its report says is fixed', async () => {
    const other = aTrivyVulnerability({ VulnerabilityID: 'CVE-2026-2', PkgName: 'xz', FixedVersion: '' });
    builds(scenario).find(JSON.stringify(aTrivyReport(other)));
    const promotion = await scenario.startPromotion();
    const { vulnerabilities } = (await promotion.asked('qc')).review;
    expect(vulnerabilities).toMatchObject({ isCompared: true, count: { new: 1, still: 0, fixed: 1 } });
    expect(vulnerabilities).not.toHaveProperty('otherScanner');
  });

  it.each([
    ['nothing was uploaded', undefined, 'has uploaded no report'],
    ['no component wrote a report', '', 'no component wrote a report on the build instance i-'],
    [
      'the report is cut off',
      JSON.stringify(aTrivyReport()).slice(0, 99),
      'its report cannot be used: it is not JSON',
    ],
  ])('fail closed where %s', async (_what, report, cause) => {
    if (report === undefined) builds(scenario).findNothing();
    else builds(scenario).find(report);
    const stopped = await stoppedAtBuild(await scenario.startPromotion());
    expect(stopped).toContain(cause);
    expect(stopped).toContain('No scan is no pass.');
  });
});

it('an image that no component scanned goes on where no gate is set, and approvers are warned', async () => {
  const scenario = await start({ gate: [] });
  try {
    const promotion = await scenario.startPromotion();
    const { review, approvalId } = await promotion.asked('qc');
    expect(review.gaps).toEqual([expect.stringContaining('has uploaded no report')]);
    const quinn = await signInAs('quinn', scenario.system.siteUrl);
    const page = await quinn.open(`${scenario.system.siteUrl}/approvals/${approvalId}`);
    expect(page.document.textContent).toContain('has uploaded no report');
    expect(await approveBoth(promotion)).toMatchObject({ status: 'SUCCEEDED' });
    const built = (await scenario.system.ledger.jobs(promotion.id)).filter(
      ({ kind }) => kind === 'image-build',
    );
    for (const { output } of built) expect(output).not.toHaveProperty('findings');
  } finally {
    await scenario.stop();
  }
});

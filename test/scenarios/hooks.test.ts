import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { signInAs } from '../../infra/local/run/approver.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { promotionName } from '../../tasks/words.ts';
import { stateNames } from '../../workflows/state-names.ts';
import { prodInOrder } from './support/prod-fleet.ts';
import { approveBoth, type Scenario, type ScenarioPromotion, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

const SCRIPT = 'scripts/after-block-traffic.sh';
/** RUNBOOK.md, "A hook of what is live fails". */
const RUNBOOK_STEPS = [
  'cd "$(cat /opt/codedeploy-agent/deployment-root/deployment-instructions/*_last_successful_install)"',
  'cd deployment-archive',
];

describe('a hook of what Prod runs that fails (T70)', () => {
  let scenario: Scenario;
  let live: ScenarioPromotion;
  let next: ScenarioPromotion;
  beforeAll(async () => {
    scenario = await startScenario();
  });
  afterAll(() => scenario.stop());

  const write = (text: string) => fs.writeFileSync(path.join(scenario.source.directory, SCRIPT), text);
  const untried = async (promotion: ScenarioPromotion) => {
    const { review } = await promotion.asked('qc');
    expect(review.gaps).toEqual([]);
    return review.untriedHooks;
  };
  const served = async () => {
    const text = await (await fetch(`${scenario.application.prodUrl}/version`)).text();
    return (JSON.parse(text) as { commit: string }).commit;
  };

  it('comes into Prod unnoticed, as QAT never runs it, but approvers are warned', async () => {
    write('#!/bin/sh\necho "cannot reach the drain endpoint"\nexit 7\n');
    live = await scenario.startPromotion();
    expect(await untried(live)).toEqual([
      { name: 'BeforeBlockTraffic', files: ['appspec.yml', 'scripts/before-block-traffic.sh'] },
      { name: 'AfterBlockTraffic', files: ['appspec.yml', SCRIPT] },
    ]);
    expect(await approveBoth(live)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('fails the next promotion, even if it brings a good script, and the failure says whose hook it is', async () => {
    write('#!/bin/sh\n');
    next = await scenario.startPromotion();
    expect(await untried(next)).toEqual([{ name: 'AfterBlockTraffic', files: [SCRIPT] }]);
    const ended = await approveBoth(next);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'DeploymentFailed', code: 'LiveHookFailed' });
    const name = promotionName({ commitId: live.commitId, promotionId: live.id });
    expect(ended.cause).toMatch(
      /^The hook AfterBlockTraffic of what Prod runs now, .* failed on the old instance i-/,
    );
    expect(ended.cause).toContain(name);
    expect(ended.cause).toContain('it is not a fault of this commit');
    expect(ended.cause).toContain('cannot reach the drain endpoint');
    expect((await next.states()).at(-1)).toEqual([stateNames.deployToProd, 'FAILED']);
    expect(await served()).toBe(live.commitId);
    const olga = await signInAs('olga', scenario.system.siteUrl);
    const { document } = await olga.open(`${scenario.system.siteUrl}/promotions/${next.id}`);
    expect(document.textContent).toContain('Repair the script on each old instance');
  });

  it('lets the same promotion go on once its script is repaired on the instances, as the runbook says', async () => {
    const { instances } = await prodInOrder(scenario, next.id);
    const runbook = fs.readFileSync(path.join(projectRoot, 'RUNBOOK.md'), 'utf8');
    for (const step of RUNBOOK_STEPS) expect(runbook).toContain(`${step}\n`);
    expect(instances).toHaveLength(2);
    for (const { InstanceId = '' } of instances) {
      const root = path.join(scenario.stateDir, 'instances', InstanceId, 'root');
      const steps = [...RUNBOOK_STEPS, `printf '#!/bin/sh\\n' > ${SCRIPT}`].join(' && ');
      execFileSync('sh', ['-ec', steps.replace('/opt/', `${root}/opt/`)]);
    }
    await next.redrive();
    expect(await next.ended()).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    expect(await served()).toBe(next.commitId);
    expect(scenario.run.host.accessReport().denied).toEqual([]);
  });

  it('is no longer warned of when a change leaves the hooks alone', async () => {
    expect(await untried(await scenario.startPromotion())).toBeUndefined();
  });
});

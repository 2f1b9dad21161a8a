import fs from 'node:fs';
import path from 'node:path';
import { readOutbox, replaceFile } from '@lockstep/aws-emulator';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { commitsByInstance, deploymentsOf, NOTHING_DEPLOYED } from './deployments.ts';
import { describeExecution, historyOf } from './follow.ts';
import type { LocalRun } from './local-run.ts';
import { promotionIdOf } from './narrate.ts';
import { buildReport, type Report } from './report.ts';
import type { DeployedApplication, LockstepSystem } from './system.ts';
import { type ProbeResult, probeUserAgent } from './traffic-probe.ts';

/** The first link to the approvals site in a mail. */
const linkIn = (message: string, siteUrl: string): string | undefined => {
  const start = message.indexOf(siteUrl);
  return start === -1 ? undefined : message.slice(start).split(/\s/, 1)[0];
};

const mailsOf = async (run: LocalRun, ledger: Ledger, siteUrl: string, promotionId: string) => {
  const approvals = await ledger.approvals(promotionId);
  const marks = [promotionId, ...approvals.map(({ approvalId }) => approvalId)];
  return readOutbox(run.host.store)
    .filter(({ message }) => marks.some((mark) => message.includes(mark)))
    .map(({ to, subject, message }) => {
      const link = linkIn(message, siteUrl);
      return { to, subject, ...(link !== undefined && { link }) };
    });
};

/** Commits that answered the probe, by the load balancer's access log; in order of first sight. */
const versionsSeen = async (
  run: LocalRun,
  { ledger }: LockstepSystem,
  application: DeployedApplication,
): Promise<string[]> => {
  const jobs = [];
  for (let next: string | undefined; ; ) {
    const page = await ledger.promotions({ limit: 100, ...(next && { next }) });
    for (const promotion of page.items) {
      if (promotion.application === application.name)
        jobs.push(...(await ledger.jobs(promotion.promotionId)));
    }
    next = page.next;
    if (!next) break;
  }
  const commits = commitsByInstance(await deploymentsOf(run.host, jobs, application.pipelines));
  const answered = run.services.elasticloadbalancing
    .accessLog()
    .filter((entry) => entry.userAgent === probeUserAgent && entry.instanceId !== undefined)
    .map((entry) => commits.get(entry.instanceId ?? '') ?? NOTHING_DEPLOYED);
  return [...new Set(answered)];
};

/** Gathers what happened in a promotion. */
export const gatherReport = async (
  run: LocalRun,
  system: LockstepSystem,
  application: DeployedApplication,
  executionArn: string,
  probe: ProbeResult,
): Promise<Report> => {
  const promotionId = promotionIdOf(executionArn);
  const promotion = await system.ledger.promotion(promotionId);
  if (!promotion) throw new Error(`The ledger holds no promotion ${promotionId}.`);
  const jobs = await system.ledger.jobs(promotionId);
  return buildReport({
    promotion,
    execution: await describeExecution(run.host, executionArn),
    history: await historyOf(run.host, executionArn),
    jobs,
    approvals: await system.ledger.approvals(promotionId),
    denials: await system.ledger.denials(promotionId),
    mails: await mailsOf(run, system.ledger, system.siteUrl, promotionId),
    deployments: await deploymentsOf(run.host, jobs, application.pipelines),
    traffic: { ...probe, versionsSeen: await versionsSeen(run, system, application) },
    iam: run.host.accessReport(),
    seconds: run.seconds,
  });
};

/** Writes a report as JSON; the file is replaced at once or not at all. */
export const writeReport = (file: string, report: Report): void => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  replaceFile(file, `${JSON.stringify(report, null, 2)}\n`);
};

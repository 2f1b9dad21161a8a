import type { Promotion } from '../ledger/items.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { liveBefore } from '../ledger/live-promotion.ts';
import { promotionPages } from '../ledger/promotion-pages.ts';
import { ContentsUnknownError, type RecallSources, recallCause } from '../marks/recall.ts';
import type { Asker, GoBackApprovals, PromotionInput } from '../payloads.ts';
import { promotionIdOf } from '../promotions/promotion-from.ts';
import { uuidOf } from '../uuid-of.ts';
import { askerName, promotionName } from '../words.ts';
import { releaseIdOf } from './release-id.ts';

/** Where it is read whether Prod can go back to a release. */
interface GoBackFactSources extends RecallSources {
  readonly ledger: Pick<Ledger, 'live' | 'promotions'> & RecallSources['ledger'];
}

/** What going back needs. */
export interface GoBackDependencies extends GoBackFactSources {
  readonly ledger: GoBackFactSources['ledger'] & Pick<Ledger, 'addPromotion'>;
  /** Starts an execution of that machine and name; one that exists is started already (T37). */
  readonly startExecution: (stateMachineArn: string, name: string, input: PromotionInput) => Promise<void>;
  readonly now: () => Date;
}

/** What an operator asks for. */
export interface AskedGoBack {
  /** The promotion that made the release. */
  readonly promotionId: string;
  /** As `readReason` gives it. */
  readonly reason: string;
  readonly askedBy: Asker;
  /** As the application's configuration says. */
  readonly approvals: GoBackApprovals;
}

/** What came of it. */
export type GoBackOutcome =
  | { readonly kind: 'started'; readonly promotionId: string }
  | { readonly kind: 'not-possible'; readonly message: string };

/** The facts that decide whether an application can go back to a release. */
interface GoBackFacts {
  /** The promotion that made the release; no go-back. */
  readonly release: Promotion;
  /** What Prod runs. */
  readonly live: Promotion | undefined;
  /** Who marked what of it bad and why, if something is; or why nobody can tell. */
  readonly bad: string | undefined;
  /** Every go-back of the application since the release. */
  readonly goBacks: readonly Promotion[];
}

/** Why Prod cannot go back to a release; undefined if it can, as far as the ledger knows. */
export function whyNotBackTo({ release, live, bad, goBacks }: GoBackFacts): string | undefined {
  const { promotionId, status, images, deployments } = release;
  if (status !== 'SUCCEEDED')
    return `${promotionId} is no release: it ${status === 'RUNNING' ? 'is in progress' : `ended as ${status}`}. Choose a promotion that was promoted.`;
  if (images.qat === undefined || images.prod === undefined || deployments.qat === undefined)
    return `The ledger does not have both images and the QAT deployment of ${promotionId}. Push its commit again instead.`;
  if (bad !== undefined) return `${bad}. Choose another release, or have somebody else unmark it.`;
  if (live === undefined) return 'The ledger does not say what Prod runs. Push the commit again instead.';
  if (releaseIdOf(live) === promotionId)
    return `Prod runs ${promotionName(release)}. Choose a release that it does not run.`;
  const other = goBacks.find((one) => one.status === 'RUNNING' && one.goBack?.to !== promotionId);
  if (other !== undefined)
    return `${other.promotionId} goes back to ${other.goBack?.to}. Stop it first, or wait for its end.`;
  return undefined;
}

/** The same for two presses of the button; another one after the go-back has ended. */
const eventIdOf = ({ release, live, goBacks }: GoBackFacts): string => {
  const from = live?.promotionId ?? '';
  const ended = goBacks.filter(
    ({ status, goBack }) =>
      status !== 'RUNNING' && goBack?.to === release.promotionId && goBack.from === from,
  );
  return uuidOf(`go-back ${release.promotionId} ${from} ${ended.length}`);
};

/** How far clocks may differ, in ms. */
const CLOCKS_DIFFER = 60_000;

/** Every go-back of an application since a promotion. */
async function goBacksSince(ledger: Pick<Ledger, 'promotions'>, release: Promotion): Promise<Promotion[]> {
  const since = Date.parse(release.startedAt) - CLOCKS_DIFFER;
  const found: Promotion[] = [];
  for await (const page of promotionPages(ledger)) {
    found.push(...page.filter((one) => one.application === release.application && one.goBack !== undefined));
    const oldest = page.at(-1);
    if (oldest === undefined || Date.parse(oldest.startedAt) < since) break;
  }
  return found;
}

/** The machine of an execution. */
const stateMachineArnOf = (executionArn: string): string =>
  executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, -1).join(':');

/** What the ledger says about a release and what stands against it; undefined if it has no such promotion. */
export async function readGoBackFacts(
  sources: GoBackFactSources,
  promotionId: string,
): Promise<GoBackFacts | undefined> {
  const { ledger } = sources;
  const chosen = await ledger.promotion(promotionId);
  const release = chosen?.goBack ? await ledger.promotion(chosen.goBack.to) : chosen;
  if (release === undefined) return undefined;
  const [live, bad, goBacks] = await Promise.all([
    liveBefore(ledger, release.application, ''),
    recallCause(sources, release).catch((error: unknown) => {
      // Nobody goes back to what may be bad.
      if (error instanceof ContentsUnknownError) return error.message.replace(/\.$/, '');
      throw error;
    }),
    goBacksSince(ledger, release),
  ]);
  return { release, live, bad, goBacks };
}

/**
 * Promotes an earlier release again, with its recorded commit and images. Records the promotion first, with who asked and why, and
 * starts what the record says: of two who ask at once, the first counts for both. Safe to repeat.
 */
export function goBack({ startExecution, now, ...sources }: GoBackDependencies) {
  const { ledger } = sources;
  return async function goBack({
    promotionId: chosen,
    reason,
    askedBy,
    approvals,
  }: AskedGoBack): Promise<GoBackOutcome> {
    const facts = await readGoBackFacts(sources, chosen);
    if (facts === undefined)
      return { kind: 'not-possible', message: `There is no promotion ${JSON.stringify(chosen)}.` };
    const { release, live } = facts;
    const { images, deployments } = release;
    const message = whyNotBackTo(facts);
    if (message !== undefined) return { kind: 'not-possible', message };
    const { application, commitId } = release;
    const eventId = eventIdOf(facts);
    const promotionId = promotionIdOf(application, commitId, eventId);
    const machine = stateMachineArnOf(release.executionArn);
    const at = now().toISOString();
    await ledger.addPromotion({
      promotionId,
      executionArn: `${machine.replace(':stateMachine:', ':execution:')}:${promotionId}`,
      application,
      commitId,
      branch: release.branch,
      // Nobody pushed it.
      pushedBy: askerName(askedBy),
      commitMessage: release.commitMessage,
      commitAuthor: release.commitAuthor,
      commitAuthorEmail: release.commitAuthorEmail,
      status: 'RUNNING',
      // It is newer than everything that was pushed before.
      pushedAt: at,
      startedAt: at,
      redrives: 0,
      images: { ...(images.qat !== undefined && { qat: images.qat }) },
      deployments: { ...(deployments.qat !== undefined && { qat: deployments.qat }) },
      ...(release.built && { built: release.built }),
      goBack: {
        to: release.promotionId,
        from: live?.promotionId ?? '',
        reason,
        askedBy,
        // One approver suffices only if we can tell them from who asked.
        approvals: askedBy.type === 'person' && askedBy.verifiedEmail !== '' ? approvals : 'both',
        qatImageId: images.qat ?? '',
        prodImageId: images.prod ?? '',
        qatDeploymentId: deployments.qat ?? '',
        ...(release.built && { built: release.built }),
      },
    });
    const recorded = await ledger.promotion(promotionId);
    if (recorded?.goBack === undefined) throw new Error(`The ledger has no go-back ${promotionId}.`);
    await startExecution(machine, promotionId, {
      application,
      commitId,
      branch: recorded.branch,
      pushedBy: recorded.pushedBy,
      eventId,
      pushedAt: recorded.pushedAt ?? at,
      goBack: recorded.goBack,
    });
    return { kind: 'started', promotionId };
  };
}

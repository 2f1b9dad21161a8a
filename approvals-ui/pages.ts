import { capacityOf, decidesAs, isCurrent } from '../tasks/approvals/absence-rules.ts';
import { mayDecide } from '../tasks/approvals/decision-rules.ts';
import { madeBy, undoneReleases } from '../tasks/approvals/go-back-review.ts';
import { mayOperate } from '../tasks/approvals/operator-rules.ts';
import type { ReviewedRelease } from '../tasks/approvals/review.ts';
import { askerFrom, dotsIgnoredBy, isSamePerson } from '../tasks/approvals/same-person.ts';
import { mayDecideOverride, openOverride, whyNotAskNow } from '../tasks/calendar/override-rules.ts';
import { type LockView, readLockViews } from '../tasks/environment-locks/lock-view.ts';
import { readGoBackFacts, whyNotBackTo } from '../tasks/go-back/go-back.ts';
import type { Job, Person, Promotion } from '../tasks/ledger/items.ts';
import { livePromotion } from '../tasks/ledger/live-promotion.ts';
import type { BadMark } from '../tasks/marks/bad-mark.ts';
import { badMarking, mayMark, mayUnmark } from '../tasks/marks/mark-rules.ts';
import { prodDeployments } from '../tasks/promotions/metrics.ts';
import { readLive, readWhereabouts } from '../tasks/promotions/read-live.ts';
import { readPromotion } from '../tasks/promotions/read-promotion.ts';
import { readAdvisedPromotion } from '../tasks/redrive/read-advice.ts';
import type { Soak } from '../tasks/soak/soak-request.ts';
import { approverRoles } from '../tasks/words.ts';
import type { ConsoleLinks } from './console-links.ts';
import type { SiteDependencies } from './dependencies.ts';
import { promotionGraph } from './graph/steps.ts';
import type { Session } from './sign-in/sessions.ts';
import type { AbsencesPageProps } from './views/absences.tsx';
import type { ApprovalPageProps } from './views/approval-props.ts';
import type { PendingPageProps, PromotionsPageProps } from './views/lists.tsx';
import type { PromotionMark } from './views/marks.tsx';
import type { PromotionPageProps } from './views/promotion.tsx';
import { reusesImages } from './views/rebake.tsx';

type PageDependencies = Pick<SiteDependencies, 'ledger' | 'executions' | 'now' | 'absencesOf'>;
type PromotionDependencies = ApprovalDependencies &
  Pick<SiteDependencies, 'askSoak' | 'log' | 'readImageDocument'>;
type ApprovalDependencies = PageDependencies & Pick<SiteDependencies, 'policyOf' | 'configurationVersion'>;

/** Rows of a list on one page. */
const PAGE_SIZE = 20;

/** Reads what waits for a person. @param page 1, 2, …; beyond the last: the last */
export async function readPendingPage(
  { ledger, now, absencesOf, applications }: PageDependencies & Pick<SiteDependencies, 'applications'>,
  person: Person,
  page: number,
): Promise<Omit<PendingPageProps, 'path'>> {
  const at = now();
  const absences = await absencesOf(person);
  const roles = approverRoles.filter((role) => decidesAs(person, role, absences, new Date(at)));
  const away = approverRoles.flatMap((role) => {
    const capacity = capacityOf(person, role, absences, new Date(at));
    return capacity.kind === 'absent' ? [capacity.absence] : [];
  });
  const open = (await Promise.all(roles.map((role) => ledger.openApprovals(role))))
    .flat()
    .filter(({ status, expiresAt }) => status === 'PENDING' && Date.parse(expiresAt) > at)
    // Nobody decides twice: it waits for somebody else.
    .filter(
      (approval) =>
        !approval.decisions.some((one) => isSamePerson(one.person, person, dotsIgnoredBy(approval))),
    )
    .sort((a, b) => Date.parse(a.requestedAt) - Date.parse(b.requestedAt));
  const pages = Math.max(1, Math.ceil(open.length / PAGE_SIZE));
  const shown = Math.min(Math.max(1, page), pages);
  const rows = await Promise.all(
    open.slice((shown - 1) * PAGE_SIZE, shown * PAGE_SIZE).map(async (approval) => ({
      approval,
      promotion: await ledger.promotion(approval.promotionId),
    })),
  );
  // A promotion that was stopped leaves its request behind; nobody can decide it.
  const pending = rows.flatMap(({ approval, promotion }) =>
    promotion?.status === 'RUNNING' ? [{ approval, promotion }] : [],
  );
  const missing = await Promise.all(applications.map((name) => ledger.missingSubscriptions(name)));
  return {
    person,
    now: at,
    roles,
    away,
    unreached: missing.flatMap((one) =>
      (one?.people ?? [])
        .filter(
          (member) => member.topic === 'promotions' && roles.some((role) => member.roles.includes(role)),
        )
        .map((member) => ({ ...member, application: one?.application ?? '' })),
    ),
    pending,
    total: open.length - (rows.length - pending.length),
    page: shown,
    pages,
  };
}

/** Reads a page of all promotions. */
export async function readPromotionsPage(
  { ledger, now, applications }: PageDependencies & Pick<SiteDependencies, 'applications'>,
  person: Person,
  next: string | undefined,
): Promise<Omit<PromotionsPageProps, 'path'>> {
  const [page, read] = await Promise.all([
    ledger.promotions({ limit: PAGE_SIZE, ...(next ? { next } : {}) }),
    Promise.all(applications.map((application) => readLockViews(ledger, application, new Date(now())))),
  ]);
  const views = read.flat();
  return {
    person,
    now: now(),
    promotions: page.items,
    whereabouts: await readWhereabouts(ledger, page.items, views),
    // Older pages are history: the locks are about now.
    views: next ? [] : views,
    next: page.next,
  };
}

/** Reads one promotion. Undefined if there is none of that id. */
export async function readPromotionPage(
  dependencies: PromotionDependencies,
  links: ConsoleLinks,
  { person, signedInAt }: Session,
  promotionId: string,
): Promise<Omit<PromotionPageProps, 'path'> | undefined> {
  const { ledger, now, policyOf, absencesOf } = dependencies;
  const recorded = await ledger.promotion(promotionId);
  if (!recorded) return undefined;
  const [advised, denials, overrides, absences, views, mark] = await Promise.all([
    readAdvisedPromotion(
      { ...dependencies, readEvidence: dependencies.readImageDocument, now: () => new Date(now()) },
      recorded,
    ),
    ledger.denials(promotionId),
    ledger.overrides(promotionId),
    absencesOf(person),
    recorded.status === 'RUNNING' ? readLockViews(ledger, recorded.application, new Date(now())) : [],
    ledger.mark(recorded.application, recorded.commitId),
  ]);
  const { execution, approvals } = advised;
  const policy = policyOf(recorded.application);
  const { freshSignInMinutes } = policy;
  const waits = waitsForLock(views, promotionId);
  const graph = execution ? promotionGraph(execution, approvals, now(), waits.waits?.entry.held) : undefined;
  const held = waits.waits?.entry.held ?? advised.advice.frozen;
  const open = openOverride(overrides);
  const asking = { person, signedInAt, freshSignInMinutes, now: new Date(now()) };
  const operator = mayOperate(asking);
  const rebake = reusesImages(advised.jobs) ? await ledger.rebake(recorded.application) : undefined;
  const soak = await readSoak(dependencies, advised.promotion, advised.jobs);
  return {
    overrides,
    ...(held && {
      held,
      whyNotAsk: whyNotAskNow({ operator, person, held, overrides, requests: approvals, policy }),
    }),
    ...(open && {
      mayDecide: mayDecideOverride(open, {
        person,
        signedInAt,
        requests: approvals,
        policy,
        absences,
        now: new Date(now()),
      }),
    }),
    person,
    now: now(),
    ...(soak && { soak }),
    ...(rebake && { rebake }),
    ...advised,
    denials,
    graph,
    links,
    operator,
    mark: {
      ...(await readMark(ledger, recorded, mark, now())),
      may: mayMark(asking),
      unmark: mayUnmark(mark, askerFrom(person)),
    },
    ...waits,
  };
}

/** How a commit is marked, and where it runs if it is bad. */
const readMark = async (
  ledger: SiteDependencies['ledger'],
  { application, commitId }: Promotion,
  mark: BadMark | undefined,
  now: number,
): Promise<Pick<PromotionMark, 'bad' | 'before' | 'runIn'>> => {
  const bad = badMarking(mark);
  const before = mark?.markings.at(-1);
  if (bad === undefined) return { runIn: [], ...(before && { before }) };
  const [live] = await readLive(ledger, [application], new Date(now));
  const running = live?.environments.filter(({ release }) => release?.commitId === commitId) ?? [];
  return { bad, runIn: running.map(({ environment }) => environment) };
};
/** How a promotion soaks, if it does: CodeDeploy is asked only while its deployment to Prod runs. */
async function readSoak(
  { askSoak, log }: PromotionDependencies,
  { promotionId, application, status }: Promotion,
  jobs: readonly Job[],
): Promise<Soak | undefined> {
  if (status !== 'RUNNING' || prodDeployments(jobs).at(-1)?.status !== 'RUNNING') return undefined;
  try {
    const answer = await askSoak(application, { promotionId, action: 'look' });
    return answer.kind === 'soaking' ? answer.soak : undefined;
  } catch (error) {
    // The rest of the page needs nothing of it.
    log({ event: 'soak-not-read', promotionId, message: String(error) });
    return undefined;
  }
}

/** What the pages of one promotion show. */
export type PromotionView = NonNullable<Awaited<ReturnType<typeof readPromotionPage>>>;

/** What going back to a promotion's release would undo, or why it is not possible. */
export async function readGoBack(
  { ledger, readImageDocument }: Pick<SiteDependencies, 'ledger' | 'readImageDocument'>,
  promotionId: string,
): Promise<{ readonly undone: readonly ReviewedRelease[]; readonly notPossible?: string }> {
  const facts = await readGoBackFacts({ ledger, readEvidence: readImageDocument }, promotionId);
  const live = await madeBy(ledger, facts?.live);
  const notPossible = facts && whyNotBackTo(facts);
  if (facts === undefined || live === undefined || notPossible !== undefined)
    return { undone: [], ...(notPossible !== undefined && { notPossible }) };
  return { undone: await undoneReleases(ledger, facts.release, live) };
}

/** The queue that a promotion waits in, if it does. */
const waitsForLock = (views: readonly LockView[], promotionId: string): Pick<PromotionPageProps, 'waits'> => {
  for (const { environment, waiting } of views) {
    const entry = waiting.find((one) => one.promotionId === promotionId);
    if (entry) return { waits: { environment, entry } };
  }
  return {};
};

/** Reads one approval with what the approver decides about. Undefined if there is none of that id. */
export async function readApprovalPage(
  dependencies: ApprovalDependencies,
  links: ConsoleLinks,
  { person, signedInAt }: Session,
  approvalId: string,
): Promise<Omit<ApprovalPageProps, 'path'> | undefined> {
  const { ledger, now, policyOf, configurationVersion, absencesOf } = dependencies;
  const approval = await ledger.approvalById(approvalId);
  const recorded = approval && (await ledger.promotion(approval.promotionId));
  if (!approval || !recorded) return undefined;
  const policy = policyOf(approval.application);
  const [{ promotion, execution, approvals, jobs }, noted, absences, qat] = await Promise.all([
    readPromotion(dependencies, recorded),
    livePromotion(ledger, recorded.application),
    absencesOf(person),
    ledger.environmentStatus(recorded.application, 'qat'),
  ]);
  const later = qat?.vulnerabilities;
  // Nothing is noted if nothing was deployed to Prod since the request: the request names what was live before.
  const before = approval.review.live;
  const live = noted ?? (before && (await ledger.promotion(before.promotionId)));
  return {
    person,
    now: now(),
    approval,
    promotion,
    approvals,
    jobs,
    live,
    later: later?.imageId === approval.candidate.qatImageId ? later : undefined,
    graph: execution ? promotionGraph(execution, approvals, now()) : undefined,
    links,
    freshSignInMinutes: policy.freshSignInMinutes,
    ruling: mayDecide(approval, {
      person,
      signedInAt,
      approvals,
      promotion,
      jobs,
      isRunning: promotion.status === 'RUNNING',
      configurationVersion: configurationVersion(approval.application),
      shownDigest: approval.digest,
      policy,
      absences,
      now: new Date(now()),
    }),
  };
}

/** Reads the page on which people hand over their roles. */
export async function readAbsencesPage(
  { ledger, now }: PageDependencies,
  person: Person,
): Promise<Omit<AbsencesPageProps, 'path'>> {
  const at = now();
  return {
    person,
    now: at,
    roles: approverRoles.filter((role) => person.groups.includes(role)),
    absences: (await ledger.absences()).filter((absence) => isCurrent(absence, new Date(at))),
  };
}

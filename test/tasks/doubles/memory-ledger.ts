import type { Calendar, DeclaredFreeze } from '../../../tasks/calendar/calendar.ts';
import type { Override } from '../../../tasks/calendar/override.ts';
import type { EnvironmentStatus } from '../../../tasks/drift/environment-status.ts';
import { type EnvironmentLock, freeLock } from '../../../tasks/environment-locks/environment-lock.ts';
import type { Rebake } from '../../../tasks/images/rebake.ts';
import type { ImageReport } from '../../../tasks/keeping/image-report.ts';
import { fromAttributes, toAttributes } from '../../../tasks/ledger/attributes.ts';
import type {
  Absence,
  Approval,
  Denial,
  Job,
  Live,
  MissingSubscriptions,
  Promotion,
} from '../../../tasks/ledger/items.ts';
import { type Ledger, LedgerConflictError } from '../../../tasks/ledger/ledger.ts';
import { isApprovalOpen, isJobOpen, isPromotionOpen, versionOf } from '../../../tasks/ledger/stored.ts';
import type { BadMark } from '../../../tasks/marks/bad-mark.ts';
import { subjectId } from '../../../tasks/marks/bad-subject.ts';
import type { Acceptance } from '../../../tasks/vulnerabilities/acceptance.ts';

const by =
  <Item>(key: (item: Item) => string) =>
  (a: Item, b: Item): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;

/** An item of its own, as the table keeps it: text as UTF-8 carries it, without what is undefined. */
const kept = <Item extends object>(item: Item): Item => fromAttributes(toAttributes(item)) as Item;

/** A ledger whose approvals are always changed by somebody else between reading and writing; it fails when nobody gives up. */
export const contended = (ledger: Ledger): Ledger => {
  let writes = 0;
  return {
    ...ledger,
    replaceApproval: async () => {
      writes += 1;
      if (writes > 1000) throw new Error('nobody gave up');
      throw new LedgerConflictError('changed since it was read');
    },
  };
};

/** A ledger in memory that keeps the same contract as the one in DynamoDB: the same tests run against both. */
export const createMemoryLedger = (): Ledger => {
  const promotions = new Map<string, Promotion>();
  const jobs = new Map<string, Job>();
  const approvals = new Map<string, Approval>();
  const denials = new Map<string, Denial>();
  const locks = new Map<string, EnvironmentLock>();
  const absences = new Map<string, Absence>();
  const lives = new Map<string, Live>();
  const marks = new Map<string, BadMark>();
  const rebakes = new Map<string, Rebake>();
  const acceptances = new Map<string, Acceptance>();
  const reports = new Map<string, ImageReport>();
  const subscriptions = new Map<string, MissingSubscriptions>();
  const statuses = new Map<string, EnvironmentStatus>();

  const calendars = new Map<string, Calendar>();
  const freezes = new Map<string, DeclaredFreeze>();
  const overrides = new Map<string, Override>();

  const overrideKey = ({ promotionId, attempt }: Override): string => `${promotionId}#${attempt}`;
  const jobKey = ({ promotionId, state, attempt }: Job): string => `${promotionId}#${state}#${attempt}`;
  const approvalKey = ({ promotionId, role, attempt }: Approval): string =>
    `${promotionId}#${role}#${attempt}`;
  const add = <Item extends object>(items: Map<string, Item>, key: string, item: Item): void => {
    if (items.has(key)) throw new LedgerConflictError(`${key} exists already`);
    items.set(key, kept(item));
  };
  const replace = <Item extends object>(
    items: Map<string, Item>,
    key: string,
    before: Item,
    after: Item,
  ): void => {
    const stored = items.get(key);
    if (stored === undefined || versionOf(stored) !== versionOf(before))
      throw new LedgerConflictError(`${key} was changed since it was read`);
    items.set(key, kept(after));
  };
  const latest = <Item extends { attempt: number }>(items: Item[]): Item | undefined =>
    items.sort((a, b) => a.attempt - b.attempt).at(-1);

  return {
    addPromotion: async (promotion) => {
      if (!promotions.has(promotion.promotionId)) promotions.set(promotion.promotionId, kept(promotion));
    },
    promotion: async (promotionId) => promotions.get(promotionId),
    promotions: async ({ limit = 50, next } = {}) => {
      const from = next === undefined ? 0 : Number(next);
      const all = [...promotions.values()].sort(by((item) => item.startedAt)).reverse();
      return {
        items: all.slice(from, from + limit),
        ...(from + limit < all.length ? { next: String(from + limit) } : {}),
      };
    },
    openPromotions: async (application) =>
      [...promotions.values()]
        .filter((promotion) => promotion.application === application && isPromotionOpen(promotion))
        .sort(by((promotion) => promotion.startedAt)),
    updatePromotion: async (promotionId, change) => {
      const stored = promotions.get(promotionId);
      if (stored === undefined) throw new LedgerConflictError(`The ledger has no promotion ${promotionId}`);
      promotions.set(
        promotionId,
        kept({
          ...stored,
          ...change,
          images: { ...stored.images, ...change.images },
          deployments: { ...stored.deployments, ...change.deployments },
        } as Promotion),
      );
    },

    addJob: async (job) => add(jobs, jobKey(job), job),
    replaceJob: async (before, after) => replace(jobs, jobKey(after), before, after),
    latestJob: async (promotionId, state) =>
      latest([...jobs.values()].filter((job) => job.promotionId === promotionId && job.state === state)),
    jobs: async (promotionId) =>
      [...jobs.values()].filter((job) => job.promotionId === promotionId).sort(by((job) => job.startedAt)),
    jobByExternalId: async (externalId) =>
      [...jobs.values()]
        .filter((job) => job.externalId === externalId)
        .sort(by((job) => job.startedAt))
        .at(-1),
    openJobs: async (application) =>
      [...jobs.values()]
        .filter((job) => job.application === application && isJobOpen(job))
        .sort(by((job) => job.startedAt)),

    addApproval: async (approval) => add(approvals, approvalKey(approval), approval),
    replaceApproval: async (before, after) => replace(approvals, approvalKey(after), before, after),
    latestApproval: async (promotionId, role) =>
      latest(
        [...approvals.values()].filter(
          (approval) => approval.promotionId === promotionId && approval.role === role,
        ),
      ),
    approvals: async (promotionId) =>
      [...approvals.values()]
        .filter((approval) => approval.promotionId === promotionId)
        .sort(by((approval) => `${approval.role}#${String(approval.attempt).padStart(4, '0')}`)),
    approvalById: async (approvalId) =>
      [...approvals.values()].find((approval) => approval.approvalId === approvalId),
    openApprovals: async (role) =>
      [...approvals.values()]
        .filter((approval) => approval.role === role && isApprovalOpen(approval))
        .sort(by((approval) => approval.requestedAt)),

    addDenial: async (attempt) => {
      const { promotionId, approvalId, person, reason } = attempt;
      const key = [promotionId, approvalId, person.subject, reason].join('#');
      const before = denials.get(key);
      const count = (before?.count ?? 0) + 1;
      const denial = kept({ ...attempt, ...before, lastAt: attempt.at, count });
      denials.set(key, denial);
      return denial;
    },
    denials: async (promotionId) =>
      [...denials.values()]
        .filter((denial) => denial.promotionId === promotionId)
        .sort(by((item) => item.at)),

    addAbsence: async (absence) => add(absences, absence.absenceId, absence),
    replaceAbsence: async (before, after) => replace(absences, after.absenceId, before, after),
    absences: async () => [...absences.values()].sort(by(({ setAt, absenceId }) => `${setAt}#${absenceId}`)),

    lock: async (application, environment) =>
      structuredClone(locks.get(`${application}#${environment}`)) ?? freeLock(application, environment),
    replaceLock: async (before, after) => {
      const key = `${after.application}#${after.environment}`;
      if ((locks.get(key)?.version ?? 0) !== before.version)
        throw new LedgerConflictError(`${key} was changed since it was read`);
      const lock = kept({ ...after, version: before.version + 1 });
      locks.set(key, lock);
      return lock;
    },

    calendar: async (application) => calendars.get(application),
    noteCalendar: async (application, calendar) => {
      calendars.set(application, kept(calendar));
    },
    declaredFreezes: async (application) =>
      [...freezes.values()]
        .filter((freeze) => freeze.application === application)
        .sort(by(({ from, freezeId }) => `${from}#${freezeId}`)),
    addDeclaredFreeze: async (freeze) => add(freezes, freeze.freezeId, freeze),
    replaceDeclaredFreeze: async (before, after) => replace(freezes, after.freezeId, before, after),
    overrides: async (promotionId) =>
      [...overrides.values()]
        .filter((override) => override.promotionId === promotionId)
        .sort(by(({ attempt }) => String(attempt).padStart(4, '0'))),
    addOverride: async (override) => add(overrides, overrideKey(override), override),
    replaceOverride: async (before, after) => replace(overrides, overrideKey(after), before, after),
    mark: async (application, subject) => marks.get(`${application}#${subject}`),
    marks: async (application) =>
      [...marks.values()].filter((mark) => mark.application === application).sort(by(subjectId)),
    acceptances: async (application) =>
      [...acceptances.values()]
        .filter((one) => one.application === application)
        .sort(by((one) => one.vulnerabilityId)),
    replaceAcceptance: async (before, after) => {
      const key = `${after.application}#${after.vulnerabilityId}`;
      if (before === undefined) add(acceptances, key, after);
      else replace(acceptances, key, before, after);
    },
    replaceMark: async (before, after) => {
      const key = `${after.application}#${subjectId(after)}`;
      if (before === undefined) add(marks, key, after);
      else replace(marks, key, before, after);
    },

    rebake: async (application) => rebakes.get(application),
    noteRebake: async (rebake) => {
      rebakes.set(rebake.application, kept(rebake));
    },
    imageReport: async (application) => reports.get(application),
    noteImageReport: async (report) => {
      reports.set(report.application, kept(report));
    },

    live: async (application) => lives.get(application),
    noteLive: async (live) => {
      const before = lives.get(live.application);
      if (before === undefined || before.since <= live.since) lives.set(live.application, kept(live));
    },

    missingSubscriptions: async (application) => subscriptions.get(application),
    replaceMissingSubscriptions: async (before, after) =>
      before === undefined
        ? add(subscriptions, after.application, after)
        : replace(subscriptions, after.application, before, after),
    environmentStatus: async (application, environment) => statuses.get(`${application}#${environment}`),
    replaceEnvironmentStatus: async (before, after) => {
      const key = `${after.application}#${after.environment}`;
      return before === undefined ? add(statuses, key, after) : replace(statuses, key, before, after);
    },
  };
};

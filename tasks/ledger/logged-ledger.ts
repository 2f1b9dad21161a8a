import type { DeclaredFreeze } from '../calendar/calendar.ts';
import type { Override } from '../calendar/override.ts';
import type { EnvironmentLock } from '../environment-locks/environment-lock.ts';
import { subjectOf } from '../marks/bad-subject.ts';
import { askerName } from '../words.ts';
import type { Absence, Approval, Job } from './items.ts';
import type { Ledger } from './ledger.ts';

/** Writes a line with the promotion's id and other keys to find it by. */
type LedgerLog = (message: string, keys: Readonly<Record<string, unknown>>) => void;

const pick = <From, Name extends keyof From>(from: From, ...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, from[name]]));

/** What may be logged of a job: no token, which would let readers of the log complete the state. */
const jobKeys = (job: Job) =>
  pick(job, 'promotionId', 'application', 'state', 'attempt', 'kind', 'status', 'externalId', 'error');

/** What may be logged of an approval: neither token nor the id that its link carries. */
const approvalKeys = (approval: Approval) => ({
  ...pick(approval, 'promotionId', 'application', 'state', 'role', 'attempt', 'status'),
  decidedBy: approval.decisions.map(({ person }) => person.name),
});

/** What may be logged of an absence. */
const absenceKeys = ({ absent, substitute, ...absence }: Absence) => ({
  ...pick(absence, 'absenceId', 'role', 'from', 'until', 'endedAt'),
  absent: absent.name,
  substitute: substitute.name,
});

/** What may be logged of a declared freeze. */
const freezeKeys = (freeze: DeclaredFreeze) =>
  pick(freeze, 'freezeId', 'application', 'environments', 'from', 'until');

/** What may be logged of an override. */
const overrideKeys = ({ askedBy, decision, ...override }: Override) => ({
  ...pick(override, 'promotionId', 'application', 'environment', 'attempt'),
  askedBy: askedBy.name,
  decision: decision?.decision,
  decidedBy: decision?.person.name,
});

/** What may be logged of a lock: promotions, and no token. */
const lockKeys = ({ application, environment, version, holder, waiting, dequeued }: EnvironmentLock) => ({
  application,
  environment,
  version,
  holder: holder?.promotionId,
  waiting: waiting.map(({ promotionId }) => promotionId),
  dequeued: dequeued.map((one) => ({
    promotionId: one.promotionId,
    error: one.error,
    ...(one.error !== 'Recalled' && { by: one.by.promotionId }),
  })),
});

/** A ledger that logs each change once it is written, so that a promotion's whole way is found by its id. */
export const loggedLedger = (ledger: Ledger, log: LedgerLog): Ledger => ({
  ...ledger,
  addPromotion: async (promotion) => {
    await ledger.addPromotion(promotion);
    log('Promotion recorded', pick(promotion, 'promotionId', 'application', 'commitId', 'branch'));
  },
  updatePromotion: async (promotionId, change) => {
    await ledger.updatePromotion(promotionId, change);
    const { cause: _cause, ...keys } = change;
    log('Promotion changed', { promotionId, ...keys });
  },
  addJob: async (job) => {
    await ledger.addJob(job);
    log('Job recorded', jobKeys(job));
  },
  replaceJob: async (before, after) => {
    await ledger.replaceJob(before, after);
    log('Job changed', jobKeys(after));
  },
  addApproval: async (approval) => {
    await ledger.addApproval(approval);
    log('Approval asked for', approvalKeys(approval));
  },
  replaceApproval: async (before, after) => {
    await ledger.replaceApproval(before, after);
    log('Approval changed', approvalKeys(after));
  },
  addDenial: async (attempt) => {
    const denial = await ledger.addDenial(attempt);
    const { promotionId, role, person, reason, count } = denial;
    log('Decision not allowed', { promotionId, role, person: person.name, reason, count });
    return denial;
  },
  addAbsence: async (absence) => {
    await ledger.addAbsence(absence);
    log('Absence set', absenceKeys(absence));
  },
  replaceAbsence: async (before, after) => {
    await ledger.replaceAbsence(before, after);
    log('Absence changed', absenceKeys(after));
  },
  noteCalendar: async (application, calendar) => {
    await ledger.noteCalendar(application, calendar);
    log('Calendar noted', { application });
  },
  addDeclaredFreeze: async (freeze) => {
    await ledger.addDeclaredFreeze(freeze);
    log('Freeze declared', freezeKeys(freeze));
  },
  replaceDeclaredFreeze: async (before, after) => {
    await ledger.replaceDeclaredFreeze(before, after);
    log('Freeze ended', freezeKeys(after));
  },
  addOverride: async (override) => {
    await ledger.addOverride(override);
    log('Override asked for', overrideKeys(override));
  },
  replaceOverride: async (before, after) => {
    await ledger.replaceOverride(before, after);
    log('Override decided', overrideKeys(after));
  },
  replaceLock: async (before, after) => {
    const lock = await ledger.replaceLock(before, after);
    log('Environment lock changed', lockKeys(lock));
    return lock;
  },
  noteLive: async (live) => {
    await ledger.noteLive(live);
    log('Deployment to Prod noted', { ...live });
  },
  replaceMark: async (before, after) => {
    await ledger.replaceMark(before, after);
    const { application, markings } = after;
    const last = markings.at(-1);
    log('Mark changed', {
      application,
      ...subjectOf(after),
      isBad: last?.unmarked === undefined,
      by: last && askerName((last.unmarked ?? last).by),
    });
  },
  noteRebake: async (rebake) => {
    await ledger.noteRebake(rebake);
    log('New images asked for', { application: rebake.application, by: askerName(rebake.askedBy) });
  },
  replaceMissingSubscriptions: async (before, after) => {
    await ledger.replaceMissingSubscriptions(before, after);
    log('Missing subscriptions noted', { application: after.application, addresses: after.people.length });
  },
});

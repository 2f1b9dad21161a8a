import { createSite } from '../../../approvals-ui/app.tsx';
import type { SiteDependencies } from '../../../approvals-ui/dependencies.ts';
import type { Claims } from '../../../approvals-ui/sign-in/claims.ts';
import type { SessionRecord, SessionStore } from '../../../approvals-ui/sign-in/sessions.ts';
import {
  type AbsenceDependencies,
  endAbsence,
  handOver,
  readAbsencesOf,
} from '../../../tasks/approvals/absences.ts';
import { decideApproval } from '../../../tasks/approvals/decide.ts';
import { askerFrom } from '../../../tasks/approvals/same-person.ts';
import { declareFreeze, endFreeze } from '../../../tasks/calendar/freezes.ts';
import { askOverride, decideOverride } from '../../../tasks/calendar/overrides.ts';
import type { Execution } from '../../../tasks/executions/execution.ts';
import { goBack } from '../../../tasks/go-back/go-back.ts';
import { askRebake } from '../../../tasks/images/ask-rebake.ts';
import type { Approval, Person, Promotion } from '../../../tasks/ledger/items.ts';
import { markBad, unmarkBad } from '../../../tasks/marks/mark-bad.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import type { PromotionInput } from '../../../tasks/payloads.ts';
import { noteDespiteAlarms } from '../../../tasks/redrive/despite-alarms.ts';
import { acceptFinding } from '../../../tasks/vulnerabilities/accept-finding.ts';
import { stateNames } from '../../../workflows/state-names.ts';
import { promotionDefinition } from '../../support/promotion-definition.ts';
import { createMemoryLedger } from '../../tasks/doubles/memory-ledger.ts';
import { anApproval, aPromotion, aReview } from '../../tasks/doubles/samples.ts';
import { createHistory, type History } from './history.ts';

/** The groups of the people that tests sign in as. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  quinn: ['qc'],
  parker: ['pmo'],
  sam: ['qc', 'pmo'],
  dana: [],
  olga: ['operator'],
};

/** @param authTime when the person signed in at the provider, in seconds */
export const claimsOf = (name: string, authTime?: number): Claims => ({
  sub: `sub-of-${name}`,
  'cognito:username': name,
  email: `${name}@example.com`,
  email_verified: true,
  ...(authTime === undefined ? {} : { auth_time: authTime }),
  ...(groups[name]?.length ? { 'cognito:groups': groups[name] } : {}),
});

export const SITE = 'http://127.0.0.1:4567';

/** Keeps sessions in a map, an ended one as undefined. */
const memorySessions = (kept: Map<string, SessionRecord | undefined>): SessionStore => ({
  add: async (key, record) => {
    kept.set(key, record);
  },
  read: async (key) => kept.get(key),
  end: async (key) => {
    if (kept.has(key)) kept.set(key, undefined);
  },
});

interface SceneOptions {
  readonly siteUrl?: string;
  readonly overrides?: Partial<SiteDependencies>;
  /** Finds people to hand a role to. @default everybody whom tests sign in as */
  readonly findPerson?: AbsenceDependencies['findPerson'];
}

const findTestPerson: AbsenceDependencies['findPerson'] = async (name) =>
  name in groups
    ? { subject: `sub-of-${name}`, name, verifiedEmail: `${name}@example.com`, isEnabled: true }
    : undefined;

/** The site with a ledger in memory, the real rules, and executions that tests put in place. */
export const createScene = ({
  siteUrl = SITE,
  overrides = {},
  findPerson = findTestPerson,
}: SceneOptions = {}) => {
  let now = Date.parse('2026-11-22T10:30:00.000Z');
  const ledger = createMemoryLedger();
  const executions = new Map<string, Execution>();
  const told: { token: string; output: object }[] = [];
  const redriven: string[] = [];
  const notedRedrives: (readonly [promotionId: string, redrive: number, person: string])[] = [];
  const started: { machine: string; name: string; input: PromotionInput }[] = [];
  const stopped: { arn: string; error: string; cause: string }[] = [];
  const notedStops: (readonly [promotionId: string, reason: string, person: string])[] = [];
  const log: Readonly<Record<string, unknown>>[] = [];
  const mails: Notice[] = [];
  const documents = new Map<string, string>();
  const left = new Set<string>();
  const sessions = new Map<string, SessionRecord | undefined>();
  let configurationVersion = aReview().configurationVersion;
  let stillWaits = true;
  const groupsNow = async ({ name }: Pick<Person, 'name'>) => (left.has(name) ? [] : (groups[name] ?? []));
  const absencesOf = readAbsencesOf({ ledger, groupsNow, now: () => new Date(now) });
  const absences = {
    ledger,
    findPerson,
    now: () => new Date(now),
    newAbsenceId: () => `absence-${now}`,
  };
  const policyOf = () => ({ makersMayDecide: false, freshSignInMinutes: 15 });
  const freezes = { ledger, now: () => new Date(now), newFreezeId: () => `freeze-${now}` };
  const notices = {
    send: async (notice: Notice) => {
      mails.push(notice);
    },
  };
  const goingOn = { ledger, policyOf, absencesOf, notices, siteUrl, now: () => new Date(now) };

  const dependencies: SiteDependencies = {
    siteUrl,
    ledger,
    applications: ['shop'],
    decide: decideApproval({
      ledger,
      tasks: {
        succeed: async (token, output) => {
          if (!stillWaits) return 'no-longer-open';
          told.push({ token, output });
          return 'completed';
        },
        fail: async () => 'completed',
      },
      policyOf,
      configurationVersion: () => configurationVersion,
      notices,
      siteUrl,
      absencesOf,
      now: () => new Date(now),
    }),
    policyOf,
    configurationVersion: () => configurationVersion,
    personNow: async (person) => person,
    groupsNow,
    absencesOf,
    handOver: handOver(absences),
    endAbsence: endAbsence(absences),
    declareFreeze: declareFreeze(freezes),
    endFreeze: endFreeze(freezes),
    askOverride: askOverride(goingOn),
    decideOverride: decideOverride(goingOn),
    executions: {
      read: async (arn) => executions.get(arn),
      redrive: async (arn) => {
        redriven.push(arn);
        return { kind: 'redriven' };
      },
      stop: async (arn, failure) => {
        stopped.push({ arn, ...failure });
      },
    },
    noteRedrive: async (promotionId, redrive, { name }) => {
      notedRedrives.push([promotionId, redrive, name]);
    },
    noteDespiteAlarms: async (promotionId, reason, { subject, name, verifiedEmail }) =>
      noteDespiteAlarms(ledger, () => new Date(now))(promotionId, reason, {
        type: 'person',
        subject,
        name,
        verifiedEmail,
      }),
    noteStop: async (promotionId, reason, { name }) => {
      notedStops.push([promotionId, reason, name]);
    },
    markBad: async ({ application, commitId }, reason, person) =>
      markBad(
        ledger,
        { application, commitId },
        { by: askerFrom(person), at: new Date(now).toISOString(), reason },
      ),
    unmarkBad: async ({ application, commitId }, reason, person) =>
      unmarkBad(
        ledger,
        { application, commitId },
        { by: askerFrom(person), at: new Date(now).toISOString(), reason },
      ),
    goBack: async (release, reason, { subject, name, verifiedEmail }) =>
      goBack({
        ledger,
        startExecution: async (machine, name, input) => {
          started.push({ machine, name, input });
        },
        now: () => new Date(now),
      })({
        promotionId: release.promotionId,
        reason,
        askedBy: { type: 'person', subject, name, verifiedEmail },
        approvals: 'both',
      }),
    rebake: async (application, person) =>
      askRebake(ledger, () => new Date(now))(application, askerFrom(person)),
    acceptFinding: async (promotion, asked, person) =>
      acceptFinding({ ledger, now: () => new Date(now) })(promotion, asked, askerFrom(person)),
    readImageDocument: async (objectKey) => documents.get(objectKey),
    askSoak: async () => ({ kind: 'not-possible', message: 'It does not soak.' }),
    // Stands for a provider that lets in the person whom the code names.
    identity: {
      begin: async (redirectUri) => ({
        url: new URL(`https://provider.example/authorize?redirect_uri=${encodeURIComponent(redirectUri)}`),
        transaction: { state: 'state-1', nonce: 'nonce-1', codeVerifier: 'verifier-1' },
      }),
      finish: async (returned, transaction) => {
        if (returned.searchParams.get('state') !== transaction.state) throw new Error('another state');
        return claimsOf(returned.searchParams.get('code') ?? '', Math.floor(now / 1000));
      },
    },
    sessions: memorySessions(sessions),
    now: () => now,
    log: (event) => log.push(event),
    ...overrides,
  };
  const site = createSite(dependencies);

  const cookieOf = (response: Response, name: string) =>
    response.headers
      .getSetCookie()
      .find((cookie) => cookie.startsWith(`${name}=`))
      ?.split(';')[0] ?? '';

  return {
    site,
    dependencies,
    ledger,
    executions,
    told,
    redriven,
    notedRedrives,
    started,
    stopped,
    notedStops,
    log,
    mails,
    /** What the evidence bucket has, by key. */
    documents,
    sessions,
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
    /** Takes somebody out of all groups. */
    dismiss: (name: string) => {
      left.add(name);
    },
    /** Deploys another configuration. */
    reconfigure: (version: string) => {
      configurationVersion = version;
    },
    loseTask: () => {
      stillWaits = false;
    },
    /** Signs in through the site. @returns the session cookie, for the Cookie header */
    signIn: async (name: string) => {
      const prefix = siteUrl.startsWith('https') ? '__Host-' : '';
      const left = await site.request('/sign-in');
      const back = await site.request(`/signed-in?code=${name}&state=state-1`, {
        headers: { cookie: cookieOf(left, `${prefix}lockstep-sign-in`) },
      });
      return cookieOf(back, `${prefix}lockstep`);
    },
    get: async (path: string, cookie: string) => site.request(path, { headers: { cookie } }),
    post: async (
      path: string,
      cookie: string,
      form: Record<string, string> = {},
      headers: Record<string, string> = {},
    ) => {
      // As the page's form does, a decision carries the digest of what was shown.
      const [, id = ''] = /^\/approvals\/(.+)\/decision$/.exec(path) ?? [];
      const shown = (await ledger.approvalById(decodeURIComponent(id)))?.digest;
      return site.request(path, {
        method: 'POST',
        headers: {
          cookie,
          origin: siteUrl,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        body: new URLSearchParams({ ...(shown === undefined ? {} : { digest: shown }), ...form }).toString(),
      });
    },
    /** Adds a promotion with its execution's history. */
    addPromotion: async (
      change: Partial<Promotion>,
      write: (history: History) => History,
      execution: Partial<Execution> = {},
    ) => {
      const promotion = aPromotion(change);
      const startedAt = Date.parse(promotion.startedAt);
      await ledger.addPromotion(promotion);
      const { events } = write(createHistory(startedAt));
      const { error } = events.at(-1)?.executionFailedEventDetails ?? {};
      executions.set(promotion.executionArn, {
        status: promotion.status === 'REJECTED' ? 'FAILED' : promotion.status,
        redrivable: ['FAILED', 'TIMED_OUT', 'ABORTED', 'REJECTED'].includes(promotion.status),
        redrives: promotion.redrives,
        startedAt,
        ...(promotion.endedAt ? { endedAt: Date.parse(promotion.endedAt) } : {}),
        definition: promotionDefinition,
        currentDefinition: promotionDefinition,
        events,
        ...(error === undefined ? {} : { error }),
        ...execution,
      });
      return promotion;
    },
    /** Adds a promotion that waits for QC, and the request. */
    addQcRequest: async (change: Partial<Approval> = {}, promotion: Partial<Promotion> = {}) => {
      const approval = anApproval(change);
      const added = aPromotion(promotion);
      await ledger.addPromotion(added);
      await ledger.addApproval({ ...approval, promotionId: added.promotionId });
      executions.set(added.executionArn, {
        status: 'RUNNING',
        redrivable: false,
        redrives: 0,
        startedAt: Date.parse(added.startedAt),
        definition: promotionDefinition,
        events: untilQc(createHistory(Date.parse(added.startedAt))).events,
      });
      return approval;
    },
  };
};

/** QAT is done and QC has a request. */
export const untilQc = (history: History): History =>
  history
    .wait(900)
    .done(stateNames.lockQat, 83)
    .done(stateNames.buildQatImage, 741)
    .done(stateNames.pointQatAtImage, 61)
    .done(stateNames.refreshQatInstance, 324)
    .done(stateNames.deployToQat, 5210)
    .enter(stateNames.qcApproval)
    .schedule();

/** QC has approved and PMO has a request. */
export const untilPmo = (history: History): History => {
  untilQc(history).wait(720_000).add('TaskSucceeded');
  return history
    .exit(stateNames.qcApproval)
    .choose(stateNames.didQcApprove)
    .enter(stateNames.pmoApproval)
    .schedule();
};

/** PMO has approved, too, and the Prod image is next. */
export const untilProd = (history: History): History => {
  untilPmo(history).wait(300_000).add('TaskSucceeded');
  return history
    .exit(stateNames.pmoApproval)
    .choose(stateNames.didPmoApprove)
    .done(stateNames.lockProd, 91)
    .done(stateNames.confirmApprovers, 41);
};

import { runCommand } from '../../cli/commands.ts';
import type { Files } from '../../cli/evidence.ts';
import type { PlanSources } from '../../cli/plan/plan-sources.ts';
import type { Ask } from '../../cli/redrive.ts';
import { CommandError, type System } from '../../cli/system.ts';
import { declareFreeze, endFreeze } from '../../tasks/calendar/freezes.ts';
import { appendEvidence } from '../../tasks/evidence/append-evidence.ts';
import type { ArchivedRecord } from '../../tasks/evidence/compare-archive.ts';
import type { EvidenceStore } from '../../tasks/evidence/evidence-store.ts';
import { redriveAsked, stopAsked } from '../../tasks/evidence/facts.ts';
import { recordedLedger } from '../../tasks/evidence/recorded-ledger.ts';
import { sealEvidence } from '../../tasks/evidence/seal-evidence.ts';
import type { Execution, Executions } from '../../tasks/executions/execution.ts';
import { goBack } from '../../tasks/go-back/go-back.ts';
import { askRebake } from '../../tasks/images/ask-rebake.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { Ledger } from '../../tasks/ledger/ledger.ts';
import { markBad, unmarkBad } from '../../tasks/marks/mark-bad.ts';
import { noteDespiteAlarms } from '../../tasks/redrive/despite-alarms.ts';
import type { SoakAnswer } from '../../tasks/soak/soak-request.ts';
import { acceptFinding } from '../../tasks/vulnerabilities/accept-finding.ts';
import { createHistory } from '../approvals-ui/support/history.ts';
import { promotionDefinition } from '../support/promotion-definition.ts';
import { createMemoryEvidence, createTestSigner } from '../tasks/doubles/memory-evidence.ts';
import { createMemoryLedger } from '../tasks/doubles/memory-ledger.ts';
import { aPromotion, aReview, PROMOTION_ID } from '../tasks/doubles/samples.ts';

/** When the promotions of these tests ended. */
export const END = '2026-11-22T11:00:00.000Z';
export const CALLER = 'arn:aws:sts::000000000000:assumed-role/operator/olga';
const now = () => new Date('2026-11-22T12:00:00.000Z');

/** An execution whose first state failed. */
export const failedExecution = (change: Partial<Execution> = {}): Execution => ({
  status: 'FAILED',
  redrivable: true,
  redrives: 0,
  startedAt: Date.parse('2026-11-22T10:00:00.000Z'),
  endedAt: Date.parse(END),
  definition: promotionDefinition,
  currentDefinition: promotionDefinition,
  events: createHistory(Date.parse('2026-11-22T10:00:00.000Z'))
    .enter('Build QAT image')
    .schedule()
    .taskFailed('ImageBuildFailed', 'phase \u001b[2Jbuild failed')
    .executionFailed('ImageBuildFailed').events,
  ...change,
});

/** What a command meets: a system in memory, and the disk of who calls. A test may put something else in a part's place. */
interface Parts {
  ledger: Ledger;
  store: EvidenceStore;
  execution: Execution | undefined;
  configurationVersion: string;
  redriveAnswer: Awaited<ReturnType<Executions['redrive']>>;
  soakAnswer: SoakAnswer;
  /** Runs before a redrive is recorded. */
  recordRedrive: () => Promise<void>;
  /** @throws Error unless a test puts another in its place */
  planSources: () => PlanSources;
}

/** The commands with all parts new; the next command meets what a test has put in place of one. */
export const createCommandLine = () => {
  const append: ReturnType<typeof appendEvidence> = (...of) => appendEvidence(parts.store)(...of);
  const parts: Parts = {
    store: createMemoryEvidence(),
    ledger: recordedLedger(createMemoryLedger(), { append, now }),
    execution: failedExecution(),
    configurationVersion: aReview().configurationVersion,
    redriveAnswer: { kind: 'redriven' },
    soakAnswer: { kind: 'done' },
    recordRedrive: async () => {},
    planSources: () => {
      throw new Error('AccessDeniedException: not allowed');
    },
  };
  const key = createTestSigner();
  const soakAsked: Readonly<Record<string, string>>[] = [];
  /** ARNs of executions. */
  const redriven: string[] = [];
  /** Names of executions. */
  const started: string[] = [];
  /** Stops, each with the kinds of what was recorded by then. */
  const stopped: { executionArn: string; error: string; cause: string; recorded: string[] }[] = [];
  const files = new Map<string, string>();
  const archive = new Map<string, ArchivedRecord>();

  const disk: Files = {
    read: (file) => {
      const text = files.get(file);
      if (text === undefined) throw new CommandError(`${file}: there is no such file.`);
      return Buffer.from(text);
    },
    create: (file, text) => {
      files.set(file, text);
    },
  };
  const system = (): System => ({
    rebake: (application) => askRebake(parts.ledger, now)(application, { type: 'identity', arn: CALLER }),
    ledger: parts.ledger,
    evidence: parts.store,
    publicKey: key.signer.key,
    archive: async (prefix) => [...archive.values()].filter(({ objectKey }) => objectKey.startsWith(prefix)),
    executions: {
      read: async () => parts.execution,
      redrive: async (executionArn) => {
        redriven.push(executionArn);
        return parts.redriveAnswer;
      },
      stop: async (executionArn, failure) => {
        stopped.push({
          executionArn,
          ...failure,
          recorded: (await parts.store.entries(PROMOTION_ID)).map(({ kind }) => kind),
        });
      },
    },
    applications: ['shop', 'till'],
    configurationVersion: () => parts.configurationVersion,
    noteRedrive: async (promotionId, redrive) => {
      await parts.recordRedrive();
      const asked = redriveAsked(redrive, { type: 'identity', arn: CALLER }, now().toISOString());
      await append(promotionId, asked);
      return CALLER;
    },
    noteDespiteAlarms: (promotionId, reason) =>
      noteDespiteAlarms(parts.ledger, now)(promotionId, reason, { type: 'identity', arn: CALLER }),
    noteStop: async (promotionId, reason) => {
      await append(promotionId, stopAsked(reason, { type: 'identity', arn: CALLER }, now().toISOString()));
      return CALLER;
    },
    goBack: (promotionId, reason) =>
      goBack({
        ledger: parts.ledger,
        startExecution: async (_machine, name) => {
          started.push(name);
        },
        now,
      })({ promotionId, reason, askedBy: { type: 'identity', arn: CALLER }, approvals: 'both' }),
    declareFreeze: (asked) =>
      declareFreeze({ ledger: parts.ledger, now, newFreezeId: () => 'freeze-1' })(
        { type: 'identity', arn: CALLER },
        asked,
      ),
    endFreeze: (asked) => endFreeze({ ledger: parts.ledger, now })({ type: 'identity', arn: CALLER }, asked),
    markBad: (commit, reason) =>
      markBad(parts.ledger, commit, {
        by: { type: 'identity', arn: CALLER },
        at: now().toISOString(),
        reason,
      }),
    unmarkBad: (commit, reason) =>
      unmarkBad(parts.ledger, commit, {
        by: { type: 'identity', arn: CALLER },
        at: now().toISOString(),
        reason,
      }),
    acceptFinding: (promotion, asked) =>
      acceptFinding({ ledger: parts.ledger, now })(promotion, asked, { type: 'identity', arn: CALLER }),
    soak: async (application, { promotionId, ...asked }) => {
      soakAsked.push({ application, promotionId, ...asked });
      return parts.soakAnswer;
    },
    planSources: async () => parts.planSources(),
    now,
  });

  return Object.assign(parts, {
    key,
    archive,
    redriven,
    soakAsked,
    started,
    stopped,
    files,
    disk,
    run: (command: Parameters<typeof runCommand>[0], ask?: Ask) => runCommand(command, system(), disk, ask),
    /** Adds a promotion that failed. */
    failed: (change: Partial<Promotion> = {}) =>
      parts.ledger.addPromotion(
        aPromotion({ status: 'FAILED', error: 'DeploymentFailed', endedAt: END, ...change }),
      ),
    /** Signs the promotion's record and archives it. */
    seal: () =>
      sealEvidence({
        ledger: parts.ledger,
        store: parts.store,
        append,
        signer: key.signer,
        archive: {
          keep: async (objectKey, text) => {
            if (archive.has(objectKey)) return;
            archive.set(objectKey, { objectKey, text, isLocked: true, newerVersions: 0, deleteMarkers: 0 });
          },
        },
        now,
      })(PROMOTION_ID),
  });
};

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni } from '@aws-sdk/credential-provider-ini';
import { declareFreeze, endFreeze, type FreezeOutcome } from '../tasks/calendar/freezes.ts';
import { appendEvidence } from '../tasks/evidence/append-evidence.ts';
import type { Fact } from '../tasks/evidence/chain.ts';
import type { ArchivedRecord } from '../tasks/evidence/compare-archive.ts';
import { createDynamoDbEvidenceStore } from '../tasks/evidence/dynamodb-evidence-store.ts';
import type { SealingKey } from '../tasks/evidence/evidence-file.ts';
import type { EvidenceStore } from '../tasks/evidence/evidence-store.ts';
import { redriveAsked, stopAsked } from '../tasks/evidence/facts.ts';
import { readPublicKey } from '../tasks/evidence/kms-signer.ts';
import { recordedLedger } from '../tasks/evidence/recorded-ledger.ts';
import { readArchive } from '../tasks/evidence/s3-archive.ts';
import type { Executions } from '../tasks/executions/execution.ts';
import { createSfnExecutions } from '../tasks/executions/execution-history.ts';
import { type GoBackOutcome, goBack } from '../tasks/go-back/go-back.ts';
import { askRebake } from '../tasks/images/ask-rebake.ts';
import type { Rebake } from '../tasks/images/rebake.ts';
import { createDynamoDbLedger } from '../tasks/ledger/dynamodb-ledger.ts';
import type { Promotion } from '../tasks/ledger/items.ts';
import type { Ledger } from '../tasks/ledger/ledger.ts';
import type { MarkChange } from '../tasks/marks/bad-mark.ts';
import { type Marked, type MarkOutcome, markBad, unmarkBad } from '../tasks/marks/mark-bad.ts';
import type { UnmarkRuling } from '../tasks/marks/mark-rules.ts';
import type { Environment } from '../tasks/payloads.ts';
import {
  applicationsOf,
  platformParameters,
  readConfigurationVersions,
} from '../tasks/platform-parameters.ts';
import { createStartExecutions } from '../tasks/promotions/promotion-executions.ts';
import { noteDespiteAlarms } from '../tasks/redrive/despite-alarms.ts';
import { createAskSoak } from '../tasks/soak/invoke-soak.ts';
import type { SoakAnswer } from '../tasks/soak/soak-request.ts';
import {
  type AcceptRuling,
  type AskedAcceptance,
  acceptFinding,
} from '../tasks/vulnerabilities/accept-finding.ts';
import type { LocalRunPlace } from './options.ts';
import type { PlanSources } from './plan/plan-sources.ts';

/** The command cannot be done; the message says why and what to do. The program exits with 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A deployed Lockstep, as the commands use it. */
export interface System {
  readonly ledger: Pick<
    Ledger,
    | 'promotion'
    | 'promotions'
    | 'openPromotions'
    | 'jobByExternalId'
    | 'jobs'
    | 'approvals'
    | 'latestApproval'
    | 'denials'
    | 'lock'
    | 'mark'
    | 'rebake'
    | 'marks'
    | 'live'
    | 'imageReport'
    | 'environmentStatus'
    | 'calendar'
    | 'declaredFreezes'
    | 'overrides'
    | 'absences'
    | 'acceptances'
  >;
  readonly evidence: Pick<EvidenceStore, 'entries' | 'seals'>;
  readonly publicKey: () => Promise<SealingKey>;
  /** What the archive has below a prefix. */
  readonly archive: (prefix: string) => Promise<readonly ArchivedRecord[]>;
  readonly executions: Executions;
  /** Names of the applications that are deployed. */
  readonly applications: readonly string[];
  /** Version of an application's configuration as it is deployed. */
  readonly configurationVersion: (application: string) => string;
  /** Records who asks for a redrive. @param redrive its number; 1 is the first @returns the caller's ARN */
  readonly noteRedrive: (promotionId: string, redrive: number) => Promise<string>;
  /** Records who wants the next attempt at Prod to be made although alarms are on, and why. */
  readonly noteDespiteAlarms: (promotionId: string, reason: string) => Promise<void>;
  /** Records who stops a promotion, and why. @returns the caller's ARN */
  readonly noteStop: (promotionId: string, reason: string) => Promise<string>;
  /** Promotes an earlier release again, recorded with the caller's ARN. */
  readonly goBack: (promotionId: string, reason: string) => Promise<GoBackOutcome>;
  /** Declares a freeze, recorded with the caller's ARN. */
  readonly declareFreeze: (asked: {
    readonly application: string;
    readonly environments: readonly Environment[];
    readonly until: string;
    readonly reason: string;
  }) => Promise<FreezeOutcome>;
  /** Ends a declared freeze, recorded with the caller's ARN. */
  readonly endFreeze: (asked: {
    readonly application: string;
    readonly freezeId: string;
    readonly reason: string;
  }) => Promise<FreezeOutcome>;
  /** Marks a commit bad, in the caller's name. */
  readonly markBad: (marked: Marked, reason: string) => Promise<MarkOutcome>;
  /** Unmarks a commit, in the caller's name, if somebody else marked it. */
  readonly unmarkBad: (marked: Marked, reason: string) => Promise<UnmarkRuling>;
  /** Asks for new images of an application, in the caller's name. */
  readonly rebake: (application: string) => Promise<Rebake>;
  /** Accepts a vulnerability for a promotion, in the caller's name, if the rules allow it. */
  readonly acceptFinding: (promotion: Promotion, asked: AskedAcceptance) => Promise<AcceptRuling>;
  /** Asks for something in a promotion's soak, with the caller's ARN. */
  readonly soak: (
    application: string,
    request:
      | { readonly promotionId: string; readonly action: 'send-back'; readonly reason: string }
      | { readonly promotionId: string; readonly action: 'end' },
  ) => Promise<SoakAnswer>;
  /** What a plan for an application reads beside the ledger. Its clients are loaded when it is asked for. */
  readonly planSources: (application: string) => Promise<PlanSources>;
  readonly now: () => Date;
}

const localRegion = () => process.env.AWS_REGION ?? 'us-east-1';
/** How clients reach the local run. The state directory holds the key of the person at the machine. */
export const clientOf = ({ port, stateDirectory }: LocalRunPlace) => ({
  endpoint: `http://127.0.0.1:${port}`,
  region: localRegion(),
  credentials: fromIni({ filepath: path.join(stateDirectory, 'credentials'), profile: 'lockstep' }),
  maxAttempts: 1,
});

/**
 * Finds the deployed Lockstep by its SSM parameters.
 * @param local the local run, its state directory as an absolute path @default AWS, by the default credentials
 * @throws CommandError if there is none
 */
export async function openSystem(local?: LocalRunPlace): Promise<System> {
  const config = local === undefined ? {} : clientOf(local);
  const names = Object.values(platformParameters);
  const { Parameters = [] } = await new SSMClient(config).send(new GetParametersCommand({ Names: names }));
  const parameter = (name: string): string => {
    const value = Parameters.find(({ Name }) => Name === name)?.Value;
    if (value === undefined)
      throw new CommandError(
        `Lockstep is not deployed here: there is no SSM parameter ${name}. ` +
          'Check the credentials and AWS_REGION, deploy Lockstep-Platform, or use --local.',
      );
    return value;
  };
  const tableName = parameter(platformParameters.ledgerTable);
  const bucket = parameter(platformParameters.evidenceBucket);
  const keyArn = parameter(platformParameters.evidenceKeyArn);
  const versions = parameter(platformParameters.configurationVersions);
  const table = new DynamoDBClient(config);
  const evidence = createDynamoDbEvidenceStore(tableName, table);
  const caller = async (): Promise<string> =>
    (await new STSClient(config).send(new GetCallerIdentityCommand({}))).Arn ?? 'unknown';
  const now = () => new Date();
  const ledger = createDynamoDbLedger(tableName, table);
  const freezes = { ledger, now, newFreezeId: () => randomBytes(16).toString('base64url') };
  const recorded = recordedLedger(ledger, { append: appendEvidence(evidence), now });
  /** Records what the caller asks for. @returns the caller's ARN */
  const note = async (
    promotionId: string,
    asked: (actor: { readonly type: 'identity'; readonly arn: string }, at: string) => Fact,
  ): Promise<string> => {
    const arn = await caller();
    await appendEvidence(evidence)(promotionId, asked({ type: 'identity', arn }, new Date().toISOString()));
    return arn;
  };
  const byCaller = async (reason: string): Promise<MarkChange> => ({
    by: { type: 'identity', arn: await caller() },
    at: now().toISOString(),
    reason,
  });
  return {
    ledger,
    evidence,
    publicKey: () => readPublicKey(keyArn, new KMSClient(config)),
    archive: (prefix) => readArchive(bucket, prefix, new S3Client(config)),
    executions: createSfnExecutions(new SFNClient(config)),
    applications: applicationsOf(versions),
    configurationVersion: readConfigurationVersions(versions),
    noteRedrive: (promotionId, redrive) => note(promotionId, (actor, at) => redriveAsked(redrive, actor, at)),
    noteDespiteAlarms: async (promotionId, reason) =>
      noteDespiteAlarms(recorded, now)(promotionId, reason, { type: 'identity', arn: await caller() }),
    noteStop: (promotionId, reason) => note(promotionId, (actor, at) => stopAsked(reason, actor, at)),
    goBack: async (promotionId, reason) =>
      goBack({
        ledger: recorded,
        readEvidence: async (objectKey) =>
          (await readArchive(bucket, objectKey, new S3Client(config))).find(
            (one) => one.objectKey === objectKey,
          )?.text,
        startExecution: createStartExecutions(new SFNClient(config)),
        now,
      })({ promotionId, reason, askedBy: { type: 'identity', arn: await caller() }, approvals: 'both' }),
    declareFreeze: async (asked) => declareFreeze(freezes)({ type: 'identity', arn: await caller() }, asked),
    endFreeze: async (asked) => endFreeze(freezes)({ type: 'identity', arn: await caller() }, asked),
    markBad: async (marked, reason) => markBad(ledger, marked, await byCaller(reason)),
    unmarkBad: async (marked, reason) => unmarkBad(ledger, marked, await byCaller(reason)),
    rebake: async (application) =>
      askRebake(ledger, now)(application, { type: 'identity', arn: await caller() }),
    acceptFinding: async (promotion, asked) =>
      acceptFinding({ ledger, now })(promotion, asked, { type: 'identity', arn: await caller() }),
    soak: async (application, request) =>
      createAskSoak(new LambdaClient(config))(application, {
        ...request,
        askedBy: { type: 'identity', arn: await caller() },
      }),
    planSources: async (application) =>
      (await import('./plan/plan-sources.ts')).createPlanSources(application, config),
    now,
  };
}

import { developersAmong, readDevelopers } from '../approvals/developers.ts';
import { createWakeLocks } from '../environment-locks/wake-locks.ts';
import { throwFailures } from '../error-text.ts';
import { startedByHand } from '../evidence/facts.ts';
import { createKmsSigner } from '../evidence/kms-signer.ts';
import { createRecordedLedger } from '../evidence/recorded-dynamodb-ledger.ts';
import { createS3Archive, readObject } from '../evidence/s3-archive.ts';
import { sealEvidence } from '../evidence/seal-evidence.ts';
import { logged } from '../log.ts';
import { recordMarks } from '../marks/record-marks.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { tellMakers } from '../notices/tell-makers.ts';
import { readEnv } from '../read-env.ts';
import { metricLine } from './metrics.ts';
import { createExecutions } from './promotion-executions.ts';
import { trackMissedEnds } from './track-missed-ends.ts';
import { type ExecutionStatusChange, trackPromotion } from './track-promotion.ts';

const env = readEnv('track-promotion');
// A promotion that is not known yet when its execution starts was started past the push.
const { ledger, store, append } = createRecordedLedger(env.LEDGER_TABLE, startedByHand);

const executions = createExecutions();
const now = () => new Date();

const notices = createSnsNotices(env.PROMOTIONS_TOPIC_ARN);

const seal = sealEvidence({
  ledger,
  store,
  append,
  signer: createKmsSigner(env.EVIDENCE_KEY_ARN),
  archive: createS3Archive(env.EVIDENCE_BUCKET),
  now,
});
const track = trackPromotion({
  application: env.APPLICATION,
  ledger,
  executions,
  notices,
  tellMakers: tellMakers(notices, developersAmong(readDevelopers(env))),
  siteUrl: env.SITE_URL,
  wakeLocks: createWakeLocks(env.ACQUIRE_LOCK_FUNCTION),
  // Past the logger: CloudWatch reads one metric from a line that is nothing else.
  measure: (metrics, at) => {
    for (const metric of metrics) process.stdout.write(`${metricLine(metric, at)}\n`);
  },
  sealEvidence: seal,
  now,
});
const untold = trackMissedEnds({ ledger, application: env.APPLICATION, find: executions.find, track, now });

const unrecorded = recordMarks({
  application: env.APPLICATION,
  ledger,
  append,
  sealEvidence: seal,
  readEvidence: readObject(env.EVIDENCE_BUCKET),
});

/** What no event tells; one part that fails does not keep back the other. @throws AggregateError */
const catchUp = async (): Promise<void> => {
  const results = await Promise.allSettled([untold(), unrecorded()]);
  throwFailures(
    results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
    `Not everything of ${env.APPLICATION} could be followed up`,
  );
};

/** An event names an execution; anything else only starts the search for missed ends and for marks that evidence lacks. */
export const handler = logged((event: Partial<ExecutionStatusChange>) =>
  event.detail?.executionArn === undefined ? catchUp() : track(event as ExecutionStatusChange),
);

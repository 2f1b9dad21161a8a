import type { EvidenceKind, Fact } from '../evidence/chain.ts';
import type { JobKind } from '../payloads.ts';

/** What every event says as its source. */
export const EVENT_SOURCE = 'lockstep';

/** Version of the events' schema: higher when a consumer of the one before could fail. New types and fields do not count. */
export const EVENT_VERSION = '1';

/** What a field of `data` holds. `texts` is an object of texts. */
export type FieldType = 'text' | 'time' | 'number' | 'texts';

/** One kind of event. */
export interface EventType {
  readonly detailType: string;
  /** What has happened: a sentence for docs/events.md. */
  readonly meaning: string;
  /** What leaves of the entry's `what`, by name. Everything else stays in the ledger. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Whether notifications tell it unless the configuration names others. */
  readonly isToldByDefault?: true;
}

type JobFact = Extract<EvidenceKind, `job-${string}`>;

/** What tells types of events apart: the kind of the entry, and of a job's entries the kind of the job. */
export type EventKey = Exclude<EvidenceKind, JobFact> | `${JobFact} ${JobKind}`;

const job = { state: 'text', attempt: 'number', job: 'text', externalId: 'text' } as const;
const started = { meaning: 'began', fields: job } as const;
const ended = {
  meaning: 'succeeded or failed; `status` says which',
  fields: { ...job, status: 'text', output: 'texts', error: 'text', cause: 'text' },
} as const;
const request = { role: 'text', attempt: 'number', state: 'text', digest: 'text' } as const;

const jobStarted = (detailType: string, what: string): EventType => ({
  detailType,
  meaning: `${what} ${started.meaning}.`,
  fields: started.fields,
});
const jobEnded = (detailType: string, what: string): EventType => ({
  detailType,
  meaning: `${what} ${ended.meaning}.`,
  fields: ended.fields,
});

/** Every kind of entry of a promotion's record, with the event that it becomes. A new kind takes a line here. */
export const eventTypes: Readonly<Record<EventKey, EventType>> = {
  'push-event': {
    detailType: 'Promotion Started',
    meaning: 'A push started the promotion.',
    fields: { commitAuthor: 'text', claimedPushedBy: 'text' },
  },
  'started-by-hand': {
    detailType: 'Promotion Started By Hand',
    meaning: 'Somebody started the execution without a push.',
    fields: { claimedPushedBy: 'text' },
    isToldByDefault: true,
  },
  'go-back': {
    detailType: 'Go Back Started',
    meaning: 'An operator asked to go back to an earlier release: the promotion `to`.',
    fields: { to: 'text', from: 'text', reason: 'text', approvals: 'text', prodImageId: 'text' },
    isToldByDefault: true,
  },
  push: {
    detailType: 'Push Confirmed',
    meaning: "The repository's provider has recorded the push, and who pushed.",
    fields: { commitId: 'text' },
  },
  'secret-scan': {
    detailType: 'Commit Scanned',
    meaning:
      'The commit was scanned for secrets. `findingCount` says how many were found, and `failed` why there was no scan.',
    fields: { files: 'number', findingCount: 'number', notScannedCount: 'number', failed: 'text' },
  },
  'job-started code-build': jobStarted('Build Started', 'A build of the commit'),
  'job-ended code-build': jobEnded('Build Ended', 'A build of the commit'),
  'job-started image-build': {
    detailType: 'Image Build Started',
    meaning: 'An image build began, or an earlier image was taken instead; `imageChoice` says which and why.',
    fields: { ...job, imageChoice: 'texts' },
  },
  'job-ended image-build': jobEnded('Image Build Ended', 'An image build'),
  'job-started instance-refresh': jobStarted('Instance Refresh Started', "A refresh of QAT's instance"),
  'job-ended instance-refresh': jobEnded('Instance Refresh Ended', "A refresh of QAT's instance"),
  'job-started pipeline-run': jobStarted('Deployment Started', 'A deployment to QAT or Prod'),
  'job-ended pipeline-run': {
    ...jobEnded('Deployment Ended', 'A deployment to QAT or Prod'),
    isToldByDefault: true,
  },
  'approval-requested': {
    detailType: 'Approval Requested',
    meaning: 'A role is asked to decide.',
    fields: { ...request, count: 'number', expiresAt: 'time' },
    isToldByDefault: true,
  },
  'approval-closed': {
    detailType: 'Approval Closed',
    meaning: 'A request expired or was withdrawn without a decision.',
    fields: { ...request, status: 'text', because: 'text' },
    isToldByDefault: true,
  },
  decision: {
    detailType: 'Decision Made',
    meaning: 'A person approved or rejected.',
    fields: { ...request, decision: 'text', comment: 'text', signedInAt: 'time', notBefore: 'time' },
    isToldByDefault: true,
  },
  denial: {
    detailType: 'Decision Denied',
    meaning: "A rule denied a person's attempt to decide.",
    fields: { role: 'text', reason: 'text', attempts: 'number' },
  },
  'override-asked': {
    detailType: 'Override Requested',
    meaning: 'An operator asked that the promotion goes on during a freeze.',
    fields: { environment: 'text', attempt: 'number', reason: 'text' },
    isToldByDefault: true,
  },
  'override-decided': {
    detailType: 'Override Decided',
    meaning: 'An approver confirmed or declined that the promotion goes on during a freeze.',
    fields: { environment: 'text', attempt: 'number', decision: 'text', role: 'text' },
    isToldByDefault: true,
  },
  'redrive-asked': {
    detailType: 'Redrive Requested',
    meaning: 'A person asked to redrive the failed promotion.',
    fields: { redrive: 'number' },
  },
  redriven: {
    detailType: 'Promotion Redriven',
    meaning: 'The execution runs again.',
    fields: { redrive: 'number' },
    isToldByDefault: true,
  },
  'send-back-asked': {
    detailType: 'Send Back Requested',
    meaning: "Somebody sends Prod's traffic back to the old instances during the soak.",
    fields: { ...job, reason: 'text' },
    isToldByDefault: true,
  },
  'end-soak-asked': {
    detailType: 'End Of Soak Requested',
    meaning: 'Somebody ends the soak: the old instances end now.',
    fields: job,
    isToldByDefault: true,
  },
  'despite-alarms-asked': {
    detailType: 'Deployment Despite Alarms Requested',
    meaning: 'An operator lets a deployment to Prod begin although alarms are on.',
    fields: { attempt: 'number', reason: 'text' },
    isToldByDefault: true,
  },
  'marked-bad': {
    detailType: 'Commit Marked Bad',
    meaning:
      "Somebody marked the promotion's commit bad, or an image of it (`imageId`), or a package in one (`packageVersion`); of a go-back, by what it left.",
    fields: { imageId: 'text', packageVersion: 'text', reason: 'text', goBack: 'text' },
    isToldByDefault: true,
  },
  'unmarked-bad': {
    detailType: 'Commit Unmarked',
    meaning: 'Somebody else took back that it is bad.',
    fields: { imageId: 'text', packageVersion: 'text', reason: 'text', markedAt: 'time' },
    isToldByDefault: true,
  },
  'finding-accepted': {
    detailType: 'Vulnerability Accepted',
    meaning: 'An image passes `image.gate` because somebody accepted this vulnerability.',
    fields: { vulnerabilityId: 'text', until: 'text', reason: 'text' },
    isToldByDefault: true,
  },
  'stop-asked': {
    detailType: 'Stop Requested',
    meaning: 'A person stops the promotion.',
    fields: { reason: 'text' },
    isToldByDefault: true,
  },
  ended: {
    detailType: 'Promotion Ended',
    meaning: 'The promotion has ended; `status` says how. After a redrive it ends again.',
    fields: { redrives: 'number', status: 'text', error: 'text', cause: 'text' },
    isToldByDefault: true,
  },
};

/** What an entry becomes that this version does not know: a newer function may have written it while this one was replaced. */
export const unknownType: EventType = {
  detailType: 'Promotion Changed',
  meaning: 'Something of a kind that this version of Lockstep does not know. Read it in the evidence.',
  fields: {},
};

/** The kind of event that an entry of the record becomes. */
export function eventTypeOf({ kind, what }: Pick<Fact, 'kind' | 'what'>): EventType {
  const types: Readonly<Record<string, EventType>> = eventTypes;
  const key = kind.startsWith('job-') ? `${kind} ${String(what.job)}` : kind;
  return Object.hasOwn(types, key) ? (types[key] ?? unknownType) : unknownType;
}

/** Names of all types. */
export const detailTypes: readonly string[] = [...Object.values(eventTypes), unknownType].map(
  ({ detailType }) => detailType,
);

/** Names of the types that notifications tell unless the configuration names others. */
export const toldByDefault: readonly string[] = Object.values(eventTypes)
  .filter(({ isToldByDefault }) => isToldByDefault)
  .map(({ detailType }) => detailType);

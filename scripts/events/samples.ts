import type { EventKey } from '../../tasks/events/event-types.ts';
import type { ToldPromotion } from '../../tasks/events/promotion-event.ts';
import type { Actor, EvidenceEntry, EvidenceKind } from '../../tasks/evidence/chain.ts';

/** The promotion of every sample. */
export const samplePromotion: ToldPromotion & { readonly promotionId: string } = {
  promotionId: 'shop-8f0c1d2e3a4b-0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d',
  application: 'shop',
  commitId: '8f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5f60718293',
  branch: 'main',
  commitMessage: 'Show the cart\n\nCo-authored-by: Ann <ann@example.com>',
  executionArn:
    'arn:aws:states:us-east-1:111122223333:execution:lockstep-shop:shop-8f0c1d2e3a4b-0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d',
};

/** Where the samples' links lead. */
export const SAMPLE_SITE = 'https://lockstep.example.com';

const AT = '2026-11-29T10:10:00.000Z';
const lockstep: Actor = { type: 'lockstep' };
const person: Actor = {
  type: 'person',
  subject: '2f1d0c3b-0000-4000-8000-000000000001',
  name: 'quinn',
  verifiedEmail: 'quinn@example.com',
};
const pusher: Actor = {
  type: 'identity',
  arn: 'arn:aws:sts::111122223333:assumed-role/Developer/dana@example.com',
};

const job = (state: string, kind: string, externalId: string) => ({
  state,
  attempt: 1,
  job: kind,
  externalId,
});
const image = job(
  'Build QAT image',
  'image-build',
  'arn:aws:imagebuilder:us-east-1:111122223333:image/lockstep-shop-qat/1.0.0/12',
);
const build = job('Build revision', 'code-build', 'lockstep-shop-build:0d3b5a5e-6c1f-4a57-9a3e-0d6f3a0c9f11');
const refresh = job(
  'Refresh QAT instance',
  'instance-refresh',
  'shop-qat/08b91cf7-8fa6-48af-b6a6-d227f40f1b9b',
);
const run = job('Deploy to Prod', 'pipeline-run', 'lockstep-shop-prod/3137f7cb-7cf7-4e9b-8d5e-6f7a8b9c0d1e');
const request = {
  role: 'qc',
  attempt: 1,
  state: 'QC approval',
  digest: '9d2c7b5f0a1e4c3d8b6a5f4e3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a0',
};

/** An entry of every kind: what a function writes, which is more than leaves. */
const samples: Readonly<Record<EventKey, { readonly actor: Actor; readonly what: EvidenceEntry['what'] }>> = {
  'push-event': {
    actor: lockstep,
    what: {
      commitAuthor: 'Dana',
      commitAuthorEmail: 'dana@example.com',
      claimedPushedBy: 'arn:aws:sts::111122223333:assumed-role/Developer/dana@example.com',
    },
  },
  'started-by-hand': {
    actor: { type: 'identity', arn: 'unknown' },
    what: { claimedPushedBy: 'arn:aws:iam::111122223333:user/dana' },
  },
  'go-back': {
    actor: person,
    what: {
      to: 'shop-1a2b3c4d5e6f-1b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d',
      from: samplePromotion.promotionId,
      reason: 'The cart is empty since the last release',
      approvals: 'both',
      prodImageId: 'ami-0abc1234def567890',
    },
  },
  push: { actor: pusher, what: { commitId: samplePromotion.commitId } },
  'secret-scan': {
    actor: lockstep,
    what: {
      files: 12,
      findings: [{ path: 'config/prod.env', line: 3, rule: 'aws/AWSSecretAccessKey' }],
      findingCount: 1,
      notScanned: [{ path: 'logo.png', why: 'binary' }],
      notScannedCount: 1,
    },
  },
  'job-started code-build': { actor: lockstep, what: build },
  'job-ended code-build': {
    actor: lockstep,
    what: {
      ...build,
      status: 'SUCCEEDED',
      output: {
        bucket: 'lockstep-shop-artifacts',
        key: 'lockstep-builds/0d3b5a5e-6c1f-4a57-9a3e-0d6f3a0c9f11/revision.zip',
        version: '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY',
        sha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      },
    },
  },
  'job-started image-build': {
    actor: lockstep,
    what: {
      ...image,
      parameters: { pipelineArn: '…' },
      imageChoice: {
        choice: 'build',
        because: 'RecipeChanged',
        sentence: 'Built: the recipe has changed since the image of 21 Nov 2026, 12:00 UTC.',
      },
    },
  },
  'job-ended image-build': {
    actor: lockstep,
    what: { ...image, status: 'SUCCEEDED', output: { imageId: 'ami-0abc1234def567890' } },
  },
  'job-started instance-refresh': { actor: lockstep, what: refresh },
  'job-ended instance-refresh': { actor: lockstep, what: { ...refresh, status: 'SUCCEEDED' } },
  'job-started pipeline-run': { actor: lockstep, what: run },
  'job-ended pipeline-run': {
    actor: lockstep,
    what: {
      ...run,
      status: 'FAILED',
      error: 'DeploymentFailed',
      cause:
        'The hook ValidateService failed on i-0123456789abcdef0. Read its log, fix the script, and redrive.',
    },
  },
  'approval-requested': {
    actor: lockstep,
    what: {
      ...request,
      count: 1,
      expiresAt: '2026-12-06T10:10:00.000Z',
      makers: { people: [{ name: 'dana', addresses: ['dana@example.com'] }] },
    },
  },
  'approval-closed': { actor: lockstep, what: { ...request, status: 'WITHDRAWN', because: 'superseded' } },
  decision: {
    actor: person,
    what: { ...request, decision: 'approve', comment: 'Looks good', signedInAt: '2026-11-29T10:05:00.000Z' },
  },
  denial: { actor: person, what: { role: 'qc', reason: 'maker', attempts: 1 } },
  'override-asked': {
    actor: person,
    what: { environment: 'prod', attempt: 1, holds: [], reason: 'The shop sells nothing without this fix' },
  },
  'override-decided': {
    actor: person,
    what: { environment: 'prod', attempt: 1, holds: [], decision: 'confirm', role: 'pmo' },
  },
  'redrive-asked': { actor: person, what: { redrive: 1 } },
  redriven: { actor: lockstep, what: { redrive: 1 } },
  'send-back-asked': { actor: person, what: { ...run, reason: 'The cart is empty' } },
  'end-soak-asked': { actor: person, what: run },
  'despite-alarms-asked': { actor: person, what: { attempt: 2, reason: 'This fixes the errors' } },
  'marked-bad': {
    actor: person,
    what: { commitId: samplePromotion.commitId, reason: 'Orders are lost' },
  },
  'unmarked-bad': {
    actor: person,
    what: { commitId: samplePromotion.commitId, reason: 'It was the database', markedAt: AT },
  },
  'finding-accepted': {
    actor: person,
    what: {
      state: 'Build QAT image',
      attempt: 2,
      vulnerabilityId: 'CVE-2026-1234',
      until: '2026-12-31',
      reason: 'We do not parse certificates',
    },
  },
  'stop-asked': { actor: person, what: { reason: 'The wrong branch' } },
  ended: { actor: lockstep, what: { redrives: 0, status: 'SUCCEEDED' } },
};

/** Entries of every kind, by the key of their type. */
export const sampleEntries: readonly { readonly key: string; readonly entry: EvidenceEntry }[] =
  Object.entries(samples).map(([key, { actor, what }], index) => ({
    key,
    entry: {
      sequence: index + 1,
      key: `${key}#1`,
      kind: (key.split(' ')[0] ?? key) as EvidenceKind,
      at: AT,
      actor,
      what,
      previous: '',
      hash: '',
    },
  }));

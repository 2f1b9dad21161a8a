import { candidateDigest, requestedCandidate } from '../../../tasks/approvals/candidate.ts';
import type { Maker, Review } from '../../../tasks/approvals/review.ts';
import type { LockWaiter } from '../../../tasks/environment-locks/environment-lock.ts';
import type {
  Absence,
  Approval,
  Job,
  Person,
  Promotion,
  RecordedDecision,
} from '../../../tasks/ledger/items.ts';
import type { Marking } from '../../../tasks/marks/bad-mark.ts';
import type { GoBack } from '../../../tasks/payloads.ts';

export const COMMIT = '8f0c9c1f3a5d4f7f9b1e2d3c4b5a697887766554';
export const PROMOTION_ID = 'shop-8f0c9c1f3a5d-6b1f2a0e-0000-4000-8000-000000000001';

export const aPromotion = (change: Partial<Promotion> = {}): Promotion => ({
  promotionId: PROMOTION_ID,
  executionArn: `arn:aws:states:us-east-1:000000000000:execution:shop:${PROMOTION_ID}`,
  application: 'shop',
  commitId: COMMIT,
  branch: 'main',
  pushedBy: 'arn:aws:iam::000000000000:user/dana',
  commitMessage: 'Show the cart',
  commitAuthor: 'Dana',
  commitAuthorEmail: 'dana@example.com',
  status: 'RUNNING',
  startedAt: '2026-11-22T10:00:00.000Z',
  redrives: 0,
  images: {},
  deployments: {},
  ...change,
});

/** A promotion that was promoted: a release. */
export const aRelease = (change: Partial<Promotion> = {}): Promotion =>
  aPromotion({
    promotionId: 'release-a',
    executionArn: 'arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:release-a',
    status: 'SUCCEEDED',
    startedAt: '2026-11-20T10:00:00.000Z',
    endedAt: '2026-11-20T12:00:00.000Z',
    images: { qat: 'ami-a-qat', prod: 'ami-a' },
    deployments: { qat: 'd-a-qat', prod: 'd-a' },
    ...change,
  });

/** What `aRelease` is gone back to with. */
export const aGoBack = (change: Partial<GoBack> = {}): GoBack => ({
  to: 'release-a',
  from: 'release-b',
  reason: 'The cart is empty',
  askedBy: {
    type: 'person',
    subject: 'sub-of-olga',
    name: 'olga',
    verifiedEmail: 'olga@example.com',
  },
  approvals: 'both',
  qatImageId: 'ami-a-qat',
  prodImageId: 'ami-a',
  qatDeploymentId: 'd-a-qat',
  ...change,
});

/** The run that deployed `anApproval`'s candidate to QAT. */
export const aDeployToQat = (): Job =>
  aJob({
    state: 'Deploy to QAT',
    kind: 'pipeline-run',
    status: 'SUCCEEDED',
    externalId: 'shop-qat/e-1',
    output: { pipelineExecutionId: 'e-1', deploymentId: 'd-QAT000001' },
  });

export const aJob = (change: Partial<Job> = {}): Job => ({
  promotionId: PROMOTION_ID,
  application: 'shop',
  state: 'Build QAT image',
  attempt: 1,
  kind: 'image-build',
  parameters: {
    imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/shop-qat',
    environment: 'qat',
  },
  clientToken: 'f4c5c5d0-0000-4000-8000-000000000001',
  taskToken: 'token-1',
  stateAttempt: 0,
  status: 'STARTING',
  startedAt: '2026-11-22T10:00:01.000Z',
  ...change,
});

/** Somebody whom a commit names. */
export const aMaker = (address: string, change: Partial<Maker> = {}): Maker => ({
  name: address.split('@')[0] ?? '',
  address,
  because: [
    { role: 'author', commitId: COMMIT, count: 1 },
    { role: 'committer', commitId: COMMIT, count: 1 },
  ],
  ...change,
});

export const aReview = (change: Partial<Review> = {}): Review => ({
  configurationVersion: 'c0ffee000001',
  live: {
    promotionId: 'shop-1111111111aa-6b1f2a0e-0000-4000-8000-000000000000',
    commitId: '11111111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  },
  commits: [
    {
      commitId: COMMIT,
      author: 'Dana',
      authorEmail: 'dana@example.com',
      committer: 'Dana',
      committerEmail: 'dana@example.com',
      message: 'Show the cart\n\nPeople lost track of what they had chosen.',
    },
  ],
  commitCount: 1,
  makers: [aMaker('dana@example.com')],
  files: [
    { path: 'src/cart.mjs', change: 'added' },
    { path: 'src/page.mjs', change: 'changed' },
  ],
  fileCount: { added: 1, changed: 1, removed: 0 },
  images: {},
  tests: [
    {
      instanceId: 'i-0123456789abcdef0',
      status: 'Succeeded',
      events: [
        { name: 'ApplicationStart', status: 'Succeeded' },
        { name: 'ValidateService', status: 'Succeeded' },
      ],
    },
  ],
  gaps: [],
  ...change,
});

const undecided: Omit<Approval, 'review' | 'digest'> = {
  approvalId: 'qc-request-1',
  promotionId: PROMOTION_ID,
  application: 'shop',
  state: 'QC approval',
  role: 'qc',
  attempt: 1,
  candidate: {
    application: 'shop',
    commitId: COMMIT,
    branch: 'main',
    pushedBy: 'arn:aws:iam::000000000000:user/dana',
    qatImageId: 'ami-0123456789abcdef0',
    qatInventory: 'e'.repeat(64),
    qatDeploymentId: 'd-QAT000001',
  },
  taskToken: 'qc-token-1',
  stateAttempt: 0,
  status: 'PENDING',
  count: 1,
  decisions: [],
  requestedAt: '2026-11-22T10:10:00.000Z',
  expiresAt: '2026-11-29T10:10:00.000Z',
};

/** A request whose digest is that of its subject. */
export const anApproval = (change: Partial<Approval> = {}): Approval => {
  const approval = { ...undecided, review: aReview(), ...change };
  return {
    digest: candidateDigest(requestedCandidate(approval)),
    ...approval,
  };
};

/** An approval by a person, unless something else is given. */
export const aDecision = (
  { subject, name, verifiedEmail }: RecordedDecision['person'],
  change: Partial<RecordedDecision> = {},
): RecordedDecision => ({
  decision: 'approve',
  person: { subject, name, verifiedEmail },
  at: '2026-11-22T10:20:00.000Z',
  signedInAt: '2026-11-22T10:12:00.000Z',
  comment: '',
  ...change,
});

/** QC is handed over for the week of 23 November, unless something else is given. */
export const anAbsence = (
  absent: Absence['absent'],
  substitute: Absence['substitute'],
  change: Partial<Absence> = {},
): Absence => {
  const identityOf = ({ subject, name, verifiedEmail }: Absence['absent']) => ({
    subject,
    name,
    verifiedEmail,
  });
  return {
    absenceId: 'absence-1',
    role: 'qc',
    absent: identityOf(absent),
    substitute: identityOf(substitute),
    from: '2026-11-22T00:00:00.000Z',
    until: '2026-11-30T00:00:00.000Z',
    reason: 'Holiday',
    setAt: '2026-11-20T08:00:00.000Z',
    ...change,
  };
};

/** What a request is once one person has approved it. */
export const approvedBy = (person: RecordedDecision['person'], change: Partial<RecordedDecision> = {}) =>
  ({ status: 'APPROVED', decisions: [aDecision(person, change)] }) as const;

/** What a request is once a person has rejected it. */
export const rejectedBy = (person: RecordedDecision['person'], change: Partial<RecordedDecision> = {}) =>
  ({ status: 'REJECTED', decisions: [aDecision(person, { decision: 'reject', ...change })] }) as const;

/** One person of each role decides. */
export const ONE_EACH = { qc: 1, pmo: 1 } as const;

export const aPerson = (name: string, change: Partial<Person> = {}): Person => ({
  subject: `sub-of-${name}`,
  name,
  verifiedEmail: `${name}@example.com`,
  groups: ['qc', 'pmo'],
  ...change,
});

/** The rules as they are without any configuration. */
export const aPolicy = { makersMayDecide: false, freshSignInMinutes: 15 } as const;

/** A promotion that waits for a lock; with the same push, the later letter is the newer one. */
export const aWaiter = (promotionId: string, change: Partial<LockWaiter> = {}): LockWaiter => ({
  promotionId,
  executionArn: `arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:${promotionId}`,
  commitId: promotionId.padEnd(40, '0'),
  pushedAt: '2026-11-22T10:00:00Z',
  startedAt: '2026-11-22T10:00:01.000Z',
  redrives: 0,
  since: '2026-11-22T10:00:02.000Z',
  taskToken: `token-of-${promotionId}`,
  stateAttempt: 0,
  ...change,
});

/** How a commit is marked bad. */
export const aMarking = (change: Partial<Marking> = {}): Marking => ({
  by: { type: 'person', subject: 'sub-of-olga', name: 'olga', verifiedEmail: 'olga@example.com' },
  at: '2026-11-22T11:00:00.000Z',
  reason: 'it loses orders',
  ...change,
});

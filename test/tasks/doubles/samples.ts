import type { Approval, Job, Person, Promotion } from '../../../tasks/ledger/items.ts';

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

export const aJob = (change: Partial<Job> = {}): Job => ({
  promotionId: PROMOTION_ID,
  application: 'shop',
  state: 'Build QAT image',
  attempt: 1,
  kind: 'image-build',
  subject: { imagePipelineArn: 'arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/shop-qat' },
  clientToken: 'f4c5c5d0-0000-4000-8000-000000000001',
  taskToken: 'token-1',
  status: 'STARTING',
  startedAt: '2026-11-22T10:00:01.000Z',
  ...change,
});

export const anApproval = (change: Partial<Approval> = {}): Approval => ({
  approvalId: 'qc-request-1',
  promotionId: PROMOTION_ID,
  application: 'shop',
  state: 'QC approval',
  role: 'qc',
  attempt: 1,
  subject: {
    application: 'shop',
    commitId: COMMIT,
    branch: 'main',
    pushedBy: 'arn:aws:iam::000000000000:user/dana',
    qatImageId: 'ami-0123456789abcdef0',
    qatDeploymentId: 'd-QAT000001',
  },
  taskToken: 'qc-token-1',
  status: 'PENDING',
  requestedAt: '2026-11-22T10:10:00.000Z',
  expiresAt: '2026-11-29T10:10:00.000Z',
  ...change,
});

export const aPerson = (name: string, change: Partial<Person> = {}): Person => ({
  subject: `sub-of-${name}`,
  name,
  verifiedEmail: `${name}@example.com`,
  groups: ['qc', 'pmo'],
  ...change,
});

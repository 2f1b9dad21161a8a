import type { Approval, Job } from '../../../tasks/ledger/items.ts';
import type { DifferingImage } from '../../../tasks/payloads.ts';
import { aJob, anApproval } from './samples.ts';

/** A Prod image that differs from the approved QAT image. */
export const aProdImage: DifferingImage = {
  imageId: 'ami-0fedcba9876543210',
  inventory: 'd'.repeat(64),
  differs: 'The package jq went down from 1.7.1 to 1.7.0.',
};

/** The job that made it. */
export const aProdBuild = (
  image: { readonly [Part in keyof DifferingImage]?: string | undefined } = {},
  change: Partial<Job> = {},
): Job => {
  const { differs, ...made } = { ...aProdImage, ...image };
  return aJob({
    state: 'Build Prod image',
    status: 'SUCCEEDED',
    parameters: { imagePipelineArn: 'arn:shop-prod', environment: 'prod', onDrift: 'ask' },
    output: { imageId: made.imageId ?? '', inventory: made.inventory ?? '', ...(differs && { differs }) },
    ...change,
  });
};

/** QC is asked about it, after it was asked about the change. */
export const anImageRequest = (change: Partial<Approval> = {}): Approval =>
  anApproval({
    approvalId: 'qc-image-request',
    state: change.role === 'pmo' ? 'PMO image approval' : 'QC image approval',
    attempt: 2,
    candidate: { ...anApproval().candidate, prodImage: aProdImage },
    ...change,
  });

import type { Environment } from '../../../tasks/payloads.ts';

/** States in their order. */
export const ways = {
  push: [
    'Lock QAT',
    'Build QAT image',
    'Point QAT at image',
    'Deploy to QAT',
    'QC approval',
    'PMO approval',
    'Lock Prod',
    'Build Prod image',
    'Point Prod at image',
    'Deploy to Prod',
    'Verify Prod',
  ],
  'go-back': [
    'QC approval',
    'PMO approval',
    'Lock Prod',
    'Point Prod at image',
    'Deploy to Prod',
    'Verify Prod',
  ],
} as const;

/** An execution of the state machine, as far as it has come. */
export interface Runner {
  readonly id: string;
  readonly commitId: string;
  readonly kind: keyof typeof ways;
  at: number;
  runs: boolean;
  redrives: number;
  attempts: number;
  /** Of the state that waits. */
  token?: string;
  /** What it works on, as far as it was told. */
  inside?: Environment;
  /** A function of its state runs. */
  isBusy?: boolean;
  /** It ended for good. */
  end?: string;
}

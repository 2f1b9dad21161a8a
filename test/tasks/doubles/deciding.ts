import {
  type DecideDependencies,
  type DecideInput,
  decideApproval,
} from '../../../tasks/approvals/decide.ts';
import type { Notice } from '../../../tasks/notices/notice.ts';
import { anApproval, aPolicy, aReview, ONE_EACH } from './samples.ts';

/** Mails that are kept instead of sent. */
export const createMails = () => {
  const sent: Notice[] = [];
  return {
    sent,
    notices: {
      send: async (notice: Notice) => {
        sent.push(notice);
      },
    },
  };
};

/** Deciding with the rules as they are without any configuration, by somebody who has just signed in and looked. */
export const createDeciding = (
  dependencies: Pick<DecideDependencies, 'ledger' | 'tasks' | 'now'> & Partial<DecideDependencies>,
) => {
  const decide = decideApproval({
    policyOf: () => aPolicy,
    configurationVersion: () => aReview().configurationVersion,
    absencesOf: async () => [],
    siteUrl: 'https://approvals.example.com',
    ...createMails(),
    ...dependencies,
  });
  return (
    input: Pick<DecideInput, 'approvalId' | 'decision' | 'person'> & Partial<DecideInput>,
  ): ReturnType<typeof decide> =>
    decide({
      comment: '',
      signedInAt: dependencies.now().getTime(),
      shownDigest: anApproval().digest,
      isRunning: true,
      ...input,
    });
};

/** What looking after requests needs besides jobs: nothing has changed, and everything runs. */
export const aTending = () => ({
  notices: createMails().notices,
  siteUrl: 'https://approvals.example.com',
  isRunning: async () => true,
  configurationVersion: aReview().configurationVersion,
  counts: ONE_EACH,
  names: { people: [], dotsIgnoredIn: [] },
  reminderHours: 24,
  newApprovalId: () => 'asked-again-1',
  watchSubscriptions: async () => {},
});

import { progressCount } from '../approvals/decisions.ts';
import { asksAboutImage } from '../approvals/image-approval.ts';
import { endText } from '../calendar/hold-rules.ts';
import type { LockView } from '../environment-locks/lock-view.ts';
import type { ApproverRole, Environment } from '../payloads.ts';
import { environmentTitles, roleTitles } from '../words.ts';
import type { RecordedPromotion } from './releases.ts';

/** Where a promotion that runs is, and for whom or what it waits. */
export interface Whereabouts {
  /** The state that it is at, or that it left last. Absent before the first. */
  readonly state?: string;
  /** A role's decision, or the lock of an environment. */
  readonly waitsFor?:
    | { readonly role: ApproverRole; readonly approvalId: string }
    | { readonly environment: Environment; readonly place: number };
  /** In a few words: `at QC approval, waits for QC`. */
  readonly text: string;
}

/** A state that the ledger has something of: a job, or a request. */
interface Step {
  readonly state: string;
  readonly at: number;
  readonly isOpen: boolean;
}

/**
 * Where a promotion is by the ledger, which knows jobs, requests and queues. Of the short states between two of them it knows only
 * what came before: then it tells the state that the promotion has left.
 * @param locks both locks of the application
 */
export function whereaboutsOf(
  { promotion, jobs, approvals }: RecordedPromotion,
  locks: readonly LockView[],
): Whereabouts {
  for (const { environment, waiting } of locks) {
    const entry = waiting.find(({ promotionId }) => promotionId === promotion.promotionId);
    if (entry === undefined) continue;
    const title = environmentTitles[environment];
    const state = `Lock ${title}`;
    return {
      state,
      waitsFor: { environment, place: entry.place },
      text:
        entry.held === undefined
          ? `at ${state}, waits for the ${title} lock as number ${entry.place}`
          : `at ${state}, frozen until ${endText(entry.held)}`,
    };
  }
  const asked = approvals.find(({ status }) => status === 'PENDING');
  if (asked !== undefined) {
    const { state, role, approvalId } = asked;
    const count = progressCount(asked);
    return {
      state,
      waitsFor: { role, approvalId },
      text: `at ${state}, waits for ${roleTitles[role]}${asksAboutImage(asked) ? ' about the Prod image' : ''}${count === '' ? '' : ` (${count})`}`,
    };
  }
  const steps: readonly Step[] = [
    ...jobs.map(({ state, startedAt, status }) => ({
      state,
      at: Date.parse(startedAt),
      // A redrive starts a failed job again.
      isOpen: status !== 'SUCCEEDED',
    })),
    ...approvals.map(({ state, requestedAt }) => ({ state, at: Date.parse(requestedAt), isOpen: false })),
  ];
  const [latest] = steps.toSorted((a, b) => b.at - a.at);
  if (latest === undefined) return { text: 'about to start' };
  return { state: latest.state, text: `${latest.isOpen ? 'at' : 'after'} ${latest.state}` };
}

import type { Sizes } from '../../tasks/prices/promotion-cost.ts';
import type { Outcome } from '../command-result.ts';
import { pricesFor } from '../cost.ts';
import type { Files } from '../evidence.ts';
import type { System } from '../system.ts';
import { planOf } from './plan.ts';
import { planText } from './plan-text.ts';
import { readFacts } from './read-facts.ts';

/** Where Lockstep has not looked: the least that a fleet has. */
const INSTANCES = 2;

/** Whose commit is planned, and what neither ledger nor configuration tell. */
type Planned = Omit<Sizes, 'instances'> & {
  readonly application: string;
  readonly commitId: string;
  readonly prices?: string;
  readonly instances?: number;
};

/**
 * Says what a promotion of a commit would do. Changes nothing.
 * @throws CommandError for a price list that cannot be used
 */
export async function plan(
  system: Pick<System, 'ledger' | 'executions' | 'now' | 'archive' | 'planSources'>,
  { application, commitId, instances, ...planned }: Planned,
  files: Files,
): Promise<Outcome> {
  const list = pricesFor(planned, files);
  const facts = await readFacts(
    { system, sources: () => system.planSources(application) },
    application,
    commitId,
  );
  const made = planOf(facts, { ...planned, instances: instances ?? (facts.instances || INSTANCES) }, list);
  return { text: planText(made), json: made, ...(made.end.name !== 'Promoted' && { end: 'failed' }) };
}

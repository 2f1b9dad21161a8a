import { addPendingApprovals, openApprovalsList } from '../scenarios/support/pending-approvals.ts';
import { startScenario } from '../scenarios/support/scenario.ts';

const PENDING = 200;
const PAGES = 10;
const ROUNDS = 3;

/** How long the list of pending approvals takes over HTTP, in ms, page by page, the site's function and the ledger included. */
export const measureApprovals = async () => {
  const scenario = await startScenario();
  try {
    await addPendingApprovals(scenario, PENDING);
    const rows = await openApprovalsList(scenario);
    await rows(1);
    const times: number[] = [];
    for (let count = 0; count < ROUNDS * PAGES; count++) {
      const start = performance.now();
      await rows(1 + (count % PAGES));
      times.push(Math.round(performance.now() - start));
    }
    times.sort((a, b) => a - b);
    return { pending: PENDING, median: times[times.length >> 1], slowest: times.at(-1) };
  } finally {
    await scenario.stop();
  }
};

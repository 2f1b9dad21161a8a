import type { DescribeExecutionOutput, GetExecutionHistoryOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import { administrator, type Host } from '@lockstep/aws-emulator';

/** Pause between two looks at an execution, in ms. */
const LOOK_EVERY_MS = 60;

/** The whole history of an execution, oldest first. */
export const historyOf = async (host: Host, executionArn: string): Promise<HistoryEvent[]> => {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page: GetExecutionHistoryOutput = await host.call(administrator, 'states', 'GetExecutionHistory', {
      executionArn,
      maxResults: 1000,
      ...(nextToken && { nextToken }),
    });
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return events;
};

/** An execution as Step Functions describes it. */
export const describeExecution = (host: Host, executionArn: string): Promise<DescribeExecutionOutput> =>
  host.call(administrator, 'states', 'DescribeExecution', { executionArn });

/** Resolves after some milliseconds of the machine's time. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Gives each event of an execution's history to `onEvent`, once and in order, as it comes: from the first (or behind
 * `after`) until the execution has ended or `signal` stops it.
 * @returns the id of the last event given
 */
export const followExecution = async (
  host: Host,
  executionArn: string,
  onEvent: (event: HistoryEvent) => void | Promise<void>,
  { after = 0, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {},
): Promise<number> => {
  let last = after;
  while (!signal?.aborted) {
    const { status } = await describeExecution(host, executionArn);
    for (const event of await historyOf(host, executionArn)) {
      if ((event.id ?? 0) <= last) continue;
      last = event.id ?? last;
      await onEvent(event);
    }
    if (status !== 'RUNNING') return last;
    await pause(LOOK_EVERY_MS);
  }
  return last;
};

/** How long what a promotion's end has set off may take, in ms, before a run goes without it; the next start takes it up. */
const SETTLING_PATIENCE_MS = 5_000;

/** Waits until every event that was told has reached its functions and these have ended: mails, statuses, seals. */
export const settled = async ({ store }: Host): Promise<void> => {
  const queues = ['events.deliveries', 'sns.deliveries', 'lambda.asyncEvents'].map((name) =>
    store.table(name),
  );
  const deadline = Date.now() + SETTLING_PATIENCE_MS;
  while (Date.now() < deadline && queues.some((queue) => queue.keys().length > 0)) await pause(25);
};

import type { Approval } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Host } from '../host.ts';
import { followExecution } from './follow.ts';
import { createProgress, type ProgressLine } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Who may decide, by role, among the people of the embedded user pool. */
const deciders = { qc: 'quinn or sam', pmo: 'parker or sam' } as const;

/** What a narration needs. */
export interface Narration {
  readonly host: Host;
  readonly ledger: Ledger;
  readonly siteUrl: string;
  readonly terminal: Terminal;
  /** Whether the run ends with the promotion, so that nobody can follow a link to redrive it. */
  readonly endsWithPromotion?: boolean;
}

/** The request that a waiting approval state has made, if it is still undecided. */
export const pendingApproval = async (
  ledger: Ledger,
  promotionId: string,
  state: string,
): Promise<Approval | undefined> =>
  (await ledger.approvals(promotionId)).findLast(
    (approval) => approval.state === state && approval.status === 'PENDING',
  );

/** The promotion's id, which is its execution's name. */
export const promotionIdOf = (executionArn: string): string => executionArn.split(':').at(-1) ?? '';

/** What somebody can do now, if something. */
const hintFor = async (
  { ledger, siteUrl, endsWithPromotion }: Narration,
  promotionId: string,
  line: ProgressLine,
) => {
  if (line.kind === 'waiting' && line.state) {
    const approval = await pendingApproval(ledger, promotionId, line.state);
    if (approval) {
      return `${approval.role.toUpperCase()} decides (sign in as ${deciders[approval.role]}):\n${siteUrl}/approvals/${approval.approvalId}`;
    }
  }
  if (
    !endsWithPromotion &&
    line.kind === 'ended' &&
    line.detail !== 'SUCCEEDED' &&
    line.detail !== 'REFUSED'
  ) {
    return `An operator can redrive it (sign in as olga):\n${siteUrl}/promotions/${promotionId}`;
  }
  return undefined;
};

/**
 * Tells an execution line by line on the terminal, until it ends or `signal` stops it.
 * @param onLine is called, and awaited, for each line behind its telling
 * @param options `prefix` stands before each state, where several applications are told
 * @returns the id of the last event that was told
 */
export const narrate = async (
  narration: Narration,
  executionArn: string,
  onLine: (line: ProgressLine) => void | Promise<void> = () => undefined,
  options: { readonly after?: number; readonly signal?: AbortSignal; readonly prefix?: string } = {},
): Promise<number> => {
  const progress = createProgress();
  const promotionId = promotionIdOf(executionArn);
  const after = options.after ?? 0;
  return followExecution(
    narration.host,
    executionArn,
    async (event) => {
      for (const line of progress(event)) {
        // A redrive is told from its own events on; earlier ones only tell the progress where it stands.
        if ((event.id ?? 0) <= after) continue;
        if (isWorthTelling(line))
          narration.terminal.progress(
            options.prefix === undefined
              ? line
              : { ...line, state: `${options.prefix}${line.state ?? 'Promotion'}` },
            await hintFor(narration, promotionId, line),
          );
        await onLine(line);
      }
    },
    options.signal ? { signal: options.signal } : {},
  );
};

/** A callback state says that it waits right after it has started; only people's waiting is told. */
const isWorthTelling = (line: ProgressLine) =>
  line.kind !== 'started' && (line.kind !== 'waiting' || (line.state?.endsWith('approval') ?? false));

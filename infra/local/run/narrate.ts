import type { Host } from '@lockstep/aws-emulator';
import { heldText } from '../../../tasks/calendar/hold-rules.ts';
import { readHeld } from '../../../tasks/calendar/read-held.ts';
import { errorText } from '../../../tasks/error-text.ts';
import type { Approval } from '../../../tasks/ledger/items.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { adviceInOneLine } from '../../../tasks/redrive/advice-text.ts';
import { readAdvisedPromotion } from '../../../tasks/redrive/read-advice.ts';
import { environmentTitles, promotionName } from '../../../tasks/words.ts';
import { stateNames } from '../../../workflows/state-names.ts';
import { lockstepCommand } from './commands.ts';
import { followExecution } from './follow.ts';
import { membersOf } from './people.ts';
import { createProgress, type ProgressLine } from './progress.ts';
import { revisionWarnings } from './revision-warnings.ts';
import type { LockstepSystem } from './system.ts';
import type { Terminal } from './terminal.ts';

/** What a narration needs. */
export interface Narration {
  readonly host: Host;
  readonly system: Pick<LockstepSystem, 'ledger' | 'executions' | 'configurationVersion' | 'siteUrl'>;
  readonly terminal: Terminal;
  /** Whether the run ends with the promotion, so that nobody can redrive it while it serves. */
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

/** What to do about a promotion that has ended without success, and by which command. */
export async function redriveHint(
  { host, system, endsWithPromotion }: Omit<Narration, 'terminal'>,
  executionArn: string,
): Promise<string | undefined> {
  const { ledger, siteUrl } = system;
  const promotionId = promotionIdOf(executionArn);
  const promotion = await ledger.promotion(promotionId);
  if (promotion === undefined) return undefined;
  const now = () => new Date(host.clock.now());
  const { advice } = await readAdvisedPromotion({ ...system, now }, promotion);
  return [
    adviceInOneLine(advice),
    ...(endsWithPromotion || !advice.mayRedrive
      ? []
      : [
          lockstepCommand(host, `redrive ${promotionId}`),
          `or sign in as ${membersOf('operator').join(' or ')}: ${siteUrl}/promotions/${promotionId}`,
        ]),
  ].join('\n');
}

const lockStates = { [stateNames.lockQat]: 'qat', [stateNames.lockProd]: 'prod' } as const;
const lockOf = (state: string | undefined) =>
  Object.entries(lockStates).find(([name]) => name === state)?.[1];

const isImageBuild = (state: string | undefined) =>
  state === stateNames.buildQatImage || state === stateNames.buildProdImage;

/** Why a promotion has to wait for a lock, if it has to: the calendar holds it, or another promotion holds the lock. */
const waitsForOf = async (
  { host, system: { ledger, siteUrl } }: Narration,
  promotionId: string,
  environment: 'qat' | 'prod',
): Promise<string | undefined> => {
  const promotion = await ledger.promotion(promotionId);
  if (promotion === undefined) return undefined;
  const { application } = promotion;
  const now = new Date(host.clock.now());
  const held = (await readHeld(ledger, application, environment, [promotionId], now)).get(promotionId);
  if (held !== undefined)
    return `${environmentTitles[environment]}: ${heldText(held)}\n${siteUrl}/promotions/${promotionId}`;
  const { holder } = await ledger.lock(application, environment);
  return holder === undefined || holder.promotionId === promotionId
    ? undefined
    : `Waits for the ${environmentTitles[environment]} lock, held by ${promotionName(holder)}.`;
};

/** What somebody can do now, if something. */
const hintFor = async (narration: Narration, executionArn: string, line: ProgressLine) => {
  const { ledger, siteUrl } = narration.system;
  if (line.state === stateNames.deployToQat && (line.kind === 'done' || line.kind === 'failed')) {
    const warnings = await revisionWarnings(narration.host, ledger, promotionIdOf(executionArn)).catch(
      (error: unknown) => [`The revision could not be looked at: ${errorText(error)}`],
    );
    return warnings.map((warning) => `Warning: ${warning}`).join('\n');
  }
  if (line.kind === 'done' && isImageBuild(line.state)) {
    const job = await ledger.latestJob(promotionIdOf(executionArn), line.state ?? '');
    return job?.imageChoice?.sentence;
  }
  const environment = lockOf(line.state);
  if (line.kind === 'waiting' && environment)
    return waitsForOf(narration, promotionIdOf(executionArn), environment);
  if (line.kind === 'waiting' && line.state) {
    const approval = await pendingApproval(ledger, promotionIdOf(executionArn), line.state);
    if (approval) {
      const { prodImage, qatImageId } = approval.candidate;
      const why =
        prodImage === undefined
          ? ''
          : `The Prod image ${prodImage.imageId} differs from the approved QAT image ${qatImageId}:\n${prodImage.differs}\n`;
      return `${why}${approval.role.toUpperCase()} decides ${prodImage === undefined ? '' : 'about it '}(sign in as ${membersOf(approval.role).join(' or ')}):\n${siteUrl}/approvals/${approval.approvalId}`;
    }
  }
  return line.kind === 'ended' && line.detail !== 'SUCCEEDED'
    ? redriveHint(narration, executionArn)
    : undefined;
};

/**
 * Tells an execution line by line on the terminal, until it ends or `signal` stops it.
 * @param onLine is called, and awaited, for each line behind its telling
 * @param options `prefix` stands before each state, where several promotions are told
 * @returns the id of the last event that was told
 */
export async function narrate(
  narration: Narration,
  executionArn: string,
  onLine: (line: ProgressLine) => void | Promise<void> = () => undefined,
  options: { readonly after?: number; readonly signal?: AbortSignal; readonly prefix?: () => string } = {},
): Promise<number> {
  const progress = createProgress();
  const after = options.after ?? 0;
  return followExecution(
    narration.host,
    executionArn,
    async (event) => {
      for (const line of progress(event)) {
        // A redrive is told from its own events on; earlier ones only tell the progress where it stands.
        if ((event.id ?? 0) <= after) continue;
        const prefix = options.prefix?.() ?? '';
        const hint = isWorthTelling(line) ? await hintFor(narration, executionArn, line) : undefined;
        // A free lock is acquired at once.
        const isWaiting = line.kind !== 'waiting' || lockOf(line.state) === undefined || hint !== undefined;
        if (isWorthTelling(line) && isWaiting)
          narration.terminal.progress(
            prefix === '' ? line : { ...line, state: `${prefix}${line.state ?? 'Promotion'}` },
            hint,
          );
        await onLine(line);
      }
    },
    options.signal ? { signal: options.signal } : {},
  );
}

/** A callback state says that it waits right after it has started; only waiting for people and for others is told. */
const isWorthTelling = (line: ProgressLine) =>
  line.kind !== 'started' &&
  (line.kind !== 'waiting' ||
    lockOf(line.state) !== undefined ||
    (line.state?.endsWith('approval') ?? false));

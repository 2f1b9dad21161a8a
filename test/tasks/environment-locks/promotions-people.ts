import { declareFreeze, endFreeze } from '../../../tasks/calendar/freezes.ts';
import { askOverride, decideOverride } from '../../../tasks/calendar/overrides.ts';
import { heldPromotion, readHoldSources } from '../../../tasks/calendar/read-held.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import { markBad, unmarkBad } from '../../../tasks/marks/mark-bad.ts';
import type { Notices } from '../../../tasks/notices/notice.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { aMarking, aPerson, aPolicy } from '../doubles/samples.ts';
import type { Runner } from './promotions-runner.ts';

const application = 'shop';
const MINUTE = 60_000;
const by = aMarking().by;

/** What people do about promotions on pages, besides deciding: they mark, freeze and override. */
export const createPeople = (
  { ledger, now, siteUrl }: { readonly ledger: Ledger; readonly now: () => Date; readonly siteUrl: string },
  notices: Notices,
  environmentOf: (runner: Runner) => Environment,
) => {
  let freezeCount = 0;
  const freezes = { ledger, now, newFreezeId: () => `f${++freezeCount}` };
  const overriding = { ledger, now, siteUrl, notices, policyOf: () => aPolicy, absencesOf: async () => [] };
  return {
    mark: ({ commitId }: Runner) =>
      markBad(ledger, { application, commitId }, aMarking({ at: now().toISOString() })),
    unmark: ({ commitId }: Runner) =>
      unmarkBad(
        ledger,
        { application, commitId },
        { by: { ...by, type: 'person', ...aPerson('quinn') }, at: now().toISOString(), reason: 'fine' },
      ),
    freeze: (minutes: number, environments: readonly Environment[]) =>
      declareFreeze(freezes)(by, {
        application,
        environments,
        until: new Date(now().getTime() + minutes * MINUTE).toISOString().slice(0, 16),
        reason: 'incident',
      }),
    endFreeze: async (index: number): Promise<unknown> => {
      const declared = (await ledger.declaredFreezes(application)).filter(({ ended }) => ended === undefined);
      const { freezeId } = declared[index % Math.max(1, declared.length)] ?? {};
      return freezeId && endFreeze(freezes)(by, { application, freezeId, reason: 'over' });
    },
    askOverride: async (runner: Runner, name: string) => {
      const promotion = await ledger.promotion(runner.id);
      const sources = await readHoldSources(ledger, application);
      const held = await heldPromotion(ledger, sources, environmentOf(runner), runner.id, now());
      return promotion && askOverride(overriding)(promotion, held, { kind: 'ok' }, aPerson(name), 'hotfix');
    },
    decideOverride: async (runner: Runner, name: string, decision: 'confirm' | 'decline') => {
      const promotion = await ledger.promotion(runner.id);
      const attempt = (await ledger.overrides(runner.id)).length;
      const at = now().getTime();
      return promotion && decideOverride(overriding)(promotion, attempt, decision, aPerson(name), at);
    },
  };
};

import { type Ledger, LedgerConflictError, nextWriteAttempt } from '../ledger/ledger.ts';
import type { Asker, Environment } from '../payloads.ts';
import { readReason } from '../promotions/reason.ts';
import { askerName } from '../words.ts';
import type { DeclaredFreeze } from './calendar.ts';
import { readUtcTime, whyNoEndOfFreeze, whyNoFreeze } from './freeze-rules.ts';
import { isDeclared } from './hold-rules.ts';
import { readHoldSources } from './read-held.ts';

/** What declaring and ending freezes needs. */
export interface FreezeDependencies {
  readonly ledger: Pick<
    Ledger,
    'calendar' | 'declaredFreezes' | 'addDeclaredFreeze' | 'replaceDeclaredFreeze'
  >;
  readonly now: () => Date;
  /** Random and opaque. */
  readonly newFreezeId: () => string;
}

/** What came of it. */
export type FreezeOutcome =
  | { readonly kind: 'done'; readonly freeze: DeclaredFreeze }
  | { readonly kind: 'not possible'; readonly message: string };

/** Whether two freezes are one that was sent twice: a second press of the button makes no second one, which would hold on after the first was ended. */
const isSameFreeze = (a: DeclaredFreeze, b: DeclaredFreeze): boolean =>
  a.until === b.until &&
  a.reason === b.reason &&
  askerName(a.declaredBy) === askerName(b.declaredBy) &&
  a.environments.join() === b.environments.join();

/** Declares a freeze that begins now. The same that this person declared and that holds is returned. Whether the person may is decided before. */
export function declareFreeze({ ledger, now, newFreezeId }: FreezeDependencies) {
  return async function declareFreeze(
    by: Asker,
    asked: {
      readonly application: string;
      readonly environments: readonly Environment[];
      /** As it was typed, in UTC. */
      readonly until: string;
      readonly reason: string;
    },
  ): Promise<FreezeOutcome> {
    const at = now();
    const { application, environments } = asked;
    const freeze: DeclaredFreeze = {
      freezeId: newFreezeId(),
      application,
      environments,
      reason: readReason(asked.reason) ?? '',
      declaredBy: by,
      from: at.toISOString(),
      until: (readUtcTime(asked.until) ?? at).toISOString(),
    };
    const sources = await readHoldSources(ledger, application);
    const message = whyNoFreeze(sources, freeze, asked, at);
    if (message !== undefined) return { kind: 'not possible', message };
    const same = sources.declared.find((one) => isDeclared(one, at.getTime()) && isSameFreeze(one, freeze));
    if (same !== undefined) return { kind: 'done', freeze: same };
    await ledger.addDeclaredFreeze(freeze);
    return { kind: 'done', freeze };
  };
}

/** Ends a declared freeze early; it stays recorded. Whether the person may is decided before. @throws LedgerContendedError */
export function endFreeze({ ledger, now }: Omit<FreezeDependencies, 'newFreezeId'>) {
  return async function endFreeze(
    by: Asker,
    { application, freezeId, reason }: { application: string; freezeId: string; reason: string },
  ): Promise<FreezeOutcome> {
    for (let writeAttempt = 1; ; writeAttempt = nextWriteAttempt(writeAttempt, `Freeze ${freezeId}`)) {
      const freeze = (await ledger.declaredFreezes(application)).find((one) => one.freezeId === freezeId);
      const message = whyNoEndOfFreeze(freeze, reason, now());
      if (freeze === undefined || message !== undefined)
        return { kind: 'not possible', message: message ?? 'There is no such freeze.' };
      const ended = { at: now().toISOString(), by, reason: readReason(reason) ?? '' };
      try {
        await ledger.replaceDeclaredFreeze(freeze, { ...freeze, ended });
        return { kind: 'done', freeze: { ...freeze, ended } };
      } catch (error) {
        if (!(error instanceof LedgerConflictError)) throw error;
      }
    }
  };
}

import type { Ledger } from '../ledger/ledger.ts';
import type { Asker } from '../payloads.ts';
import type { Rebake } from './rebake.ts';

/** Asks for new images of an application from now on. */
export const askRebake =
  (ledger: Pick<Ledger, 'noteRebake'>, now: () => Date) =>
  async (application: string, askedBy: Asker): Promise<Rebake> => {
    const rebake = { application, askedBy, at: now().toISOString() };
    await ledger.noteRebake(rebake);
    return rebake;
  };

import type { Promotion } from './items.ts';
import type { Ledger } from './ledger.ts';

const PAGE_SIZE = 100;

/** Promotions of all applications, newest first, read page by page as they are consumed. */
export async function* promotionPages(
  ledger: Pick<Ledger, 'promotions'>,
): AsyncGenerator<readonly Promotion[]> {
  let next: string | undefined;
  do {
    const page = await ledger.promotions({ limit: PAGE_SIZE, ...(next !== undefined && { next }) });
    yield page.items;
    next = page.next;
  } while (next !== undefined);
}

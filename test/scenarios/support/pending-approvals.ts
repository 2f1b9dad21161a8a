import { createWebPerson } from '../../../infra/local/run/web-person.ts';
import { anApproval, aPromotion } from '../../tasks/doubles/samples.ts';
import type { Scenario } from './scenario.ts';

/** Has promotions wait for QC, past the state machine, until so many do. @param known how many do already */
export const addPendingApprovals = async (
  { run, system }: Scenario,
  count: number,
  known = 0,
): Promise<void> => {
  const now = run.clock.now();
  for (let number = known + 1; number <= count; number++) {
    const promotionId = `shop-${number}`;
    await system.ledger.addPromotion(aPromotion({ promotionId }));
    await system.ledger.addApproval(
      anApproval({
        approvalId: `pending-${number}`,
        promotionId,
        requestedAt: new Date(now - number * 1000).toISOString(),
        expiresAt: new Date(now + 86_400_000).toISOString(),
      }),
    );
  }
};

/** Signs in as somebody of QC. @returns what counts the rows of a page of the list */
export const openApprovalsList = async ({
  system,
}: Pick<Scenario, 'system'>): Promise<(page: number) => Promise<number>> => {
  const quinn = createWebPerson();
  const signInPage = await quinn.open(`${system.siteUrl}/`);
  const form = signInPage.document.querySelector('form');
  if (!form) throw new Error('no way to sign in');
  await quinn.submit(signInPage, form, { person: 'quinn' });
  return async (page) =>
    (await quinn.open(`${system.siteUrl}/?page=${page}`)).document.querySelectorAll('.row').length;
};

import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import type { Rebake } from '../../tasks/images/rebake.ts';
import type { Job, Promotion } from '../../tasks/ledger/items.ts';
import { askerName } from '../../tasks/words.ts';
import { nameOfArn } from '../format.ts';
import { GivenText } from './given-text.tsx';
import { signInAddress } from './layout.tsx';
import { Moment } from './parts.tsx';

interface RebakeActionProps {
  readonly promotion: Promotion;
  readonly jobs: readonly Job[];
  /** Whether the person may act now. */
  readonly operator: OperatorRuling;
  /** Who asked for new images last. */
  readonly rebake?: Rebake;
}

/** Whether the promotion's application uses earlier images again: its image builds say so. */
export const reusesImages = (jobs: readonly Job[]): boolean =>
  jobs.some(({ imageChoice }) => imageChoice !== undefined);

/** Where images are reused: who asked for new ones, and where operators do. */
export const RebakeAction: FC<RebakeActionProps> = ({ promotion, jobs, operator, rebake }) => {
  if (!reusesImages(jobs)) return null;
  const isOperator = operator.kind === 'ok' || operator.reason === 'SignInTooOld';
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}`;
  return (
    <div class="stop" id="rebake">
      {rebake === undefined ? null : (
        <p class="muted">
          <GivenText text={nameOfArn(askerName(rebake.askedBy))} /> asked for new images of{' '}
          {promotion.application}, <Moment at={rebake.at} />: no image from before is used again.
        </p>
      )}
      {!isOperator ? null : operator.kind === 'ok' ? (
        <form method="post" action={`${path}/rebake`}>
          <button type="submit">Rebake: build new images next time</button>
        </form>
      ) : (
        <a href={signInAddress(path)}>Sign in again to rebake</a>
      )}
    </div>
  );
};

import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import type { Person, Promotion } from '../../tasks/ledger/items.ts';
import { LONGEST_REASON } from '../../tasks/promotions/reason.ts';
import { commitTitle } from '../../tasks/words.ts';
import { CauseText } from './attempts.tsx';
import { Notice, Page, signInAddress } from './layout.tsx';
import { Card, ChangeLine } from './parts.tsx';

/** Error of a promotion whose image the gate stopped. */
const GATE_FAILED = 'ImageGateFailed';

/** Where operators and approvers accept a vulnerability that stopped a promotion. */
export const AcceptLink: FC<{ promotion: Promotion; may: OperatorRuling }> = ({ promotion, may }) => {
  if (promotion.error !== GATE_FAILED || (may.kind === 'denied' && may.reason === 'NotInRole')) return null;
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}/accept-finding`;
  return (
    <p class="stop">
      <a class="danger" href={may.kind === 'ok' ? path : signInAddress(path)}>
        {may.kind === 'ok' ? 'Accept a vulnerability…' : 'Sign in again to accept a vulnerability'}
      </a>
    </p>
  );
};

/** What the page that asks for an acceptance shows. */
interface AcceptPageProps {
  readonly promotion: Promotion;
  readonly person: Person;
  /** Path of the promotion's page. */
  readonly path: string;
  /** The first day on which it may end. */
  readonly today: string;
  /** What was typed, and why it was not taken. */
  readonly typed: Readonly<Record<string, string | undefined>>;
  readonly problem: string | undefined;
}

/** Asks for a vulnerability to accept, until when and why. */
export const AcceptPage: FC<AcceptPageProps> = ({ promotion, person, path, today, typed, problem }) => (
  <Page
    title={`Accept a vulnerability: ${commitTitle(promotion)}`}
    person={person}
    here={`${path}/accept-finding`}
    section="promotions"
  >
    <div class="narrow">
      <p class="crumb">
        <a href={path}>Promotion</a> · Accept a vulnerability
      </p>
      <h1>Accept a vulnerability?</h1>
      <ChangeLine promotion={promotion} />
      {problem === undefined ? null : (
        <Notice kind="bad" title="Nothing was accepted" reason="NotAccepted">
          <p>
            <bdi>{problem}</bdi>
          </p>
        </Notice>
      )}
      <Card id="accept-finding" title={commitTitle(promotion)}>
        {promotion.cause === undefined ? null : (
          <CauseText label="Cause" text={promotion.cause} longest={16_000} />
        )}
        <p>
          Until the last day, the vulnerability stops no image of {promotion.application}. Approvers see who
          accepted it and why, and the record of each promotion that it let on has it. Then redrive the
          promotion.
        </p>
        <form method="post" action={`${path}/accept-finding`}>
          <label for="vulnerability">Vulnerability</label>
          <input
            id="vulnerability"
            name="vulnerability"
            type="text"
            maxlength={100}
            placeholder="CVE-2026-1234"
            required
            value={typed.vulnerability ?? ''}
          />
          <label for="until">
            Last day <span class="muted">(UTC; at most a year from now)</span>
          </label>
          <input id="until" name="until" type="date" required min={today} value={typed.until ?? ''} />
          <label for="reason">
            Reason <span class="muted">(stored with your name, shown to approvers)</span>
          </label>
          <textarea id="reason" name="reason" rows={3} maxlength={LONGEST_REASON} required>
            {typed.reason ?? ''}
          </textarea>
          <div class="buttons">
            <button class="danger" type="submit">
              Accept this vulnerability
            </button>
            <a href={path}>Do not accept it</a>
          </div>
        </form>
      </Card>
    </div>
  </Page>
);

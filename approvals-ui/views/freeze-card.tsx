import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import { type Held, heldText } from '../../tasks/calendar/hold-rules.ts';
import type { Override } from '../../tasks/calendar/override.ts';
import {
  type mayDecideOverride,
  type OverrideDenial,
  openOverride,
} from '../../tasks/calendar/override-rules.ts';
import type { Person, Promotion } from '../../tasks/ledger/items.ts';
import { commitTitle, environmentTitles, listed, roleTitles, visibleText } from '../../tasks/words.ts';
import { GivenText, WholeTitle } from './given-text.tsx';
import { Notice, Page, signInAddress } from './layout.tsx';
import { Card, ChangeLine, Moment } from './parts.tsx';
import { ReasonForm } from './reason-form.tsx';

/** What the promotion's page shows of the calendar. */
export interface FreezeCardProps {
  readonly promotion: Promotion;
  readonly operator: OperatorRuling;
  /** What holds the promotion now. */
  readonly held?: Held;
  /** Why the person cannot ask to go on now, if so. */
  readonly whyNotAsk?: OverrideDenial | undefined;
  readonly overrides: readonly Override[];
  /** Whether the person may confirm or decline the override that waits. */
  readonly mayDecide?: ReturnType<typeof mayDecideOverride>;
}

/** What the calendar holds, and who asked, confirmed or declined to go on. */
export const FreezeCard: FC<FreezeCardProps> = (props) => {
  const { promotion, operator, held, overrides, whyNotAsk } = props;
  if (held === undefined && overrides.length === 0) return null;
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}/override`;
  const isOperator = operator.kind === 'ok' || operator.reason === 'SignInTooOld';
  return (
    <Card id="freeze" title={held ? `${environmentTitles[held.environment]} is frozen` : 'Freeze'}>
      {held ? (
        <p>
          <bdi>{heldText(held)}</bdi>. <a href={`/calendar?application=${promotion.application}`}>Calendar</a>
        </p>
      ) : null}
      {overrides.map((override) => (
        <OverrideText override={override} />
      ))}
      <Decide {...props} />
      {held && operator.kind === 'ok' && whyNotAsk && openOverride(overrides) === undefined ? (
        <p class="muted">
          <bdi>{visibleText(whyNotAsk.message)}</bdi>
        </p>
      ) : null}
      {held && isOperator && !(operator.kind === 'ok' && whyNotAsk) ? (
        <p class="stop">
          <a class="danger" href={operator.kind === 'ok' ? path : signInAddress(path)}>
            {operator.kind === 'ok'
              ? 'Ask to go on during the freeze…'
              : 'Sign in again to ask to go on during the freeze'}
          </a>
        </p>
      ) : null}
    </Card>
  );
};

const OverrideText: FC<{ override: Override }> = ({ override }) => {
  const { askedBy, askedAt, reason, holds, decision } = override;
  return (
    <div class="paragraph" data-override={override.attempt}>
      <GivenText text={askedBy.name} /> asked to go on despite{' '}
      <bdi>{visibleText(listed(holds.map(({ name }) => name)))}</bdi>, <Moment at={askedAt} />:{' '}
      <GivenText text={reason} />{' '}
      {decision === undefined ? (
        <strong>Waits for an approver of QC or PMO.</strong>
      ) : (
        <>
          <strong>{decision.decision === 'confirm' ? 'Confirmed' : 'Declined'}</strong> by{' '}
          <GivenText text={decision.person.name} />
          {decision.absence ? (
            <>
              {' '}
              for <GivenText text={decision.absence.absent.name} />
            </>
          ) : null}{' '}
          ({roleTitles[decision.role]}), <Moment at={decision.at} />.
        </>
      )}
    </div>
  );
};

const Decide: FC<FreezeCardProps> = ({ promotion, overrides, mayDecide }) => {
  const open = openOverride(overrides);
  if (open === undefined || mayDecide === undefined) return null;
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}`;
  if (mayDecide.kind === 'denied')
    return mayDecide.reason === 'NotInRole' ? null : (
      <p class="muted">
        <bdi>{visibleText(mayDecide.message)}</bdi>{' '}
        {mayDecide.reason === 'SignInTooOld' ? <a href={signInAddress(path)}>Sign in again</a> : null}
      </p>
    );
  return (
    <form method="post" action={`${path}/override/decision`}>
      <input type="hidden" name="attempt" value={String(open.attempt)} />
      <p>
        If you confirm, this promotion goes on although {environmentTitles[open.environment]} is frozen. This
        holds for no other promotion and no other freeze.
      </p>
      <div class="buttons">
        <button class="primary" type="submit" name="decision" value="confirm">
          Confirm as {roleTitles[mayDecide.role]}
        </button>
        <button class="danger" type="submit" name="decision" value="decline">
          Decline
        </button>
      </div>
    </form>
  );
};

/** What the page that asks for a reason shows. */
export interface OverridePageProps {
  readonly promotion: Promotion;
  readonly person: Person;
  readonly held: Held;
  /** Path of the promotion's page. */
  readonly path: string;
  /** What was wrong with what was just sent. */
  readonly problem?: string | undefined;
  /** Whether another reason could be asked with. @default true */
  readonly isPossible?: boolean;
}

/** Asks an operator for the reason to go on during a freeze. */
export const OverridePage: FC<OverridePageProps> = ({
  promotion,
  person,
  held,
  path,
  problem,
  isPossible = true,
}) => (
  <Page
    title={`Go on: ${commitTitle(promotion)}`}
    person={person}
    here={`${path}/override`}
    section="promotions"
  >
    <div class="narrow">
      <p class="crumb">
        <a href={path}>Promotion</a> · Go on during the freeze
      </p>
      <h1>Go on during the freeze?</h1>
      <ChangeLine promotion={promotion} />
      {problem === undefined ? null : (
        <Notice kind="bad" title="Nothing was asked" reason="NotPossible">
          <p>
            <bdi>{visibleText(problem)}</bdi>
          </p>
        </Notice>
      )}
      <WholeTitle promotion={promotion} id="whole-title" />
      <Card id="override" title={commitTitle(promotion)}>
        <p>
          <bdi>{heldText(held)}</bdi>.
        </p>
        <p>
          One approver must confirm: somebody else than you, who made no part of the change. It holds for this
          promotion and for what holds it now. A freeze that begins later holds it again.
        </p>
        {isPossible ? (
          <ReasonForm
            action={`${path}/override`}
            known="mailed to QC and PMO"
            button="Ask to go on"
            back={{ text: 'Wait for the end of the freeze', path }}
          />
        ) : null}
      </Card>
    </div>
  </Page>
);

import type { FC } from 'hono/jsx';
import { progressCount } from '../../tasks/approvals/decisions.ts';
import { asksAboutImage } from '../../tasks/approvals/image-approval.ts';
import type { LockView } from '../../tasks/environment-locks/lock-view.ts';
import type { Absence, Approval, Person, Promotion } from '../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import type { Whereabouts } from '../../tasks/promotions/whereabouts.ts';
import { roleTitles, visibleText } from '../../tasks/words.ts';
import { duration } from '../format.ts';
import { AutoRefreshRegion, Page } from './layout.tsx';
import { Empty, PromotionRow, Row } from './list-parts.tsx';
import { Locks, locksSummary } from './locks.tsx';
import { Moment, tellsWhyItEnded } from './parts.tsx';
import { SearchForm } from './search.tsx';
import { UnreachedNotice, type UnreachedNoticeProps } from './unreached-notice.tsx';

/** An approval with the promotion that it belongs to. */
interface PendingApproval {
  readonly approval: Approval;
  readonly promotion: Promotion;
}

/** A page of what waits for the signed-in person. */
export interface PendingPageProps {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  /** Roles that the person may decide for. */
  readonly roles: readonly ApproverRole[];
  /** The absences in which the person does not decide. */
  readonly away: readonly Absence[];
  /** Approvers of these roles who get no mail about requests. */
  readonly unreached: UnreachedNoticeProps['unreached'];
  readonly pending: readonly PendingApproval[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
}

/** What waits for the signed-in person. */
export const PendingPage: FC<PendingPageProps> = (props) => (
  <Page title="Approvals" person={props.person} here={props.path} section="approvals">
    <div class="narrow">
      <h1>Waiting for you</h1>
      <PendingRegion {...props} />
    </div>
  </Page>
);

/** The part of the page that refreshes itself. */
export const PendingRegion: FC<PendingPageProps> = (props) => {
  const { roles, away, unreached, pending, total, page, pages, path, now } = props;
  const summary = total === 0 ? 'Nothing waits for you.' : `${total} waiting for you.`;
  return (
    // The start page may show what is live by the next time.
    <AutoRefreshRegion
      path={path.replace(/^\/(?=$|\?)/, '/approvals')}
      summary={summary}
      hasEnded={roles.length === 0}
    >
      {away.map(({ role, substitute, until }) => (
        <p>
          You are absent as {roleTitles[role]} until <Moment at={until} />.{' '}
          <bdi>{visibleText(substitute.name)}</bdi> decides. <a href="/absences">Absences</a>
        </p>
      ))}
      <UnreachedNotice unreached={unreached} />
      {roles.length === 0 && away.length > 0 ? null : roles.length === 0 ? (
        <Empty title="You are not an approver">
          <p>
            The groups QC and PMO approve promotions, and you are in neither. You can follow{' '}
            <a href="/promotions">all promotions</a>.
          </p>
        </Empty>
      ) : total === 0 ? (
        <Empty title="Nothing waits for you">
          <p>
            When a promotion needs approval by {roles.map((role) => roleTitles[role]).join(' or ')}, a mail is
            sent and the request appears here. <a href="/promotions">All promotions</a>
          </p>
        </Empty>
      ) : (
        <>
          <ol class="rows">
            {pending.map(({ approval, promotion }) => (
              <Row
                promotion={promotion}
                href={`/approvals/${encodeURIComponent(approval.approvalId)}`}
                chip={{ status: 'waiting', text: `Waiting for ${roleTitles[approval.role]}` }}
              >
                <p class="muted">
                  Requested <Moment at={approval.requestedAt} /> ·{' '}
                  <span class="together">{duration(Date.parse(approval.expiresAt) - now)} left</span>
                  {approval.count === 1 ? null : ` · ${progressCount(approval)}`}
                  {asksAboutImage(approval) ? ' · asked again, about the Prod image' : null}
                </p>
              </Row>
            ))}
          </ol>
          <Pager page={page} pages={pages} />
        </>
      )}
    </AutoRefreshRegion>
  );
};

const Pager: FC<{ page: number; pages: number }> = ({ page, pages }) =>
  pages < 2 ? null : (
    <nav class="pager" aria-label="Pages">
      {page > 1 ? (
        <a href={`/approvals?page=${page - 1}`} rel="prev">
          Previous
        </a>
      ) : null}
      <span class="muted">
        Page {page} of {pages}
      </span>
      {page < pages ? (
        <a href={`/approvals?page=${page + 1}`} rel="next">
          Next
        </a>
      ) : null}
    </nav>
  );

/** A page of promotions, newest first. */
export interface PromotionsPageProps {
  readonly person: Person;
  readonly path: string;
  readonly now: number;
  readonly promotions: readonly Promotion[];
  /** Where those that are in progress are, by id. */
  readonly whereabouts: ReadonlyMap<string, Whereabouts>;
  /** Who holds each environment's lock, and who waits for it. */
  readonly views: readonly LockView[];
  /** Token of the next page. */
  readonly next?: string | undefined;
}

/** Every promotion, newest first. */
export const PromotionsPage: FC<PromotionsPageProps> = (props) => (
  <Page title="Promotions" person={props.person} here={props.path} section="promotions">
    <div class="narrow">
      <h1>Promotions</h1>
      <SearchForm />
      <PromotionsRegion {...props} />
    </div>
  </Page>
);

/** The part of the page that refreshes itself. */
export const PromotionsRegion: FC<PromotionsPageProps> = ({
  promotions,
  whereabouts,
  views,
  next,
  path,
  now,
}) => (
  <AutoRefreshRegion
    path={path}
    summary={`${promotions.length} promotions shown. ${locksSummary(views)}`.trim()}
    hasEnded={false}
  >
    <Locks views={views} />
    {promotions.length === 0 ? (
      <Empty title="No promotions yet">
        <p>The first push to a watched branch starts one.</p>
      </Empty>
    ) : (
      <ol class="rows">
        {promotions.map((promotion) => (
          <PromotionRow promotion={promotion} whereabouts={whereabouts.get(promotion.promotionId)}>
            <p class="muted">
              Started <Moment at={promotion.startedAt} /> ·{' '}
              {promotion.endedAt
                ? `took ${duration(Date.parse(promotion.endedAt) - Date.parse(promotion.startedAt))}`
                : `${duration(now - Date.parse(promotion.startedAt))} so far`}
              {promotion.redrives > 0 ? ` · redriven ${promotion.redrives}×` : ''}
            </p>
            {tellsWhyItEnded(promotion) && promotion.cause ? (
              <p class="muted">
                <bdi>{visibleText(promotion.cause)}</bdi>
              </p>
            ) : null}
          </PromotionRow>
        ))}
      </ol>
    )}
    {next ? (
      <nav class="pager" aria-label="Pages">
        <a href={`/promotions?next=${encodeURIComponent(next)}`} rel="next">
          Older promotions
        </a>
      </nav>
    ) : null}
  </AutoRefreshRegion>
);

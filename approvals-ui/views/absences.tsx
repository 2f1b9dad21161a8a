import type { FC } from 'hono/jsx';
import {
  type AbsenceDenial,
  isActive,
  LONGEST_REASON,
  MOST_ABSENCE_DAYS,
} from '../../tasks/approvals/absence-rules.ts';
import { isSamePerson } from '../../tasks/approvals/same-person.ts';
import type { Absence, Person } from '../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../tasks/payloads.ts';
import { roleTitles, visibleText } from '../../tasks/words.ts';
import { GivenText } from './given-text.tsx';
import { Notice, Page, signInAddress } from './layout.tsx';
import { Card, Moment, StatusChip } from './parts.tsx';

/** What somebody typed into the form: shown again with what is wrong. */
export interface TypedAbsence {
  readonly role: string;
  readonly substitute: string;
  /** Days, such as `2026-12-24`. */
  readonly first: string;
  readonly last: string;
  readonly reason: string;
}

/** What the page of absences shows. */
export interface AbsencesPageProps {
  readonly person: Person;
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Roles that the person can hand over. */
  readonly roles: readonly ApproverRole[];
  /** Those that hold now or will. */
  readonly absences: readonly Absence[];
  /** Why what was just sent was not accepted. */
  readonly problem?: AbsenceDenial;
  readonly typed?: TypedAbsence;
}

/** Who is absent and who stands in, and the form to hand a role over. */
export const AbsencesPage: FC<AbsencesPageProps> = (props) => {
  const { person, path, roles, absences, problem } = props;
  return (
    <Page title="Absences" person={person} here={path} section="absences">
      <div class="narrow">
        <h1>Absences</h1>
        {problem === undefined ? null : (
          <Notice kind="bad" title="Nothing was changed" reason={problem.reason}>
            <p>
              <bdi>{visibleText(problem.message)}</bdi>
            </p>
            {problem.reason === 'SignInTooOld' ? (
              <p>
                <a href={signInAddress('/absences')}>Sign in again</a>
              </p>
            ) : null}
          </Notice>
        )}
        <p>
          A member of QC or PMO who is away hands the role to a substitute. Until the absence ends, the
          substitute decides and the absent member does not. The rules apply to both: neither may have made
          the change or approved the promotion in the other role.
        </p>
        {absences.length === 0 ? (
          <div class="empty">
            <p class="empty-title">Nobody is absent</p>
          </div>
        ) : (
          <ol class="rows">
            {absences.map((absence) => (
              <AbsenceRow absence={absence} person={person} now={props.now} />
            ))}
          </ol>
        )}
        {roles.length === 0 ? (
          <p class="muted">Only members of QC and PMO hand a role over.</p>
        ) : (
          <HandOverForm {...props} />
        )}
      </div>
    </Page>
  );
};

const AbsenceRow: FC<{ absence: Absence; person: Person; now: number }> = ({ absence, person, now }) => {
  const { role, absent, substitute, reason, from, until, setAt } = absence;
  const isNow = isActive(absence, new Date(now));
  return (
    <li class="row">
      <div>
        <h2>
          <bdi>{visibleText(substitute.name)}</bdi> for <bdi>{visibleText(absent.name)}</bdi>
        </h2>
        <p>
          <Moment at={from} /> to <Moment at={until} />
        </p>
        <div class="muted">
          <GivenText text={reason} /> · set <Moment at={setAt} />
        </div>
        {isSamePerson(absent, person) ? (
          <form method="post" action={`/absences/${encodeURIComponent(absence.absenceId)}/end`}>
            <button class="quiet" type="submit">
              {isNow ? `End it and decide as ${roleTitles[role]} again` : 'Cancel it'}
            </button>
          </form>
        ) : null}
      </div>
      <StatusChip
        status={isNow ? 'waiting' : 'idle'}
        text={`${roleTitles[role]} · ${isNow ? 'now' : 'later'}`}
      />
    </li>
  );
};

const HandOverForm: FC<AbsencesPageProps> = ({ roles, now, typed }) => {
  const today = new Date(now).toISOString().slice(0, 10);
  return (
    <Card id="hand-over" title="Hand your role to somebody">
      <form method="post" action="/absences">
        <label for="role">Role</label>
        <select id="role" name="role">
          {roles.map((role) => (
            <option value={role} selected={role === typed?.role}>
              {roleTitles[role]}
            </option>
          ))}
        </select>
        <label for="substitute">
          Substitute <span class="muted">(the user name that the person signs in with)</span>
        </label>
        <input
          id="substitute"
          name="substitute"
          type="text"
          required
          maxlength={128}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={typed?.substitute ?? ''}
        />
        <label for="first">
          First day <span class="muted">(UTC)</span>
        </label>
        <input id="first" name="first" type="date" required min={today} value={typed?.first ?? today} />
        <label for="last">
          Last day <span class="muted">(UTC; at most {MOST_ABSENCE_DAYS} days)</span>
        </label>
        <input id="last" name="last" type="date" required min={today} value={typed?.last ?? ''} />
        <label for="reason">
          Reason <span class="muted">(everybody who can sign in sees it)</span>
        </label>
        <input
          id="reason"
          name="reason"
          type="text"
          required
          maxlength={LONGEST_REASON}
          value={typed?.reason ?? ''}
        />
        <div class="buttons">
          <button class="primary" type="submit">
            Hand over
          </button>
        </div>
      </form>
    </Card>
  );
};

import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import { type DeclaredFreeze, MOST_DECLARED_DAYS } from '../../tasks/calendar/calendar.ts';
import { endText, type FrozenPeriod, type Held, heldText } from '../../tasks/calendar/hold-rules.ts';
import { zonedTime } from '../../tasks/calendar/local-time.ts';
import type { Person } from '../../tasks/ledger/items.ts';
import type { Asker, Environment } from '../../tasks/payloads.ts';
import { LONGEST_REASON } from '../../tasks/promotions/reason.ts';
import { environmentTitles, listed, visibleText } from '../../tasks/words.ts';
import { nameOfArn } from '../format.ts';
import { GivenText } from './given-text.tsx';
import { Notice, Page, signInAddress } from './layout.tsx';
import { Card, Moment, StatusChip } from './parts.tsx';

/** Stands for every application in the form. */
export const ALL_APPLICATIONS = '*';

/** What the calendar of one application holds. */
export interface ApplicationCalendar {
  readonly application: string;
  readonly environments: readonly {
    readonly environment: Environment;
    readonly held?: Held;
    /** What comes next. */
    readonly next: readonly FrozenPeriod[];
  }[];
  /** Declared freezes that hold now. */
  readonly declared: readonly DeclaredFreeze[];
  /** Declared freezes that are over, latest first. */
  readonly past: readonly DeclaredFreeze[];
}

/** What somebody typed into the form: shown again with what is wrong. */
export interface TypedFreeze {
  readonly application: string;
  readonly environment: string;
  readonly until: string;
  readonly reason: string;
}

/** What the page shows. */
export interface CalendarPageProps {
  readonly person: Person;
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Names of all applications. */
  readonly names: readonly string[];
  /** The only application that is shown. */
  readonly only?: string;
  readonly operator: OperatorRuling;
  readonly applications: readonly ApplicationCalendar[];
  /** Why what was just sent was not done. */
  readonly problem?: string;
  readonly typed?: TypedFreeze;
}

/** When environments are frozen, and the form to declare a freeze. */
export const CalendarPage: FC<CalendarPageProps> = (props) => {
  const { person, path, applications, problem, only, operator } = props;
  return (
    <Page title="Calendar" person={person} here={path} section="calendar">
      <div class="narrow">
        <h1>Calendar</h1>
        {problem === undefined ? null : (
          <Notice kind="bad" title="Nothing was changed" reason="NotPossible">
            <p>
              <bdi>{visibleText(problem)}</bdi>
            </p>
          </Notice>
        )}
        <p>
          While an environment is frozen, promotions wait before they begin with it. Approvals stay open, and
          what has begun ends.
        </p>
        {only === undefined ? null : (
          <p>
            <a href="/calendar">All applications</a>
          </p>
        )}
        {applications.map((one) => (
          <Application of={one} isOperator={operator.kind === 'ok'} />
        ))}
        <Declare {...props} />
      </div>
    </Page>
  );
};

const Application: FC<{ of: ApplicationCalendar; isOperator: boolean }> = ({ of, isOperator }) => (
  <Card id={`calendar-${of.application}`} title={of.application} class="calendar">
    {of.environments.map(({ environment, held, next }) => (
      <div data-calendar={environment}>
        <div class="title-row">
          <h3>{environmentTitles[environment]}</h3>
          <StatusChip
            status={held === undefined ? 'done' : 'waiting'}
            text={held === undefined ? 'Open' : 'Frozen'}
          />
        </div>
        <p>{held === undefined ? 'Promotions may begin now.' : `${heldText(held)}.`}</p>
        {next.length === 0 ? (
          <p class="muted">Nothing comes in the next four weeks.</p>
        ) : (
          <ul aria-label={`What comes next for ${environmentTitles[environment]}`}>
            {next.map((period) => (
              <li>
                {zonedTime(Date.parse(period.from), period.timeZone)} until {endText(period)}:{' '}
                <bdi>{visibleText(period.reasons.join('; '))}</bdi>
              </li>
            ))}
          </ul>
        )}
      </div>
    ))}
    {of.declared.map((freeze) => (
      <Declared freeze={freeze} isOperator={isOperator} />
    ))}
    {of.past.length === 0 ? null : (
      <details>
        <summary>Earlier freezes</summary>
        {of.past.map((freeze) => (
          <FreezeText freeze={freeze} />
        ))}
      </details>
    )}
  </Card>
);

const askerName = (by: Asker): string => (by.type === 'person' ? by.name : nameOfArn(by.arn));

const FreezeText: FC<{ freeze: DeclaredFreeze }> = ({ freeze }) => (
  <div class="paragraph">
    <GivenText text={freeze.reason} /> · {listed(freeze.environments.map((one) => environmentTitles[one]))},{' '}
    <Moment at={freeze.from} /> to <Moment at={freeze.until} /> · declared by{' '}
    <GivenText text={askerName(freeze.declaredBy)} />
    {freeze.ended === undefined ? null : (
      <>
        {' · ended '}
        <Moment at={freeze.ended.at} /> by <GivenText text={askerName(freeze.ended.by)} />:{' '}
        <GivenText text={freeze.ended.reason} />
      </>
    )}
  </div>
);

const Declared: FC<{ freeze: DeclaredFreeze; isOperator: boolean }> = ({ freeze, isOperator }) => (
  <div class="declared" data-freeze={freeze.freezeId}>
    <h3>Declared freeze</h3>
    <FreezeText freeze={freeze} />
    {isOperator ? (
      <details>
        <summary>End this freeze</summary>
        <form
          method="post"
          action={`/calendar/${encodeURIComponent(freeze.application)}/freezes/${encodeURIComponent(freeze.freezeId)}/end`}
        >
          <label for={`end-${freeze.freezeId}`}>
            Reason <span class="muted">(stored with your name)</span>
          </label>
          <input
            id={`end-${freeze.freezeId}`}
            name="reason"
            type="text"
            required
            maxlength={LONGEST_REASON}
          />
          <div class="buttons">
            <button class="danger" type="submit">
              End this freeze
            </button>
          </div>
        </form>
      </details>
    ) : null}
  </div>
);

const environmentChoices = [
  ['prod', 'Prod'],
  ['qat', 'QAT'],
  ['both', 'QAT and Prod'],
] as const;

const Declare: FC<CalendarPageProps> = ({ operator, names, only, now, typed }) => {
  if (operator.kind === 'denied')
    return operator.reason === 'SignInTooOld' ? (
      <p>
        <a href={signInAddress('/calendar')}>Sign in again to declare or end a freeze</a>
      </p>
    ) : (
      <p class="muted">Only operators declare and end freezes.</p>
    );
  const chosen = typed?.application ?? only ?? names[0];
  return (
    <Card id="declare" title="Declare a freeze">
      <form method="post" action="/calendar/freezes">
        <label for="application">Application</label>
        <select id="application" name="application">
          {names.map((name) => (
            <option value={name} selected={name === chosen}>
              {name}
            </option>
          ))}
          {names.length > 1 ? (
            <option value={ALL_APPLICATIONS} selected={chosen === ALL_APPLICATIONS}>
              All applications
            </option>
          ) : null}
        </select>
        <label for="environment">Environment</label>
        <select id="environment" name="environment">
          {environmentChoices.map(([value, text]) => (
            <option value={value} selected={value === typed?.environment}>
              {text}
            </option>
          ))}
        </select>
        <label for="until">
          End <span class="muted">(UTC; at most {MOST_DECLARED_DAYS} days ahead)</span>
        </label>
        <input
          id="until"
          name="until"
          type="datetime-local"
          required
          min={new Date(now).toISOString().slice(0, 16)}
          value={typed?.until ?? ''}
        />
        <label for="reason">
          Reason <span class="muted">(everybody who can sign in sees it, with your name)</span>
        </label>
        <input
          id="reason"
          name="reason"
          type="text"
          required
          maxlength={LONGEST_REASON}
          value={typed?.reason ?? ''}
        />
        <p class="muted">It begins at once. A promotion that has begun with the environment goes on.</p>
        <div class="buttons">
          <button class="primary" type="submit">
            Declare the freeze
          </button>
        </div>
      </form>
    </Card>
  );
};

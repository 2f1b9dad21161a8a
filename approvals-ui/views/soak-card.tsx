import type { FC } from 'hono/jsx';
import { sinceText } from '../../tasks/alarms/alarm-text.ts';
import type { AlarmStanding } from '../../tasks/alarms/alarms.ts';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import type { Promotion } from '../../tasks/ledger/items.ts';
import type { Soak } from '../../tasks/soak/soak-request.ts';
import { whyNotEnd } from '../../tasks/soak/soak-rules.ts';
import { askerName, listed } from '../../tasks/words.ts';
import { duration, nameOfArn } from '../format.ts';
import { StatusIcon } from '../graph/drawing.tsx';
import type { StepStatus } from '../graph/steps.ts';
import { GivenText } from './given-text.tsx';
import { signInAddress } from './layout.tsx';
import { Card, Moment } from './parts.tsx';

interface SoakCardProps {
  /** Set while Prod soaks. */
  readonly soak?: Soak;
  readonly promotion: Promotion;
  readonly now: number;
  /** Whether the person may act now. */
  readonly operator: OperatorRuling;
}

const MINUTE_MS = 60_000;

/** How long the soak still takes, in whole minutes: the page refreshes more often than it changes. */
const remaining = (until: string, now: number): string => {
  const left = Date.parse(until) - now;
  if (left <= 0) return 'It ends now.';
  return left < MINUTE_MS
    ? 'Less than a minute is left.'
    : `${duration(Math.ceil(left / MINUTE_MS) * MINUTE_MS)} left.`;
};

/** Prod after the cut-over: how long the old instances are still kept, which alarms watch, and what operators can do. */
export const SoakCard: FC<SoakCardProps> = ({ soak, now, promotion, operator }) => {
  if (soak === undefined) return null;
  const path = `/promotions/${encodeURIComponent(promotion.promotionId)}`;
  const { since, until, alarms, alarmsLeftOut = [], sentBack, soakEnded } = soak;
  const [from, to] = [Date.parse(since), Date.parse(until)];
  const passed = to > from ? Math.min(1, Math.max(0, (now - from) / (to - from))) : 1;
  const isOperator = operator.kind === 'ok' || operator.reason === 'SignInTooOld';
  return (
    <Card id="soak" title="Soak" class="soak-card">
      <p>
        The new instances have all of Prod's traffic since <Moment at={since} />. The old ones are kept until{' '}
        <Moment at={until} />. <strong>{remaining(until, now)}</strong>
      </p>
      <progress
        id="soak-progress"
        max={100}
        value={Math.round(passed * 100)}
        aria-label={`The soak: ${Math.round(passed * 100)} percent have passed`}
      ></progress>
      {alarms.length === 0 ? (
        <p>No alarm watches this deployment.</p>
      ) : (
        <>
          <p>If one of these alarms goes off, CodeDeploy sends the traffic back to the old instances:</p>
          <ul class="alarms">
            {alarms.map((alarm) => (
              <AlarmLine alarm={alarm} />
            ))}
          </ul>
        </>
      )}
      {alarmsLeftOut.length === 0 ? null : (
        <p>
          {listed(alarmsLeftOut)} {alarmsLeftOut.length === 1 ? 'was' : 'were'} on before the deployment
          began, and {alarmsLeftOut.length === 1 ? 'does' : 'do'} not watch it.
        </p>
      )}
      {sentBack ? (
        <p>
          <strong>The traffic is being sent back.</strong>{' '}
          <GivenText text={nameOfArn(askerName(sentBack.askedBy))} /> asked for it:{' '}
          <GivenText text={sentBack.reason} />
        </p>
      ) : null}
      {soakEnded ? (
        <p>
          <GivenText text={nameOfArn(askerName(soakEnded.askedBy))} /> ended the soak: CodeDeploy terminates
          the old instances.
        </p>
      ) : null}
      {isOperator ? <SoakActions operator={operator} path={path} soak={soak} /> : null}
    </Card>
  );
};

const alarmStatuses: Readonly<Record<AlarmStanding['state'], readonly [StepStatus, string]>> = {
  OK: ['done', 'quiet'],
  ALARM: ['failed', 'on'],
  INSUFFICIENT_DATA: ['idle', 'no data'],
};

const AlarmLine: FC<{ alarm: AlarmStanding }> = ({ alarm }) => {
  const [status, text] = alarmStatuses[alarm.state];
  return (
    <li>
      <StatusIcon status={status} />
      <div>
        <strong>{alarm.name}</strong>: {text}
        {alarm.state === 'ALARM' ? sinceText(alarm) : ''}
        {alarm.meaning === '' ? null : <div class="muted">{alarm.meaning}</div>}
      </div>
    </li>
  );
};

const SoakActions: FC<{ operator: OperatorRuling; soak: Soak; path: string }> = ({
  operator,
  soak,
  path,
}) => {
  const sendBack = `${path}/send-back`;
  if (operator.kind !== 'ok')
    return (
      <p>
        <a href={signInAddress(path)}>Sign in again to send traffic back or end the soak</a>
      </p>
    );
  const obstacle = whyNotEnd(soak);
  return (
    <div class="buttons">
      <a class="danger" href={sendBack}>
        {/* It was recorded before CodeDeploy was called: that call may have failed. */}
        {soak.sentBack ? 'Ask CodeDeploy again to send it back…' : 'Send traffic back now…'}
      </a>
      {soak.soakEnded || soak.sentBack ? null : (
        <form method="post" action={`${path}/end-soak`}>
          <button
            id="end-soak"
            class="primary"
            type="submit"
            disabled={obstacle !== undefined}
            {...(obstacle !== undefined && { 'aria-describedby': 'soak-not-quiet' })}
          >
            End the soak
          </button>
        </form>
      )}
      {obstacle === undefined ? null : (
        <p id="soak-not-quiet" class="muted">
          {obstacle}
        </p>
      )}
    </div>
  );
};

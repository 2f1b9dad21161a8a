import type { FC } from 'hono/jsx';
import type { OperatorRuling } from '../../tasks/approvals/operator-rules.ts';
import { runbookText } from '../../tasks/redrive/advice-text.ts';
import { type AdvicePoint, adviceTitles, type RedriveAdvice } from '../../tasks/redrive/redrive-advice.ts';
import { visibleText } from '../../tasks/words.ts';
import { signInAddress } from './layout.tsx';
import { Card, Fact } from './parts.tsx';

/** What the redrive card shows. */
interface RedriveCardProps {
  readonly promotionId: string;
  /** Whether the person may redrive now. */
  readonly operator: OperatorRuling;
  readonly advice: RedriveAdvice;
  /** Whether alarms kept it out of Prod: it can also be redriven despite them. */
  readonly isHeldByAlarms?: boolean;
  /** Path of the page, to return to after another sign-in. */
  readonly path: string;
}

/** Whether and how to redrive, for everybody; with a button for operators. */
export const RedriveCard: FC<RedriveCardProps> = (props) => {
  const { advice } = props;
  return (
    <Card id="redrive" title="Redrive" class="redrive-card" data-verdict={advice.verdict}>
      <p id="redrive-verdict">
        {visibleText(advice.sentence)}
        <Runbook heading={advice.heading} />
      </p>
      {advice.points.length === 0 ? null : (
        <dl class="facts">
          {grouped(advice.points).map((points) => (
            <Fact name={adviceTitles[points[0].about]}>
              {points.map(({ text, heading, isWarning }) => (
                <div class={isWarning ? 'careful' : undefined}>
                  {isWarning ? <strong>Careful: </strong> : null}
                  <bdi>{visibleText(text)}</bdi>
                  <Runbook heading={heading} />
                </div>
              ))}
            </Fact>
          ))}
        </dl>
      )}
      <RedriveButton {...props} />
      {props.isHeldByAlarms && advice.mayRedrive && props.operator.kind === 'ok' ? (
        <p class="redrive">
          <a href={`/promotions/${encodeURIComponent(props.promotionId)}/despite-alarms`}>
            Redrive despite the alarms…
          </a>
        </p>
      ) : null}
    </Card>
  );
};

/** Groups neighboring points about the same thing. */
const grouped = (points: readonly AdvicePoint[]): (readonly [AdvicePoint, ...AdvicePoint[]])[] => {
  const groups: [AdvicePoint, ...AdvicePoint[]][] = [];
  for (const point of points) {
    const last = groups.at(-1);
    if (last?.[0].about === point.about) last.push(point);
    else groups.push([point]);
  }
  return groups;
};

const Runbook: FC<{ heading: string | undefined }> = ({ heading }) =>
  heading === undefined ? null : <span class="muted"> See {runbookText(heading)}.</span>;

const RedriveButton: FC<RedriveCardProps> = ({ promotionId, operator, advice, path }) => {
  const { mayRedrive, resumesAt } = advice;
  const text = `Redrive from ${resumesAt?.state ?? 'where it failed'}`;
  const reason = operator.kind === 'denied' ? operator.reason : undefined;
  if (reason === 'NotInRole')
    return mayRedrive ? <p class="muted">An operator can redrive it from here.</p> : null;
  if (!mayRedrive)
    return (
      <p class="redrive">
        <button class="primary" type="button" disabled aria-describedby="redrive-verdict">
          {resumesAt === undefined ? 'Redrive' : text}
        </button>
      </p>
    );
  if (reason === 'SignInTooOld')
    return (
      <p class="redrive">
        <a class="primary" href={signInAddress(path)}>
          Sign in again to redrive
        </a>
      </p>
    );
  return (
    <form method="post" action={`/promotions/${encodeURIComponent(promotionId)}/redrive`} class="redrive">
      <button id="redrive" class="primary" type="submit">
        {text}
      </button>
    </form>
  );
};

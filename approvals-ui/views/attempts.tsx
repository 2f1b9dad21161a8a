import type { FC } from 'hono/jsx';
import type { Attempt } from '../../tasks/executions/progress.ts';
import { fitCause } from '../../tasks/failure-cause.ts';
import type { Job, Promotion } from '../../tasks/ledger/items.ts';
import { visibleLines } from '../../tasks/words.ts';
import type { ConsoleLinks } from '../console-links.ts';
import { clockTime, duration } from '../format.ts';
import { StatusIcon, statusNames } from '../graph/drawing.tsx';
import type { PromotionGraph, StepStatus } from '../graph/steps.ts';
import { Card, ConsoleLink } from './parts.tsx';

/** A cause as it was told, cut in the middle if it is very long (the console has it whole). */
export const CauseText: FC<{ label: string; text: string; longest: number }> = ({ label, text, longest }) => (
  <section class="cause" tabindex={0} aria-label={label}>
    <pre>{visibleLines(fitCause(text, longest))}</pre>
  </section>
);

const attemptStatuses: Record<Attempt['status'], StepStatus> = {
  RUNNING: 'running',
  SUCCEEDED: 'done',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  ABORTED: 'stopped',
};

/** Every attempt of every state, by start. */
export const Attempts: FC<{
  promotion: Promotion;
  graph: PromotionGraph;
  jobs: readonly Job[];
  links: ConsoleLinks;
  now: number;
}> = ({ promotion, graph, jobs, links, now }) => {
  const { attempts } = graph.progress;
  const stepOf = new Map(graph.steps.map((step) => [step.name, step]));
  return (
    <Card id="attempts" title="Steps">
      <ol class="attempts">
        {attempts.map((attempt, index) => {
          const step = stepOf.get(attempt.state);
          const isLast = step?.attempts.at(-1)?.number === attempt.number;
          const status = isLast && step ? step.status : attemptStatuses[attempt.status];
          const job = jobs.find(
            ({ state, startedAt, endedAt }) =>
              state === attempt.state && overlaps(attempt, startedAt, endedAt),
          );
          return (
            <li>
              <StatusIcon status={status} />
              <div>
                <strong>{attempt.state}</strong>
                {attempt.number > 1 ? <span class="tag">attempt {attempt.number}</span> : null}
                <span class="unseen"> {statusNames[status]}</span>
                <div class="muted">
                  <time datetime={new Date(attempt.startedAt).toISOString()}>
                    {clockTime(attempt.startedAt)}
                  </time>
                  {step?.type === 'Task'
                    ? ` · ${duration((attempt.endedAt ?? now) - attempt.startedAt)}`
                    : null}
                  {job?.externalId ? (
                    <>
                      {' · '}
                      <ConsoleLink href={links.job(promotion, job)} text={lastPart(job.externalId)} />
                    </>
                  ) : null}
                </div>
                {job?.imageChoice ? <div class="muted">{visibleLines(job.imageChoice.sentence)}</div> : null}
                {attempt.error && attempt.cause ? (
                  <details id={`cause-${index}`}>
                    <summary>
                      <code>{attempt.error}</code>
                    </summary>
                    <CauseText label={`Cause, ${attempt.state}`} text={attempt.cause} longest={2000} />
                  </details>
                ) : attempt.error ? (
                  <div>
                    <code>{attempt.error}</code>
                  </div>
                ) : null}
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
};

/** Whether a job ran during an attempt (a redriven state may attach to a running job). */
const overlaps = (attempt: Attempt, startedAt: string, endedAt: string | undefined): boolean =>
  Date.parse(startedAt) <= (attempt.endedAt ?? Number.POSITIVE_INFINITY) &&
  (endedAt === undefined || Date.parse(endedAt) >= attempt.startedAt);

/** The end of an external id: build version, refresh id or run id. */
const lastPart = (externalId: string): string => externalId.split('/').slice(-2).join('/');

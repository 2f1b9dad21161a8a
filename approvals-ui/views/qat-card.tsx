import type { FC } from 'hono/jsx';
import type { Review } from '../../tasks/approvals/review.ts';
import { visibleText } from '../../tasks/words.ts';
import { duration } from '../format.ts';
import type { ApprovalPageProps } from './approval-props.ts';
import { Images } from './image-comparison.tsx';
import { LaterNotice } from './later-vulnerabilities.tsx';
import { Notice } from './layout.tsx';
import { Card, ConsoleLink, Fact, Moment, StatusChip } from './parts.tsx';
import { Vulnerabilities } from './vulnerabilities.tsx';

/** The address comes from a service's answer: it must not become a link that runs script. */
const isWebAddress = (url: string): boolean => /^https?:\/\//.test(url);

/** What runs on QAT: its image compared with Prod's, the results of deployment and checks, and its address. */
export const QatCard: FC<ApprovalPageProps> = ({ approval, promotion, jobs, links, later }) => {
  const { qatImageId, qatDeploymentId, qatTestsUrl, qatLoadTestUrl, built } = approval.candidate;
  const { review } = approval;
  const asked = Date.parse(approval.requestedAt);
  const before = jobs.filter((job) => Date.parse(job.startedAt) <= asked);
  return (
    <Card id="qat" title={review.goBack ? 'Results on QAT when it was promoted' : 'Results on QAT'}>
      <dl class="facts">
        {/* Of a go-back, these are the results of then: QAT runs something newer by now. */}
        {review.goBack ? null : (
          <Fact name="Try it">
            {review.qatUrl ? (
              <a href={review.qatUrl} rel="noreferrer">
                The application on QAT
              </a>
            ) : (
              'The address of the QAT application is not configured'
            )}
          </Fact>
        )}
        <Fact name="Deployment">
          <ConsoleLink href={links.deployment(promotion, qatDeploymentId)} text={qatDeploymentId} />
        </Fact>
        {qatTestsUrl && isWebAddress(qatTestsUrl) ? (
          <Fact name="Tests">
            <ConsoleLink href={qatTestsUrl} text="Report and log" />
          </Fact>
        ) : null}
        {qatLoadTestUrl && isWebAddress(qatLoadTestUrl) ? (
          <Fact name="Load test">
            <ConsoleLink href={qatLoadTestUrl} text="Report and log" />
          </Fact>
        ) : null}
        <Fact name="Image">{qatImageId}</Fact>
        {built === undefined ? null : (
          <Fact name="Built revision">
            <code class="long">{built.key}</code>, version <code class="long">{built.version}</code>, SHA-256{' '}
            <code class="long">{built.sha256}</code>. Prod gets the same archive.
          </Fact>
        )}
      </dl>
      <ul class="outcomes">
        {before.map((job) => (
          <li>
            <StatusChip
              status={job.status === 'SUCCEEDED' ? 'done' : job.status === 'FAILED' ? 'failed' : 'running'}
              text={job.state}
            />
            <span class="muted">
              {job.endedAt ? `${duration(Date.parse(job.endedAt) - Date.parse(job.startedAt))} · ` : ''}
              <Moment at={job.startedAt} />
              {job.imageChoice ? ` · ${visibleText(job.imageChoice.sentence)}` : ''}
            </span>
          </li>
        ))}
      </ul>
      <Tests tests={review.tests} />
      {review.untriedHooks === undefined ? null : <UntriedHooks hooks={review.untriedHooks} />}
      {review.appSpecWarnings === undefined ? null : <AppSpecWarnings warnings={review.appSpecWarnings} />}
      <Images images={review.images} packages={review.packages} />
      <LaterNotice later={later} />
      {review.vulnerabilities === undefined ? null : (
        <Vulnerabilities vulnerabilities={review.vulnerabilities} />
      )}
    </Card>
  );
};

const UntriedHooks: FC<{ hooks: NonNullable<Review['untriedHooks']> }> = ({ hooks }) => (
  <Notice kind="warning" title="QAT cannot try a part of this change">
    <p>
      This commit adds or changes what these hooks need. QAT never runs them: they run in Prod when the next
      promotion replaces this one, and if one fails, that promotion fails.
    </p>
    <ul>
      {hooks.map(({ name, files }) => (
        <li>
          {name}:{' '}
          {files.map((file, index) => (
            <>
              {index === 0 ? '' : ', '}
              <code class="long">
                <bdi>{visibleText(file)}</bdi>
              </code>
            </>
          ))}
        </li>
      ))}
    </ul>
  </Notice>
);

const AppSpecWarnings: FC<{ warnings: NonNullable<Review['appSpecWarnings']> }> = ({ warnings }) => (
  <Notice kind="warning" title="Look at appspec.yml">
    <p>CodeDeploy deployed this revision to QAT, but this is probably not what its authors mean.</p>
    <ul>
      {warnings.map((warning) => (
        <li>
          <bdi>{visibleText(warning)}</bdi>
        </li>
      ))}
    </ul>
  </Notice>
);

const Tests: FC<{ tests: Review['tests'] }> = ({ tests }) => (
  <>
    <h3>Deployment steps and checks</h3>
    {tests.length === 0 ? <p class="muted">No report.</p> : null}
    {tests.map(({ instanceId, status, events }) => (
      <details id={`tests-${instanceId}`}>
        <summary>
          {instanceId}: {status.toLowerCase()},{' '}
          {events.filter((event) => event.status === 'Succeeded').length} of {events.length} steps succeeded
        </summary>
        <ul class="outcomes">
          {events.map((event) => (
            <li>
              <StatusChip
                status={event.status === 'Succeeded' ? 'done' : event.status === 'Failed' ? 'failed' : 'idle'}
                text={event.name}
              />
            </li>
          ))}
        </ul>
      </details>
    ))}
  </>
);

import type { FC } from 'hono/jsx';
import type { InstanceStatus } from '../../tasks/drift/environment-status.ts';
import type { Lineage, LivePlace, Place } from '../../tasks/lineage/lineage.ts';
import { hasText, summaryOf } from '../../tasks/lineage/lineage-text.ts';
import type { Release } from '../../tasks/promotions/releases.ts';
import {
  approverRoles,
  commitTitle,
  environmentTitles,
  shortCommit,
  visibleText,
} from '../../tasks/words.ts';
import { Approvers } from './approvers.tsx';
import { FoldedList } from './folded-list.tsx';
import { BadChip } from './marks.tsx';
import { Fact, Moment } from './parts.tsx';

/** Whether it may be no package at all: any word can be one, and a name of somebody as well. */
export const isGuess = ({ question, live, earlier }: Lineage): boolean =>
  question.kind === 'package' && question.version === undefined && live.length + earlier.length === 0;

/** Where something is live, since when, by which promotion, and who approved it. */
export const LineageSection: FC<{ lineage: Lineage }> = ({ lineage }) => {
  const { live, earlier, gaps } = lineage;
  const unsure = [...gaps.live, ...gaps.earlier];
  const list = (
    <ul class="gaps">
      {unsure.map((one) => (
        <li>{visibleText(one)}</li>
      ))}
    </ul>
  );
  return (
    <section class="lineage" aria-labelledby="lineage">
      <h2 id="lineage">Where it is live</h2>
      <p class={isGuess(lineage) ? 'muted' : undefined}>{visibleText(summaryOf(lineage).join(' '))}</p>
      {live.map((place) => (
        <LiveCard place={place} />
      ))}
      {earlier.length === 0 ? null : (
        <>
          <h3>Prod can go back to</h3>
          <FoldedList items={earlier} name="earlier releases" list="plain">
            {(place) => <EarlierEntry place={place} />}
          </FoldedList>
        </>
      )}
      {unsure.length === 0 ? null : isGuess(lineage) ? (
        <details id="not-looked-at">
          <summary>{unsure.length} not looked at, or not certain</summary>
          {list}
        </details>
      ) : (
        <>
          <h3>Not looked at, or not certain</h3>
          {list}
        </>
      )}
    </section>
  );
};

const ReleaseLink: FC<{ release: Release }> = ({ release }) => (
  <>
    <a href={`/promotions/${encodeURIComponent(release.promotionId)}`}>{commitTitle(release)}</a>{' '}
    <BadChip bad={release.bad} />
  </>
);

const LiveCard: FC<{ place: LivePlace }> = ({ place }) => {
  const { release, known, instances, lookedAt, onlyInstances } = place;
  const { application, environment, commitId, deployedAt, images, deploymentId, approvedBy } = release;
  const has = hasText(place);
  const name = `${environmentTitles[environment]} of ${application}`;
  return (
    <section class="card" aria-label={name} data-lineage={`${application} ${environment}`}>
      <h3>
        {environmentTitles[environment]} of <bdi>{application}</bdi>
      </h3>
      {onlyInstances ? (
        <p>Only the instances below have it. They run something else than the release.</p>
      ) : null}
      <dl class="facts">
        {has === undefined ? null : <Fact name="Has">{visibleText(has)}</Fact>}
        <Fact name="Since">
          <Moment at={deployedAt} />
        </Fact>
        <Fact name="Promotion">
          <ReleaseLink release={release} />
        </Fact>
        <Fact name="Approved by">
          {approverRoles.every((role) => approvedBy[role].length === 0) ? (
            <span class="muted">nobody yet</span>
          ) : (
            <Approvers release={release} />
          )}
        </Fact>
        <Fact name="Commit">
          <code>{shortCommit(commitId)}</code>
        </Fact>
        <Fact name="Image">
          <code>{images[environment] ?? 'not known'}</code>
        </Fact>
        <Fact name="Deployment">
          <code>{deploymentId}</code>
        </Fact>
        {instances.length === 0 ? null : (
          <Fact name="Instances">
            <FoldedList items={instances} name={`instances of ${name}`} list="plain">
              {(one) => <InstanceEntry instance={one} />}
            </FoldedList>
            {lookedAt === undefined ? null : (
              <span class="muted">
                Looked at on <Moment at={lookedAt} />
              </span>
            )}
          </Fact>
        )}
      </dl>
      <p class="muted">{known}</p>
    </section>
  );
};

const states: Readonly<Record<InstanceStatus['state'], string>> = {
  serves: 'serves',
  starting: 'is starting',
  idle: 'takes no requests',
  leaving: 'is being removed',
};

const InstanceEntry: FC<{ instance: InstanceStatus }> = ({ instance: { instanceId, state, drift } }) => (
  <li data-instance={instanceId}>
    <code>{instanceId}</code> {states[state]}
    {drift.length === 0 ? null : <> · drifted: {drift.map((one) => visibleText(`it ${one}`)).join('; ')}</>}
  </li>
);

const EarlierEntry: FC<{ place: Place }> = ({ place }) => {
  const { release } = place;
  const has = hasText(place);
  return (
    <li data-earlier={release.promotionId}>
      <ReleaseLink release={release} />{' '}
      <span class="muted">
        {release.application} · <code>{shortCommit(release.commitId)}</code> · promoted on{' '}
        <Moment at={release.deployedAt} />
        {has === undefined ? null : ` · ${visibleText(has)}`}
      </span>
    </li>
  );
};

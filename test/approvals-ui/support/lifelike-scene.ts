import type { EnvironmentStatus } from '../../../tasks/drift/environment-status.ts';
import { lockMessage, supersededBy, withdrawnFor } from '../../../tasks/environment-locks/messages.ts';
import type { Approval, Job, Promotion } from '../../../tasks/ledger/items.ts';
import { stateNames as names } from '../../../workflows/state-names.ts';
import {
  aDecision,
  anAbsence,
  anApproval,
  aPerson,
  approvedBy,
  rejectedBy,
} from '../../tasks/doubles/samples.ts';
import { createHistory, type History } from './history.ts';
import {
  at,
  type Commit,
  commits,
  DAY,
  deployment,
  image,
  imageFailure,
  MINUTE,
  type Name,
  requestId,
  reviewOf,
  SECOND,
  toDeployment,
  toPmo,
  toProd,
  toQc,
} from './lifelike.ts';
import { imageReview, secretScan } from './lifelike-image.ts';
import type { createScene } from './scene.ts';

type Scene = ReturnType<typeof createScene>;

const contender = ({ promotionId, executionArn, commitId, startedAt }: Commit, since: string) => ({
  promotionId,
  executionArn,
  commitId,
  pushedAt: startedAt,
  startedAt,
  redrives: 0,
  since,
});

/** What was seen of the shop's Prod a minute ago: all runs what is live. */
export const liveStatus = (now: number): EnvironmentStatus => {
  const { promotionId, commitId } = commits.live;
  const release = {
    promotionId,
    commitId,
    imageId: image(`prod ${commitId}`),
    deploymentId: deployment(`prod ${commitId}`),
  };
  return {
    application: 'shop',
    environment: 'prod',
    at: at(now - MINUTE),
    region: 'us-east-1',
    release,
    unread: [],
    instances: ['i-0a1b2c3d4e5f60718', 'i-0b1c2d3e4f5061728'].map((instanceId) => ({
      instanceId,
      state: 'serves',
      imageId: release.imageId,
      delivery: { deploymentId: release.deploymentId, at: at(now - DAY), isExpected: true, commitId },
      drift: [],
    })),
    unlisted: 0,
    alarms: [],
    told: [],
  };
};

/** Puts everything that the pages may have to show into a scene: some days in the work of four teams. */
export const fillScene = async (scene: Scene): Promise<void> => {
  const { ledger } = scene;

  const promote = async (
    name: Name,
    status: Promotion['status'],
    write: (history: History) => History,
    change: Partial<Promotion> = {},
  ) => {
    const { commitId, startedAt } = commits[name];
    const history = write(createHistory(Date.parse(startedAt)));
    const endedAt = history.events.at(-1)?.timestamp?.getTime() ?? 0;
    const hasEnded = status !== 'RUNNING';
    const { error, cause } = change;
    await scene.addPromotion(
      {
        ...commits[name],
        status,
        images: { qat: image(commitId) },
        deployments: { qat: deployment(commitId) },
        ...(hasEnded ? { endedAt: at(endedAt) } : {}),
        ...change,
      },
      () => history,
      {
        ...(['RUNNING', 'SUCCEEDED', 'TIMED_OUT'].includes(status) ? {} : { status: 'FAILED' }),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      },
    );
  };

  const ask = (name: Name, change: Partial<Approval> = {}) => {
    const { application, commitId, promotionId, pushedBy, startedAt } = commits[name];
    const { role = 'qc' } = change;
    // QAT takes 19 minutes, and QC 12.
    const requestedAt = Date.parse(startedAt) + (role === 'qc' ? 19 : 31) * MINUTE;
    return ledger.addApproval(
      anApproval({
        approvalId: requestId(name, role),
        promotionId,
        application,
        role,
        state: role === 'qc' ? names.qcApproval : names.pmoApproval,
        candidate: {
          application,
          commitId,
          branch: 'main',
          pushedBy,
          qatImageId: image(commitId),
          qatInventory: 'e'.repeat(64),
          qatDeploymentId: deployment(commitId),
        },
        review: reviewOf(commits[name], scene.dependencies.configurationVersion(application)),
        requestedAt: at(requestedAt),
        expiresAt: at(requestedAt + 7 * DAY),
        ...change,
      }),
    );
  };

  const decided = (name: Name, person: string, minutes: number, comment?: string) =>
    [
      aPerson(person),
      {
        at: at(Date.parse(commits[name].startedAt) + minutes * MINUTE),
        ...(comment === undefined ? {} : { comment }),
      },
    ] as const;
  const approved = (...how: Parameters<typeof decided>) => approvedBy(...decided(...how));

  const addJob = (name: Name, state: string, kind: Job['kind'], externalId: string, change: Partial<Job>) =>
    ledger.addJob({
      promotionId: commits[name].promotionId,
      application: commits[name].application,
      state,
      attempt: 1,
      kind,
      parameters: {},
      clientToken: `client token of ${externalId}`,
      taskToken: `task token of ${externalId}`,
      stateAttempt: 0,
      status: 'SUCCEEDED',
      externalId,
      startedAt: commits[name].startedAt,
      ...change,
    });

  const { live } = commits;
  await promote(
    'live',
    'SUCCEEDED',
    (history) =>
      toDeployment(history)
        .wait(17 * MINUTE)
        .exit(names.deployToProd)
        .done(names.verifyProd, 4 * SECOND)
        .enter(names.promoted, 'Succeed')
        .succeeded(),
    {
      images: { qat: image(live.commitId), prod: image(`prod ${live.commitId}`) },
      deployments: { qat: deployment(live.commitId), prod: deployment(`prod ${live.commitId}`) },
      verifiedInstances: ['i-0a1b2c3d4e5f60718', 'i-0b1c2d3e4f5061728'],
    },
  );
  await ask('live', approved('live', 'quinn', 31));
  await ask('live', { role: 'pmo', ...approved('live', 'parker', 36) });
  const afterLive = (minutes: number) => at(Date.parse(live.startedAt) + minutes * MINUTE);
  await addJob('live', names.buildProdImage, 'image-build', 'build of live', {
    output: { imageId: image(`prod ${live.commitId}`) },
    endedAt: afterLive(49),
  });
  for (const [environment, minutes] of [
    ['qat', 19],
    ['prod', 62],
  ] as const)
    await addJob(
      'live',
      environment === 'qat' ? names.deployToQat : names.deployToProd,
      'pipeline-run',
      `run of live to ${environment}`,
      {
        parameters: { pipelineName: `lockstep-shop-${environment}`, environment },
        output: {
          pipelineExecutionId: `run to ${environment}`,
          deploymentId: deployment(environment === 'qat' ? live.commitId : `prod ${live.commitId}`),
        },
        endedAt: afterLive(minutes),
      },
    );
  await ledger.noteLive({ application: 'shop', promotionId: live.promotionId, since: afterLive(62) });
  await ledger.replaceEnvironmentStatus(undefined, liveStatus(scene.dependencies.now()));

  // The promotion that is in Prod at the moment, and who decided.
  await promote('running', 'RUNNING', toDeployment, {
    images: { qat: image(commits.running.commitId), prod: image(`prod ${commits.running.commitId}`) },
  });
  await ask(
    'running',
    approved('running', 'quinn', 31, 'Tried with three addresses on QAT, one of them abroad.'),
  );
  await ask('running', {
    role: 'pmo',
    ...approved('running', 'parker', 36, 'Announced to the shops for noon.'),
  });
  const startOf = (minutes: number) => at(Date.parse(commits.running.startedAt) + minutes * MINUTE);
  await addJob(
    'running',
    names.buildQatImage,
    'image-build',
    'arn:aws:imagebuilder:us-east-1:123456789012:image/shop-qat/1.5.0/7',
    {
      startedAt: startOf(0.1),
      endedAt: startOf(12.7),
    },
  );
  await addJob(
    'running',
    names.deployToProd,
    'pipeline-run',
    'lockstep-shop-prod/4c1f6a0e-93d2-4b7a-8c55-0d9e2f6b7a31',
    {
      status: 'RUNNING',
      startedAt: startOf(47.2),
    },
  );
  await ledger.addDenial({
    promotionId: commits.running.promotionId,
    approvalId: requestId('running'),
    role: 'qc',
    person: { subject: 'sub-of-olga', name: 'olga', verifiedEmail: '' },
    reason: 'NotInRole',
    at: startOf(28),
  });

  // Requests that are open, of four applications.
  await promote('open', 'RUNNING', (history) => toQc(history, 2 * MINUTE));
  await ask('open', {
    review: {
      ...reviewOf(commits.open, scene.dependencies.configurationVersion('shop')),
      ...imageReview,
      secretScan,
    },
  });
  await promote('pmo', 'RUNNING', toPmo);
  await ask('pmo', approved('pmo', 'quinn', 31));
  await ask('pmo', {
    role: 'pmo',
    review: {
      ...reviewOf(commits.pmo, scene.dependencies.configurationVersion('billing')),
      gaps: ['The image in Prod: ThrottlingException: Rate exceeded'],
    },
    count: 2,
    decisions: [aDecision(...decided('pmo', 'parker', 40, 'The shop agrees.'))],
  });
  await promote('own', 'RUNNING', toQc);
  await ledger.addAbsence(
    anAbsence(aPerson('parker'), aPerson('olga'), { role: 'pmo', absenceId: 'parker' }),
  );
  await ledger.addAbsence(
    anAbsence(aPerson('sam'), aPerson('quinn'), {
      absenceId: 'sam',
      from: '2026-12-20T00:00:00.000Z',
      until: '2027-01-04T00:00:00.000Z',
      reason: 'Holiday at the end of the year',
    }),
  );
  await ask('own');
  await promote('changed', 'RUNNING', toQc);
  await ask('changed', { review: reviewOf(commits.changed, 'c0ffee000000') });

  // Ends of every kind.
  const by = commits.failed;
  await promote(
    'superseded',
    'SUPERSEDED',
    (history) =>
      toQc(history)
        .wait(11 * MINUTE)
        .taskFailed('Superseded', supersededBy(by))
        .exit(names.qcApproval)
        .enter(names.superseded, 'Fail')
        .executionFailed('Superseded', supersededBy(by)),
    { error: 'Superseded', cause: supersededBy(by) },
  );
  await ask('superseded', {
    status: 'WITHDRAWN',
    withdrawnBecause: withdrawnFor(by),
    supersededBy: { promotionId: by.promotionId, commitId: by.commitId, at: by.startedAt },
  });
  await promote(
    'failed',
    'FAILED',
    (history) =>
      toProd(history)
        .enter(names.buildProdImage)
        .schedule()
        .wait(251 * SECOND)
        .taskFailed('ImageBuildFailed', imageFailure)
        .executionFailed('ImageBuildFailed', imageFailure),
    { error: 'ImageBuildFailed', cause: imageFailure },
  );
  await ask('failed', approved('failed', 'quinn', 31, 'Three test orders reached the right warehouse.'));
  await ask('failed', { role: 'pmo', ...approved('failed', 'parker', 36) });
  const stale = lockMessage('Stale', 'prod', commits.live);
  await promote(
    'stale',
    'STALE',
    (history) =>
      toPmo(history)
        .wait(61 * MINUTE)
        .exit(names.pmoApproval)
        .choose(names.didPmoApprove)
        .enter(names.lockProd)
        .schedule()
        .taskFailed('Stale', stale)
        .exit(names.lockProd)
        .enter(names.stale, 'Fail')
        .executionFailed('Stale', stale),
    { error: 'Stale', cause: stale },
  );
  await ask('stale', approved('stale', 'quinn', 31));
  await ask('stale', { role: 'pmo', ...approved('stale', 'parker', 92) });
  await promote(
    'rejected',
    'REJECTED',
    (history) =>
      toQc(history)
        .wait(22 * MINUTE)
        .exit(names.qcApproval)
        .choose(names.didQcApprove)
        .enter(names.rejected, 'Fail')
        .executionFailed('Rejected'),
    { error: 'Rejected' },
  );
  await ask('rejected', {
    ...rejectedBy(...decided('rejected', 'quinn', 41, 'The sum is wrong when two gifts are in the cart.')),
  });
  await promote('expired', 'FAILED', (history) =>
    toQc(history)
      .wait(7 * DAY)
      .taskTimedOut()
      .executionFailed('States.Timeout'),
  );
  await ask('expired', { status: 'EXPIRED' });
  await promote(
    'long',
    'FAILED',
    (history) => toQc(history).taskFailed('Busy', 'x'.repeat(400)).executionFailed('Busy'),
    {
      application: 'an-application-with-a-rather-long-name',
    },
  );

  // Who works on what, and who waits.
  await promote('waiting', 'RUNNING', (history) => history.wait(1200).enter(names.lockQat).schedule(), {
    images: {},
    deployments: {},
  });
  const hold = async (
    environment: 'qat' | 'prod',
    holder: Commit,
    since: string,
    waiting: readonly Commit[] = [],
  ) => {
    const lock = await ledger.lock(holder.application, environment);
    await ledger.replaceLock(lock, {
      ...lock,
      holder: contender(holder, since),
      ...(environment === 'qat' && {
        pointedBy: { promotionId: holder.promotionId, commitId: holder.commitId },
      }),
      waiting: waiting.map((commit) => ({
        ...contender(commit, commit.startedAt),
        taskToken: `task token of ${commit.promotionId}`,
        stateAttempt: 0,
      })),
    });
  };
  await hold('qat', commits.open, '2026-11-22T10:00:13.000Z', [commits.waiting]);
  for (const name of ['open', 'pmo'] as const) {
    const minutes = (count: number) => at(Date.parse(commits[name].startedAt) + count * MINUTE);
    await addJob(name, names.buildQatImage, 'image-build', `build of ${name}`, {
      output: { imageId: image(commits[name].commitId) },
      startedAt: minutes(2),
      endedAt: minutes(15),
    });
    await addJob(name, names.deployToQat, 'pipeline-run', `run of ${name}`, {
      parameters: { pipelineName: `lockstep-${commits[name].application}-qat`, environment: 'qat' },
      output: { pipelineExecutionId: `run of ${name}`, deploymentId: deployment(commits[name].commitId) },
      startedAt: minutes(16),
      endedAt: minutes(18),
    });
  }
  await hold('prod', commits.running, startOf(36));
  await hold('qat', commits.pmo, commits.pmo.startedAt);
};
